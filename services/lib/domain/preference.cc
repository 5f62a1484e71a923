#include "domain/preference.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>
#include <utility>

#include "domain/ascii.h"

namespace bourse::domain {
namespace {

using base::Errc;
using Kind = Preference::Kind;

constexpr std::size_t kMaxName = 320;  // as in filters
constexpr std::array<std::pair<Kind, std::string_view>, 3> kPolicies = {
    {{Kind::kBestFit, "best-fit"}, {Kind::kAvailability, "availability"}, {Kind::kFastest, "fastest"}}};

std::optional<Kind> policy(std::string_view name) {
  for (const auto& [kind, text] : kPolicies) {
    if (equal_folded(name, text)) return kind;
  }
  return std::nullopt;
}

bool begins_name(char c) { return is_alpha(c); }
bool is_name_character(char c) {
  return is_alpha(c) || is_digit(c) || std::string_view("-._/").find(c) != std::string_view::npos;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  base::Result<std::vector<Preference::Term>> run() {
    std::vector<Preference::Term> terms;
    double sign = take('-') ? -1 : 1;
    while (parse_term(sign, terms)) {
      if (skip_space(); at_ == text_.size()) return terms;
      if (next_is('*')) {
        fail("expected '+', '-' or the end; a weight stands before its attribute, as in \"2*speed\"");
        break;
      }
      if (!next_is('+') && !next_is('-')) {
        fail("expected '+', '-' or the end");
        break;
      }
      sign = text_[at_++] == '-' ? -1 : 1;
    }
    return *error_;
  }

 private:
  bool fail_at(std::size_t at, std::string_view what) {
    error_ = base::Error{Errc::kInvalidPayload, fmt::format("prefers, position {}: {}", at + 1, what)};
    return false;
  }
  bool fail(std::string_view what) { return fail_at(at_, what); }
  [[nodiscard]] bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool take(char c) {
    skip_space();
    if (!next_is(c)) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  bool parse_term(double sign, std::vector<Preference::Term>& terms) {
    skip_space();
    if (terms.size() == Preference::kMaxTerms) return fail(fmt::format("more than {} terms", Preference::kMaxTerms));
    Preference::Term term;
    if (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '.')) {
      if (!parse_weight(term.weight)) return false;
      if (!take('*')) return fail("expected '*' and the name of an attribute");
      skip_space();
    }
    // Zero has no sign: what is equal is written equally.
    term.weight = term.weight == 0 ? 0 : sign * term.weight;
    if (!parse_name(term.attribute)) return false;
    terms.push_back(std::move(term));
    return true;
  }

  bool parse_weight(double& weight) {
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), weight);
    if (error == std::errc::result_out_of_range || (error == std::errc{} && !std::isfinite(weight))) {
      return fail("a number too large or too small");
    }
    if (error != std::errc{}) return fail("expected a number or the name of an attribute");
    at_ += static_cast<std::size_t>(end - begin);
    return true;
  }

  bool parse_name(std::string& name) {
    const std::size_t begin = at_;
    if (at_ == text_.size() || !begins_name(text_[at_])) {
      return fail("expected the name of an attribute, with or without a weight, as in \"2*speed\"");
    }
    while (at_ < text_.size() && is_name_character(text_[at_])) ++at_;
    if (at_ - begin > kMaxName) return fail_at(begin, fmt::format("a name longer than {} bytes", kMaxName));
    name = fold(text_.substr(begin, at_ - begin));
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<base::Error> error_;
};

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

base::Result<Preference> Preference::parse(std::string_view text) {
  if (text.size() > kMaxLength) {
    return {Errc::kInvalidPayload, fmt::format("prefers is longer than {} bytes", kMaxLength)};
  }
  Preference preference;
  if (const auto kind = policy(trim(text))) {
    preference.kind_ = *kind;
    if (*kind == Kind::kFastest) preference.terms_ = {{1, "speed"}};
    return preference;
  }
  auto terms = Parser(text).run();
  if (!terms) return terms.error();
  preference.kind_ = Kind::kWeighted;
  preference.terms_ = std::move(terms).value();
  // Records carry the canonical form: it has to be one that can be read back.
  if (preference.text().size() > kMaxLength) {
    return {Errc::kInvalidPayload, fmt::format("prefers, written out, is longer than {} bytes", kMaxLength)};
  }
  return preference;
}

double Preference::Term::counts(double value) const {
  constexpr double kMost = 1e300;
  const double product = weight * value;
  return std::isnan(product) ? 0 : std::clamp(product, -kMost, kMost);
}

std::string Preference::text() const {
  for (const auto& [kind, name] : kPolicies) {
    if (kind == kind_) return std::string(name);
  }
  std::string text;
  for (const auto& term : terms_) {
    if (!text.empty()) {
      text += term.weight < 0 ? " - " : " + ";
    } else if (term.weight < 0) {
      text += '-';
    }
    // A single attribute named as a policy is no policy.
    const bool mistakable = terms_.size() == 1 && term.weight == 1 && policy(term.attribute);
    if (const double magnitude = std::abs(term.weight); magnitude != 1 || mistakable) {
      char digits[32];
      text.append(digits, std::to_chars(std::begin(digits), std::end(digits), magnitude).ptr);
      text += '*';
    }
    text += term.attribute;
  }
  return text;
}

}  // namespace bourse::domain
