#include "xmpp/element.h"

#include <gloox/tag.h>

#include <algorithm>
#include <charconv>

#include "xmpp/payload.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Errc;

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::size_t kMaxDescription = 200;

bool is_declaration(const gloox::Tag::Attribute& attribute) {
  return attribute.prefix() == "xmlns" || (attribute.prefix().empty() && attribute.name() == "xmlns");
}

const std::string* default_namespace(const gloox::Tag* tag) {
  for (; tag != nullptr; tag = tag->parent()) {
    if (const std::string* ns = attribute(*tag, "xmlns")) return ns;
  }
  return nullptr;
}

bool declares(const gloox::Tag& tag, const std::string& prefix) {
  const auto& attributes = tag.attributes();
  return std::any_of(attributes.begin(), attributes.end(), [&](const gloox::Tag::Attribute* each) {
    return each->prefix() == "xmlns" && each->name() == prefix;
  });
}

// `top` is the outermost element that may declare it.
bool declared_within(const gloox::Tag& tag, const gloox::Tag& top, const std::string& prefix) {
  if (prefix.empty() || prefix == "xml" || prefix == "xmlns") return true;
  for (const gloox::Tag* each = &tag; each != nullptr; each = each->parent()) {
    if (declares(*each, prefix)) return true;
    if (each == &top) return false;
  }
  return false;
}

const std::string* undeclared_prefix(const gloox::Tag& tag, const gloox::Tag& top) {
  if (!declared_within(tag, top, tag.prefix())) return &tag.prefix();
  for (const auto* each : tag.attributes()) {
    if (!declared_within(tag, top, each->prefix())) return &each->prefix();
  }
  for (const auto* child : tag.children()) {
    if (const std::string* found = undeclared_prefix(*child, top)) return found;
  }
  return nullptr;
}

}  // namespace

std::string namespace_of(const gloox::Tag& tag) {
  if (!tag.prefix().empty()) return tag.xmlns();
  const std::string* ns = default_namespace(&tag);
  return ns == nullptr ? std::string() : *ns;
}

bool is_in(const gloox::Tag& tag, std::string_view ns) {
  if (!tag.prefix().empty()) return tag.xmlns() == ns;
  const std::string* declared = default_namespace(&tag);
  return declared != nullptr && *declared == ns;
}

bool is(const gloox::Tag& tag, std::string_view name, std::string_view ns) {
  return tag.name() == name && is_in(tag, ns);
}

const gloox::Tag* find_child(const gloox::Tag& tag, std::string_view name, std::string_view ns) {
  for (const auto* child : tag.children()) {
    if (is(*child, name, ns)) return child;
  }
  return nullptr;
}

const std::string* attribute(const gloox::Tag& tag, std::string_view name) {
  for (const auto* each : tag.attributes()) {
    if (each->name() == name && each->prefix().empty()) return &each->value();
  }
  return nullptr;
}

const std::string& attribute_or_empty(const gloox::Tag& tag, std::string_view name) {
  static const std::string kNone;
  const std::string* value = attribute(tag, name);
  return value == nullptr ? kNone : *value;
}

base::Result<std::string> required(const gloox::Tag& tag, std::string_view name) {
  const std::string* value = attribute(tag, name);
  if (value == nullptr) return invalid(tag, "the attribute '" + std::string(name) + "' is missing");
  if (value->empty()) return invalid(tag, "the attribute '" + std::string(name) + "' is empty");
  return *value;
}

base::Status only_attributes(const gloox::Tag& tag, std::initializer_list<std::string_view> known) {
  const auto& attributes = tag.attributes();
  for (auto each = attributes.begin(); each != attributes.end(); ++each) {
    if (is_declaration(**each) || !(*each)->prefix().empty()) continue;
    const std::string& name = (*each)->name();
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return invalid(tag, "unknown attribute '" + name + "'");
    }
    const bool again = std::any_of(attributes.begin(), each, [&](const gloox::Tag::Attribute* earlier) {
      return earlier->prefix().empty() && earlier->name() == name;
    });
    if (again) return invalid(tag, "the attribute '" + name + "' is there twice");
  }
  return base::Done{};
}

