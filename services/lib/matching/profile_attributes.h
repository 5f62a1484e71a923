// Purpose: which profiles say what, attribute by attribute: a constraint is judged for all profiles at once, value
//   by value and not profile by profile. What single offers differ in (amounts, provider) is unknown here.
// Lifetime: part of the table of profiles. Threads: the decider's only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "domain/filter_node.h"
#include "domain/offer.h"
#include "matching/bits.h"
#include "matching/intern.h"

namespace bourse::matching {

using ProfileId = InternId;

class ProfileAttributes {
 public:
  // What a filter says of every profile; of those in neither it depends on the offer, or it is false.
  struct Answer {
    Bits yes;
    Bits no;
    Bits depends;  // a comparison of the filter asks for something the offer must tell
  };

  void add(ProfileId profile, const domain::Offer& content, const domain::Resources& resources);
  void remove(ProfileId profile);

  [[nodiscard]] Answer judge(const domain::Filter& filter) const;
  // The same of one profile.
  enum class Verdict { kNo, kYes, kPerOffer };
  [[nodiscard]] Verdict judge(const domain::Filter& filter, ProfileId profile) const;

 private:
  struct Value {
    domain::AttributeValue value;
    std::vector<ProfileId> profiles;  // ascending; once for each time a profile says it
  };
  struct Column {
    std::unordered_map<std::string, Value> values;  // by type and text
    std::vector<ProfileId> unknown;                 // ascending: the offer tells
  };
  struct Said {
    std::string name;
    std::string key;  // empty: the offer tells
  };

  [[nodiscard]] Answer judge(const domain::Filter::Node& node) const;
  [[nodiscard]] Answer compare(const domain::Filter::Node& node) const;
  [[nodiscard]] domain::Truth judge(const domain::Filter::Node& node, ProfileId profile, bool& depends) const;
  [[nodiscard]] domain::Truth compare(const domain::Filter::Node& node, ProfileId profile, bool& depends) const;

  std::unordered_map<std::string, Column> columns_;  // by folded name
  std::vector<std::vector<Said>> said_;              // by profile
  Bits all_;
};

}  // namespace bourse::matching
