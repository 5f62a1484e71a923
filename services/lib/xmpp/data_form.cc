#include "xmpp/data_form.h"

#include <gloox/tag.h>

#include <algorithm>

#include "xmpp/element.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using base::Result;
using pubsub::Field;
using pubsub::FieldType;
using pubsub::FieldValues;
using pubsub::FormType;

constexpr const char* kFormTypeVar = "FORM_TYPE";
constexpr const char* kValidateNs = "http://jabber.org/protocol/xdata-validate";

base::Error bad(const std::string& what) { return {Errc::kBadRequest, "the data form: " + what}; }

std::string_view to_text(FieldType type) {
  switch (type) {
    case FieldType::kBoolean:
      return "boolean";
    case FieldType::kFixed:
      return "fixed";
    case FieldType::kHidden:
      return "hidden";
    case FieldType::kJidMulti:
      return "jid-multi";
    case FieldType::kJidSingle:
      return "jid-single";
    case FieldType::kListMulti:
      return "list-multi";
    case FieldType::kListSingle:
      return "list-single";
    case FieldType::kTextMulti:
      return "text-multi";
    case FieldType::kTextPrivate:
      return "text-private";
    case FieldType::kTextSingle:
      return "text-single";
  }
  return {};
}

std::string_view to_text(FormType type) {
  switch (type) {
    case FormType::kForm:
      return "form";
    case FormType::kSubmit:
      return "submit";
    case FormType::kCancel:
      return "cancel";
    case FormType::kResult:
      return "result";
  }
  return {};
}

Result<FormType> parse_type(const gloox::Tag& x) {
  const std::string& type = attribute_or_empty(x, "type");
  if (type == "submit") return FormType::kSubmit;
  if (type == "cancel") return FormType::kCancel;
  return bad("its type is '" + clipped(type, 32) + "', and should be submit or cancel");
}

// What the fields so far take.
struct Spent {
  std::size_t fields = 0;
  std::size_t bytes = 0;
};

Result<FieldValues> parse_field(const gloox::Tag& tag, Spent& spent) {
  if (++spent.fields > kMaxFormFields) return bad("more than " + std::to_string(kMaxFormFields) + " fields");
  FieldValues field{attribute_or_empty(tag, "var"), {}};
  if (field.var.empty()) return bad("a field without the attribute 'var'");
  spent.bytes += field.var.size();
  for (const auto* child : tag.children()) {
    if (!is(*child, "value", kDataFormNs)) continue;
    if (field.values.size() >= kMaxFieldValues) {
      return bad("the field '" + clipped(field.var, 64) + "' has more than " + std::to_string(kMaxFieldValues) +
                 " values");
    }
    field.values.push_back(child->cdata());
    spent.bytes += field.values.back().size();
    if (spent.bytes > kMaxFormBytes) return bad("more than " + std::to_string(kMaxFormBytes) + " bytes");
  }
  return field;
}

void append_element(std::string& xml, std::string_view name, std::string_view text) {
  xml.append("<").append(name).append(">");
  append_escaped(xml, text);
  xml.append("</").append(name).append(">");
}

void append_values(std::string& xml, const std::vector<std::string>& values) {
  for (const auto& value : values) append_element(xml, "value", value);
}

void append_form_type(std::string& xml, const std::string& form_type) {
  if (form_type.empty()) return;
  xml.append("<field var='").append(kFormTypeVar).append("' type='hidden'>");
  append_element(xml, "value", form_type);
  xml += "</field>";
}

// What a client may check: XEP-0122 §3.2.
void append_validation(std::string& xml, const pubsub::FieldValidation& validation) {
  if (validation.datatype.empty()) return;
  xml.append("<validate xmlns='").append(kValidateNs).append("'");
  append_attribute(xml, "datatype", validation.datatype);
  if (!validation.min.empty() || !validation.max.empty()) {
    xml += "><range";
    if (!validation.min.empty()) append_attribute(xml, "min", validation.min);
    if (!validation.max.empty()) append_attribute(xml, "max", validation.max);
    xml += "/>";
  } else {
    xml += validation.open ? "><open/>" : "><basic/>";
  }
  xml += "</validate>";
}

