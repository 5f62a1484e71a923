// Purpose: a data form (XEP-0004) as a value, without XML: what a form asks for, and what was submitted.
//   Node configuration, subscription options and commands for people are all such forms; xmpp renders and
//   parses them (xmpp/data_form.h).
// Lifetime: values. Threads: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bourse::pubsub {

// One field of a submitted form, or of a stored one.
struct FieldValues {
  std::string var;
  std::vector<std::string> values;
  friend bool operator==(const FieldValues&, const FieldValues&) = default;
};
// In the order given; FORM_TYPE is not among them. A var occurs at most once (the codec refuses more).
using FormValues = std::vector<FieldValues>;

[[nodiscard]] const FieldValues* find_field(const FormValues& form, std::string_view var);

enum class FieldType {
  kBoolean,
  kFixed,
  kHidden,
  kJidMulti,
  kJidSingle,
  kListMulti,
  kListSingle,
  kTextMulti,
  kTextPrivate,
  kTextSingle,
};

struct FieldOption {
  std::string value;
  std::string label;
};

// XEP-0122: what a client may check before it submits. `datatype` empty: no validation element.
struct FieldValidation {
  std::string datatype = {};  // "xs:integer", "xs:dateTime", …
  std::string min = {};       // both empty: basic (or open, for a list), otherwise a range
  std::string max = {};
  bool open = false;  // a list whose options are suggestions
};

struct Field {
  std::string var;
  FieldType type = FieldType::kTextSingle;
  std::string label = {};
  std::string description = {};
  bool required = false;
  std::vector<std::string> values = {};
  std::vector<FieldOption> options = {};
  FieldValidation validation = {};
};

enum class FormType { kForm, kSubmit, kCancel, kResult };

struct Form {
  FormType type = FormType::kForm;
  std::string form_type = {};  // FORM_TYPE; empty: none
  std::string title = {};
  std::string instructions = {};
  std::vector<Field> fields = {};
  // Of a result with a table (XEP-0004 §3.4): `reported` names the columns, each row has one value a column.
  std::vector<Field> reported = {};
  std::vector<FormValues> rows = {};
};

// Stored forms (bourse.v1.Form): node configurations and subscription options.
[[nodiscard]] std::string encode(const FormValues& form);
[[nodiscard]] std::optional<FormValues> decode_form(std::string_view bytes);  // none: not such bytes

}  // namespace bourse::pubsub
