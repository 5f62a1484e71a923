#include "matching/profile_attributes.h"

#include <algorithm>

#include "base/check.h"
#include "domain/ascii.h"
#include "domain/request.h"

namespace bourse::matching {
namespace {

using domain::AttributeValue;
using domain::Truth;
using Node = domain::Filter::Node;

std::string key_of(const AttributeValue& value) {
  std::string key(1, static_cast<char>('0' + value.index()));
  if (const auto* const text = std::get_if<std::string>(&value)) return key + *text;
  if (const auto* const version = std::get_if<domain::Version>(&value)) return key + version->text;
  if (const auto* const number = std::get_if<double>(&value)) {
    return key.append(reinterpret_cast<const char*>(number), sizeof *number);
  }
  return key + (std::get<bool>(value) ? '1' : '0');
}

bool offer_tells(std::string_view name) { return name == domain::kByProvider || name == domain::kByDomain; }

void put(std::vector<ProfileId>& profiles, ProfileId profile) {
  profiles.insert(std::ranges::upper_bound(profiles, profile), profile);
}
void take(std::vector<ProfileId>& profiles, ProfileId profile) {
  const auto at = std::ranges::lower_bound(profiles, profile);
  BOURSE_CHECK(at != profiles.end() && *at == profile);
  profiles.erase(at);
}

}  // namespace

void ProfileAttributes::add(ProfileId profile, const domain::Offer& content, const domain::Resources& resources) {
  if (profile >= said_.size()) said_.resize(profile + 1);
  all_.set(profile);
  auto& said = said_[profile];
  domain::OfferAttributes(content).each([&](std::string_view name, const AttributeValue& value) {
    if (offer_tells(name)) return;  // what the offer itself says under these names is not asked
    said.push_back({std::string(name), key_of(value)});
    Value& kept = columns_[said.back().name].values[said.back().key];
    kept.value = value;
    put(kept.profiles, profile);
  });
  for (const auto& entry : resources.entries()) {
    said.push_back({domain::fold(std::string_view(entry.name)), {}});
    put(columns_[said.back().name].unknown, profile);
  }
}

void ProfileAttributes::remove(ProfileId profile) {
  for (const Said& said : said_[profile]) {
    const auto column = columns_.find(said.name);
    if (said.key.empty()) {
      take(column->second.unknown, profile);
    } else {
      const auto value = column->second.values.find(said.key);
      take(value->second.profiles, profile);
      if (value->second.profiles.empty()) column->second.values.erase(value);
    }
    if (column->second.values.empty() && column->second.unknown.empty()) columns_.erase(column);
  }
  said_[profile] = {};
  all_.reset(profile);
}

ProfileAttributes::Answer ProfileAttributes::judge(const domain::Filter& filter) const {
  if (filter.empty()) return {all_, {}, {}};
  return judge(*filter.root());
}

// Kleene's logic on sets: what is in neither is undefined.
ProfileAttributes::Answer ProfileAttributes::judge(const Node& node) const {
  if (node.kind == Node::Kind::kNot) {
    Answer answer = judge(node.children.front());
    std::swap(answer.yes, answer.no);
    return answer;
  }
  if (node.kind != Node::Kind::kAnd && node.kind != Node::Kind::kOr) return compare(node);
  const bool all = node.kind == Node::Kind::kAnd;
  Answer answer;
  (all ? answer.yes : answer.no) = all_;
  for (const Node& child : node.children) {
    const Answer part = judge(child);
    if (all) {
      answer.yes &= part.yes;
      answer.no |= part.no;
    } else {
      answer.yes |= part.yes;
      answer.no &= part.no;
    }
    answer.depends |= part.depends;
  }
  return answer;
}

// Of several values one that compares true decides, then one that compares false.
ProfileAttributes::Answer ProfileAttributes::compare(const Node& node) const {
  const bool presence = node.kind == Node::Kind::kPresent;
  Answer answer;
  if (offer_tells(node.attribute)) {
    (presence ? answer.yes : answer.depends) = all_;
    return answer;
  }
  if (presence) answer.no = all_;
  const auto column = columns_.find(node.attribute);
  if (column == columns_.end()) return answer;
  for (const auto& [key, value] : column->second.values) {
    const Truth truth = presence ? Truth::kTrue : domain::compare(node, value.value);
    if (truth == Truth::kUndefined) continue;
    Bits& side = truth == Truth::kTrue ? answer.yes : answer.no;
    for (const ProfileId profile : value.profiles) side.set(profile);
  }
  for (const ProfileId profile : column->second.unknown) {
    (presence ? answer.yes : answer.depends).set(profile);
    if (!presence) answer.no.reset(profile);  // a value of the offer may still be true
  }
  answer.no -= answer.yes;
  return answer;
}

ProfileAttributes::Verdict ProfileAttributes::judge(const domain::Filter& filter, ProfileId profile) const {
  if (filter.empty()) return Verdict::kYes;
  bool depends = false;
  const Truth truth = judge(*filter.root(), profile, depends);
  if (truth == Truth::kTrue) return Verdict::kYes;
  return truth == Truth::kUndefined && depends ? Verdict::kPerOffer : Verdict::kNo;
}

Truth ProfileAttributes::judge(const Node& node, ProfileId profile, bool& depends) const {
  if (node.kind == Node::Kind::kNot) return !judge(node.children.front(), profile, depends);
  if (node.kind != Node::Kind::kAnd && node.kind != Node::Kind::kOr) return compare(node, profile, depends);
  const bool all = node.kind == Node::Kind::kAnd;
  Truth truth = all ? Truth::kTrue : Truth::kFalse;
  for (const Node& child : node.children) {
    const Truth part = judge(child, profile, depends);
    truth = all ? truth & part : truth | part;
    if (truth == (all ? Truth::kFalse : Truth::kTrue)) break;
  }
  return truth;
}

Truth ProfileAttributes::compare(const Node& node, ProfileId profile, bool& depends) const {
  const bool presence = node.kind == Node::Kind::kPresent;
  if (offer_tells(node.attribute)) {
    depends = depends || !presence;
    return presence ? Truth::kTrue : Truth::kUndefined;
  }
  Truth result = presence ? Truth::kFalse : Truth::kUndefined;
  bool unknown = false;
  for (const Said& said : said_[profile]) {
    if (said.name != node.attribute) continue;
    if (presence) return Truth::kTrue;
    if (said.key.empty()) {
      unknown = true;
      continue;
    }
    const Truth one = domain::compare(node, columns_.at(said.name).values.at(said.key).value);
    if (one == Truth::kTrue) return one;
    if (one == Truth::kFalse) result = one;
  }
  if (!unknown) return result;
  depends = true;
  return Truth::kUndefined;
}

}  // namespace bourse::matching