base::Status no_children(const gloox::Tag& tag) {
  if (!tag.children().empty()) return unknown_element(*tag.children().front(), tag);
  return base::Done{};
}

base::Status no_text(const gloox::Tag& tag) {
  const std::string text = tag.cdata();
  const std::size_t at = text.find_first_not_of(kSpace);
  if (at == std::string::npos) return base::Done{};
  return invalid(tag, "unexpected text '" + clipped(std::string_view(text).substr(at), 32) + "'");
}

base::Status empty_element(const gloox::Tag& tag) {
  if (const auto status = no_children(tag); !status) return status;
  return no_text(tag);
}

std::string text_of(const gloox::Tag& tag) {
  std::string text = tag.cdata();
  const std::size_t last = text.find_last_not_of(kSpace);
  text.erase(last == std::string::npos ? 0 : last + 1);
  text.erase(0, std::min(text.find_first_not_of(kSpace), text.size()));
  return text;
}

base::Result<bool> parse_boolean(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return {Errc::kInvalidPayload, "'" + clipped(text, 32) + "' is neither true nor false"};
}

base::Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range || (error == std::errc() && number > most)) {
    return {Errc::kInvalidPayload, "'" + clipped(text, 32) + "' is too large: at most " + std::to_string(most)};
  }
  if (error != std::errc() || end != text.data() + text.size()) {
    return {Errc::kInvalidPayload, "'" + clipped(text, 32) + "' is not a whole number"};
  }
  return number;
}

std::string describe(const gloox::Tag& tag) {
  std::string text = "<" + tag.name();
  for (const auto* each : tag.attributes()) {
    if (is_declaration(*each)) continue;
    if (text.size() > kMaxDescription) {
      text += " …";
      break;
    }
    text += " " + each->name() + "='" + clipped(each->value(), 64) + "'";
  }
  return text + ">";
}

base::Error invalid(const gloox::Tag& tag, std::string_view what) {
  return {Errc::kInvalidPayload, describe(tag) + ": " + std::string(what)};
}

base::Error within(const gloox::Tag& tag, const base::Error& error) {
  return {error.code, describe(tag) + ": " + error.text};
}

base::Error unknown_element(const gloox::Tag& child, const gloox::Tag& parent) {
  return invalid(parent, "unknown element <" + child.name() + "> in namespace '" + namespace_of(child) + "'");
}

base::Result<std::string> standalone_text(const gloox::Tag& tag) {
  if (const std::string* prefix = undeclared_prefix(tag, tag)) {
    return invalid(tag, "declare the namespace prefix '" + *prefix + "' on this element itself");
  }
  std::string xml = tag.xml();
  const std::string* around = default_namespace(&tag);
  if (attribute(tag, "xmlns") == nullptr && (tag.prefix().empty() || (around != nullptr && !tag.children().empty()))) {
    // With a prefix it is for what is inside: the default namespace there is the one around the element.
    std::string declaration;
    append_attribute(declaration, "xmlns", tag.prefix().empty() ? namespace_of(tag) : *around);
    const auto qualified = tag.prefix().empty() ? tag.name().size() : tag.prefix().size() + 1 + tag.name().size();
    xml.insert(1 + qualified, declaration);
  }
  return xml;
}

base::Status keep_extension(const gloox::Tag& tag, std::vector<std::string>& extensions) {
  if (extensions.size() >= kMaxExtensions) {
    return invalid(tag, "more than " + std::to_string(kMaxExtensions) + " elements of foreign namespaces");
  }
  auto text = standalone_text(tag);
  if (!text) return text.error();
  std::string& xml = *text;
  std::size_t total = xml.size();
  for (const auto& earlier : extensions) total += earlier.size();
  if (total > kMaxExtensionBytes) {
    return invalid(tag,
                   "elements of foreign namespaces take more than " + std::to_string(kMaxExtensionBytes) + " bytes");
  }
  extensions.push_back(std::move(xml));
  return base::Done{};
}

}  // namespace bourse::xmpp
