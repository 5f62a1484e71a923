#include "matching/feasibility.h"

#include <string>
#include <vector>

#include "base/check.h"
#include "domain/ascii.h"
#include "domain/attribute.h"

namespace bourse::matching {
namespace {

using domain::AttributeValue;

constexpr std::string_view kProvider = "provider";
constexpr std::string_view kDomain = "domain";
constexpr std::string_view kConsumer = "jid";

// Columns of the resource an attribute name means; names of filters are folded, names of resources are not.
template <class Visit>
void each_column(const Profile& profile, const Interner<std::string>& names, std::string_view attribute, Visit visit) {
  for (std::size_t c = 0; c < profile.columns.size(); ++c) {
    if (domain::equal_folded(names.key(profile.columns[c]), attribute)) visit(c);
  }
}

std::vector<AttributeValue> one(AttributeValue value) {
  std::vector<AttributeValue> values;
  values.push_back(std::move(value));
  return values;
}

}  // namespace

bool lease_fits(const domain::Terms& terms, base::Duration duration) {
  if (terms.min_lease && duration < *terms.min_lease) return false;
  return !terms.max_lease || duration <= *terms.max_lease;
}

Verdict needs_of_profile(const domain::Filter& needs, const Profile& profile, const Interner<std::string>& names) {
  if (needs.empty()) return Verdict::kYes;
  bool depends = false;
  const bool accepted = needs.accepts([&](std::string_view name) -> std::vector<AttributeValue> {
    if (name == kProvider || name == kDomain) depends = true;
    each_column(profile, names, name, [&](std::size_t) { depends = true; });
    if (depends) return {};
    return domain::lookup(profile.content, name);
  });
  // An evaluation that asked for nothing of the single offer takes the same path for every one.
  if (depends) return Verdict::kPerOffer;
  return accepted ? Verdict::kYes : Verdict::kNo;
}

bool needs_of_offer(const domain::Filter& needs, const Profile& profile, const Interner<std::string>& names,
                    Amounts totals, const domain::Jid& provider) {
  return needs.accepts([&](std::string_view name) -> std::vector<AttributeValue> {
    if (name == kProvider) return one(provider.bare().text());
    if (name == kDomain) return one(std::string(provider.domain()));
    std::vector<AttributeValue> values = domain::lookup(profile.content, name);
    each_column(profile, names, name, [&](std::size_t c) {
      domain::Offer amount;
      BOURSE_CHECK(amount.resources.add(names.key(profile.columns[c]), totals[c]).ok());
      for (AttributeValue& value : domain::lookup(amount, name)) values.push_back(std::move(value));
    });
    return values;
  });
}

bool serves_consumer(const domain::Filter& serves, const domain::Jid& consumer) {
  return serves.empty() || serves.accepts([&](std::string_view name) -> std::vector<AttributeValue> {
    if (name == kConsumer) return one(consumer.bare().text());
    if (name == kDomain) return one(std::string(consumer.domain()));
    return {};
  });
}

}  // namespace bourse::matching
