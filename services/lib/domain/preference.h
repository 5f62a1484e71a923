// Purpose: what a consumer holds for better among offers that would all do (<prefers/>): a policy by name, or a
//   weighted sum of numeric attributes, e.g. "2*speed + 0.5*gpu.memory - price".
// Lifetime: value. Threads: none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bourse::domain {

class Preference {
 public:
  enum class Kind {
    kBestFit,       // what leaves the least, or breaks up devices the least, behind
    kAvailability,  // the provider most likely to stay
    kFastest,       // the highest `speed` (an attribute; 0 where there is none)
    kWeighted,      // the highest sum of terms
  };
  // An attribute the offer does not have, or has as something else than a number, counts 0.
  struct Term {
    double weight = 1;
    std::string attribute;  // lower case; resources by name count in units, bytes, as filters see them
    // What a value adds to the sum: bounded, so that sums are finite and can be compared.
    [[nodiscard]] double counts(double value) const;
    friend bool operator==(const Term&, const Term&) = default;
  };

  Preference() = default;  // best fit
  // A name (best-fit, availability, fastest) or TERM (('+'|'-') TERM)*, TERM = [NUMBER '*'] ATTRIBUTE. At most
  // kMaxTerms terms and kMaxLength bytes; finite numbers only. kInvalidPayload names the position and what was expected
  // there.
  static base::Result<Preference> parse(std::string_view text);
  static constexpr std::size_t kMaxTerms = 16;
  static constexpr std::size_t kMaxLength = 1024;

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] const std::vector<Term>& terms() const { return terms_; }  // of kFastest: 1*speed
  // The canonical form, which parses to an equal value: "best-fit", "2*speed + 0.5*price".
  [[nodiscard]] std::string text() const;

  friend bool operator==(const Preference&, const Preference&) = default;

 private:
  Kind kind_ = Kind::kBestFit;
  std::vector<Term> terms_;
};

}  // namespace bourse::domain