void append_field_start(std::string& xml, const Field& field) {
  xml += "<field";
  if (!field.var.empty()) append_attribute(xml, "var", field.var);
  append_attribute(xml, "type", to_text(field.type));
  if (!field.label.empty()) append_attribute(xml, "label", field.label);
}

// `asks`: somebody is to fill it in; otherwise what may be chosen is of no use.
void append_field(std::string& xml, const Field& field, bool asks) {
  append_field_start(xml, field);
  xml += '>';
  if (asks && !field.description.empty()) append_element(xml, "desc", field.description);
  if (asks && field.required) xml += "<required/>";
  append_values(xml, field.values);
  if (asks) {
    for (const auto& option : field.options) {
      xml += "<option";
      if (!option.label.empty()) append_attribute(xml, "label", option.label);
      xml += '>';
      append_element(xml, "value", option.value);
      xml += "</option>";
    }
    append_validation(xml, field.validation);
  }
  xml += "</field>";
}

void append_table(std::string& xml, const pubsub::Form& form) {
  if (form.reported.empty()) return;
  xml += "<reported>";
  for (const auto& column : form.reported) {
    append_field_start(xml, column);
    xml += "/>";
  }
  xml += "</reported>";
  for (const auto& row : form.rows) {
    xml += "<item>";
    for (const auto& cell : row) {
      xml += "<field";
      append_attribute(xml, "var", cell.var);
      xml += '>';
      append_values(xml, cell.values);
      xml += "</field>";
    }
    xml += "</item>";
  }
}

}  // namespace

Result<SubmittedForm> parse_form(const gloox::Tag& x) {
  if (!is(x, "x", kDataFormNs)) {
    return base::Error{Errc::kBadRequest, describe(x) + " is no data form: <x xmlns='jabber:x:data'> is expected"};
  }
  const auto type = parse_type(x);
  if (!type) return type.error();
  SubmittedForm form;
  form.type = *type;
  Spent spent;
  for (const auto* child : x.children()) {
    if (!is(*child, "field", kDataFormNs)) continue;
    // Text between the fields of a form is sent back by some clients; it has no name (XEP-0004 §3.2).
    if (attribute(*child, "var") == nullptr && attribute_or_empty(*child, "type") == "fixed") continue;
    auto field = parse_field(*child, spent);
    if (!field) return field.error();
    const bool is_form_type = field->var == kFormTypeVar;
    if (pubsub::find_field(form.values, field->var) != nullptr || (is_form_type && !form.form_type.empty())) {
      return bad("the field '" + clipped(field->var, 64) + "' is there twice");
    }
    if (!is_form_type) {
      form.values.push_back(std::move(*field));
    } else if (field->values.size() != 1 || field->values.front().empty()) {
      return bad("FORM_TYPE has one value");
    } else {
      form.form_type = std::move(field->values.front());
    }
  }
  if (form.type == FormType::kCancel) form.values.clear();
  return form;
}

Result<SubmittedForm> parse_form(const gloox::Tag& x, std::string_view form_type) {
  auto form = parse_form(x);
  if (form && !form->form_type.empty() && form->form_type != form_type) {
    return bad("its FORM_TYPE is '" + clipped(form->form_type, 128) + "', and should be '" + std::string(form_type) +
               "'");
  }
  return form;
}

std::string render(const pubsub::Form& form) {
  const bool asks = form.type == FormType::kForm;
  std::string xml = std::string("<x xmlns='") + kDataFormNs + "'";
  append_attribute(xml, "type", to_text(form.type));
  xml += '>';
  if (!form.title.empty()) append_element(xml, "title", form.title);
  if (!form.instructions.empty()) append_element(xml, "instructions", form.instructions);
  append_form_type(xml, form.form_type);
  for (const auto& field : form.fields) append_field(xml, field, asks);
  append_table(xml, form);
  return xml += "</x>";
}

}  // namespace bourse::xmpp
