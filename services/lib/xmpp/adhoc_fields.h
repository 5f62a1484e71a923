// Purpose: the fields of forms for people: made with few words, and read in the market's types. People may leave out
//   what has a default, and write a time as 8h as well as PT8H.
// Lifetime: Entered borrows what was submitted. Threads: free functions, no state.
// Private to adhoc*.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/filter.h"
#include "domain/jid.h"
#include "domain/resources.h"
#include "pubsub/form.h"

namespace bourse::xmpp {

// What was submitted. The errors are kInvalidPayload and name the field.
class Entered {
 public:
  explicit Entered(const pubsub::FormValues& values) : values_(values) {}

  // The first value, without white space at either end; empty: not given.
  [[nodiscard]] std::string text(std::string_view var) const;
  // All values by line, without empty ones.
  [[nodiscard]] std::vector<std::string> lines(std::string_view var) const;
  [[nodiscard]] base::Result<bool> flag(std::string_view var, bool otherwise) const;
  [[nodiscard]] base::Result<domain::Jid> jid(std::string_view var) const;  // bare
  [[nodiscard]] base::Result<domain::Filter> filter(std::string_view var) const;
  // An item id, or what `otherwise` says.
  [[nodiscard]] base::Result<std::string> id(std::string_view var, const std::string& otherwise) const;
  // PT8H or 8h. None: not given, or the word `none`.
  [[nodiscard]] base::Result<std::optional<base::Duration>> duration(std::string_view var) const;
  // A time (XEP-0082), or a duration from now.
  [[nodiscard]] base::Result<std::optional<base::Timestamp>> moment(std::string_view var, base::Timestamp now) const;
  // cpu, memory, gpu, each unless nothing or 0, and the lines of `resources`.
  [[nodiscard]] base::Result<domain::Resources> resources() const;

 private:
  const pubsub::FormValues& values_;
};

// name=value, both without white space at either end. kInvalidPayload quotes the line.
[[nodiscard]] base::Result<std::pair<std::string, std::string>> parse_pair(std::string_view line);

[[nodiscard]] pubsub::Field field(std::string_view var, pubsub::FieldType type, std::string_view label,
                                  std::string_view description);
// text-single, checked as `datatype`.
[[nodiscard]] pubsub::Field text_field(std::string_view var, std::string_view label, std::string_view description,
                                       std::string_view value = {}, pubsub::FieldValidation validation = {"xs:string"});
// A choice; `open`: the options are suggestions.
[[nodiscard]] pubsub::Field choice_field(std::string_view var, std::string_view label, std::string_view description,
                                         std::string_view value, std::vector<pubsub::FieldOption> options, bool open);
[[nodiscard]] pubsub::Field required_field(pubsub::Field field);

// What is wrong with a submitted form as such: a field that the form does not have, a required one that is missing, a
// choice that is none, a boolean that is none. None: nothing.
[[nodiscard]] std::optional<std::string> misfit(const pubsub::Form& form, const pubsub::FormValues& values);
// The form with what was submitted in its fields.
[[nodiscard]] pubsub::Form refilled(pubsub::Form form, const pubsub::FormValues& values);

// A column of a table.
[[nodiscard]] pubsub::Field column(std::string_view var, std::string_view label,
                                   pubsub::FieldType type = pubsub::FieldType::kTextSingle);
// The next cell of a row.
void cell(pubsub::FormValues& row, std::string_view var, std::string value);

// "cpu 4, memory 8Gi, gpu 2 (V100)"
[[nodiscard]] std::string in_words(const domain::Resources& resources, std::string_view gpu_model = {});

}  // namespace bourse::xmpp
