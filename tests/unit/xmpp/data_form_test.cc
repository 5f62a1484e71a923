// Data forms both ways: what is taken from the wire, and what is put on it.
#include "xmpp/data_form.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "parsed_xml.h"

namespace bourse::xmpp {
namespace {

using pubsub::FieldType;
using pubsub::FormType;
using pubsub::FormValues;

std::string x(const std::string& content, const std::string& type = "submit") {
  return "<x xmlns='jabber:x:data' type='" + type + "'>" + content + "</x>";
}

std::string field(const std::string& var, const std::vector<std::string>& values) {
  std::string xml = "<field var='" + var + "'>";
  for (const auto& value : values) xml.append("<value>").append(value).append("</value>");
  return xml + "</field>";
}

TEST(DataForm, ASubmittedFormIsItsFieldsInOrder) {
  const ParsedXml xml(
      x("<title>ignored</title><field var='FORM_TYPE' type='hidden'><value>urn:f</value></field>"
        "<field type='fixed'><value>text between</value></field>" +
        field("b", {"1", " 2 ", ""}) + "<field var='a' type='boolean'/>" + "<reported/><item/>"));
  ASSERT_TRUE(xml.ok());
  const auto form = parse_form(*xml);
  ASSERT_TRUE(form.ok()) << form.error().text;
  EXPECT_EQ(form->type, FormType::kSubmit);
  EXPECT_EQ(form->form_type, "urn:f");
  EXPECT_EQ(form->values, (FormValues{{"b", {"1", " 2 ", ""}}, {"a", {}}}));
}

TEST(DataForm, ACancelledFormHasNoValues) {
  const ParsedXml xml(x(field("a", {"1"}), "cancel"));
  const auto form = parse_form(*xml, "urn:f");
  ASSERT_TRUE(form.ok());
  EXPECT_EQ(form->type, FormType::kCancel);
  EXPECT_TRUE(form->values.empty());
}

TEST(DataForm, TheFormTypeMustBeTheOneExpectedIfItIsGiven) {
  const auto parse = [](const std::string& content) {
    const ParsedXml xml(x(content));
    return parse_form(*xml, "urn:f").ok();
  };
  EXPECT_TRUE(parse(field("FORM_TYPE", {"urn:f"})));
  EXPECT_TRUE(parse(field("a", {"1"})));
  EXPECT_FALSE(parse(field("FORM_TYPE", {"urn:g"})));
}

std::string many(std::size_t count, const std::string& each) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += each;
  return all;
}
std::string fields(std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += field("f" + std::to_string(i), {});
  return all;
}

TEST(DataForm, MalformedFormsAreRefusedAndNamed) {
  const struct {
    std::string name;
    std::string xml;
    std::string expected;
  } cases[] = {
      {"another element", "<y xmlns='jabber:x:data' type='submit'/>", "no data form"},
      {"another namespace", "<x xmlns='jabber:x:oob' type='submit'/>", "no data form"},
      {"no type", "<x xmlns='jabber:x:data'/>", "submit or cancel"},
      {"a form", x("", "form"), "'form'"},
      {"a result", x("", "result"), "'result'"},
      {"no var", x("<field><value>1</value></field>"), "without the attribute 'var'"},
      {"twice", x(field("a", {"1"}) + field("a", {"1"})), "'a' is there twice"},
      {"two form types", x(field("FORM_TYPE", {"u"}) + field("FORM_TYPE", {"u"})), "twice"},
      {"form type of two values", x(field("FORM_TYPE", {"u", "v"})), "one value"},
      {"empty form type", x(field("FORM_TYPE", {})), "one value"},
      {"too many fields", x(fields(kMaxFormFields + 1)), "128 fields"},
      {"too many values", x("<field var='a'>" + many(kMaxFieldValues + 1, "<value/>") + "</field>"), "1000 values"},
      {"too many bytes", x(field("a", {std::string(kMaxFormBytes + 1, 'v')})), "bytes"},
      {"too long a name", x(field(std::string(kMaxFormBytes, 'n'), {"v"})), "bytes"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    const ParsedXml xml(test.xml);
    ASSERT_TRUE(xml.ok());
    const auto form = parse_form(*xml);
    ASSERT_FALSE(form.ok());
    EXPECT_EQ(form.error().code, base::Errc::kBadRequest);
    EXPECT_NE(form.error().text.find(test.expected), std::string::npos) << form.error().text;
  }
}

TEST(DataForm, WhatIsJustWithinTheLimitsPasses) {
  for (const auto& content :
       {fields(kMaxFormFields), "<field var='a'>" + many(kMaxFieldValues, "<value/>") + "</field>",
        field("a", {std::string(kMaxFormBytes - 1, 'v')})}) {
    const ParsedXml xml(x(content));
    ASSERT_TRUE(xml.ok());
    EXPECT_TRUE(parse_form(*xml).ok());
  }
}

TEST(DataForm, AFormToFillInSaysWhatItTakes) {
  pubsub::Form form;
  form.form_type = "urn:f";
  form.title = "A & B";
  form.instructions = "fill in";
  pubsub::Field number{"n", FieldType::kTextSingle, "How many", "of them", true, {"3"}, {}, {"xs:integer", "1", "9"}};
  pubsub::Field from{"from", FieldType::kTextSingle, {}, {}, false, {}, {}, {"xs:integer", "1", ""}};
  pubsub::Field when{"when", FieldType::kTextSingle, {}, {}, false, {}, {}, {"xs:dateTime", "", ""}};
  pubsub::Field list{
      "list", FieldType::kListSingle, {}, {}, false, {"a"}, {{"a", "The a"}, {"b", ""}}, {"xs:string", "", "", true}};
  form.fields = {number, from, when, list};
  EXPECT_EQ(
      render(form),
      "<x xmlns='jabber:x:data' type='form'><title>A &amp; B</title><instructions>fill in</instructions>"
      "<field var='FORM_TYPE' type='hidden'><value>urn:f</value></field>"
      "<field var='n' type='text-single' label='How many'><desc>of them</desc><required/><value>3</value>"
      "<validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:integer'>"
      "<range min='1' max='9'/></validate></field>"
      "<field var='from' type='text-single'>"
      "<validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:integer'><range min='1'/></validate>"
      "</field><field var='when' type='text-single'>"
      "<validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:dateTime'><basic/></validate>"
      "</field><field var='list' type='list-single'><value>a</value>"
      "<option label='The a'><value>a</value></option><option><value>b</value></option>"
      "<validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:string'><open/></validate>"
      "</field></x>");
}

TEST(DataForm, AResultSaysOnlyWhatIs) {
  pubsub::Form form;
  form.type = FormType::kResult;
  form.fields = {{"a", FieldType::kListMulti, "A", "desc", true, {"1", "2"}, {{"1", ""}}, {"xs:string", "", ""}}};
  form.reported = {{"id", FieldType::kTextSingle, "Id"}, {"who", FieldType::kJidSingle, "Who"}};
  form.rows = {{{"id", {"<1>"}}, {"who", {"a@x"}}}, {{"id", {"2"}}, {"who", {}}}};
  EXPECT_EQ(
      render(form),
      "<x xmlns='jabber:x:data' type='result'>"
      "<field var='a' type='list-multi' label='A'><value>1</value><value>2</value></field>"
      "<reported><field var='id' type='text-single' label='Id'/><field var='who' type='jid-single' label='Who'/>"
      "</reported><item><field var='id'><value>&lt;1&gt;</value></field><field var='who'><value>a@x</value></field>"
      "</item><item><field var='id'><value>2</value></field><field var='who'></field></item></x>");
}

TEST(DataForm, WhatIsRenderedToBeSubmittedIsReadBackAsItWas) {
  pubsub::Form form;
  form.type = FormType::kSubmit;
  form.form_type = "urn:f";
  const FormValues values{{"a'b", {"<&>", "", "\xC3\xA9"}}, {"empty", {}}};
  for (const auto& each : values) form.fields.push_back({each.var, FieldType::kTextMulti, {}, {}, true, each.values});
  const ParsedXml xml(render(form));
  ASSERT_TRUE(xml.ok());
  const auto back = parse_form(*xml, "urn:f");
  ASSERT_TRUE(back.ok()) << back.error().text;
  EXPECT_EQ(back->values, values);
}

TEST(DataForm, EveryFieldTypeHasItsName) {
  const struct {
    FieldType type;
    const char* name;
  } cases[] = {{FieldType::kBoolean, "boolean"},
               {FieldType::kFixed, "fixed"},
               {FieldType::kHidden, "hidden"},
               {FieldType::kJidMulti, "jid-multi"},
               {FieldType::kJidSingle, "jid-single"},
               {FieldType::kListMulti, "list-multi"},
               {FieldType::kListSingle, "list-single"},
               {FieldType::kTextMulti, "text-multi"},
               {FieldType::kTextPrivate, "text-private"},
               {FieldType::kTextSingle, "text-single"}};
  for (const auto& test : cases) {
    pubsub::Form form;
    form.fields = {{"v", test.type}};
    EXPECT_NE(render(form).find(std::string("type='") + test.name + "'"), std::string::npos) << test.name;
  }
}

}  // namespace
}  // namespace bourse::xmpp
