#include "market/access_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <variant>

namespace bourse::market {
namespace {

using base::Errc;
using base::Result;

constexpr std::uint64_t kMostOfAnything = 1'000'000'000;
constexpr double kFastest = 1'000'000;
constexpr double kSlowest = 1.0 / 86'400;  // one a day
constexpr char kRateForm[] = "a number of stanzas each second, and how many may come at once: 50/s, or 50/s burst 200";

struct Quota {
  Bounded what;
};
struct Speed {};
struct Name {
  std::string_view text;
  Scope scope = Scope::kJid;  // of quotas and rates
  std::variant<Right, Quota, Speed> meaning;
};
constexpr std::array kNames{
    Name{"publish", {}, Right::kPublish},
    Name{"request", {}, Right::kRequest},
    Name{"subscribe", {}, Right::kSubscribe},
    Name{"history", {}, Right::kHistory},
    Name{"jid-offers", Scope::kJid, Quota{Bounded::kOffers}},
    Name{"jid-requests", Scope::kJid, Quota{Bounded::kRequests}},
    Name{"jid-grants", Scope::kJid, Quota{Bounded::kGrants}},
    Name{"jid-subscriptions", Scope::kJid, Quota{Bounded::kSubscriptions}},
    Name{"domain-offers", Scope::kDomain, Quota{Bounded::kOffers}},
    Name{"domain-requests", Scope::kDomain, Quota{Bounded::kRequests}},
    Name{"domain-grants", Scope::kDomain, Quota{Bounded::kGrants}},
    Name{"domain-subscriptions", Scope::kDomain, Quota{Bounded::kSubscriptions}},
    Name{"jid-rate", Scope::kJid, Speed{}},
    Name{"domain-rate", Scope::kDomain, Speed{}},
};

const Name* find_name(std::string_view text) {
  const auto* found = std::find_if(kNames.begin(), kNames.end(), [&](const Name& name) { return name.text == text; });
  return found == kNames.end() ? nullptr : found;
}

std::string_view name_of(Right right) {
  for (const auto& name : kNames) {
    if (name.meaning.index() == 0 && std::get<Right>(name.meaning) == right) return name.text;
  }
  BOURSE_CHECK(false);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::optional<double> number_within(std::string_view text, double least, double most) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(number) || number < least || number > most) return std::nullopt;
  return number;
}

Result<std::uint64_t> parse_most(std::string_view text) {
  std::uint64_t most = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), most);
  if (error != std::errc() || end != text.data() + text.size() || most > kMostOfAnything) {
    return {Errc::kInvalidPayload, fmt::format("'{}' is no number from 0 to {}", text, kMostOfAnything)};
  }
  return most;
}

Result<Rate> parse_rate(std::string_view text) {
  const base::Error wrong{Errc::kInvalidPayload, fmt::format("'{}' is no rate: give {}", text, kRateForm)};
  const auto per = text.find("/s");
  if (per == std::string_view::npos) return wrong;
  const auto speed = number_within(trimmed(text.substr(0, per)), kSlowest, kFastest);
  if (!speed) return wrong;
  auto rest = trimmed(text.substr(per + 2));
  if (rest.empty()) return Rate{*speed, std::max(1.0, *speed)};
  constexpr std::string_view kBurst = "burst ";
  if (!rest.starts_with(kBurst)) return wrong;
  const auto burst = number_within(trimmed(rest.substr(kBurst.size())), 1, kFastest);
  if (!burst) return wrong;
  return Rate{*speed, *burst};
}

// Whom a quota or a rate is for, as Jid writes it.
Result<std::string> parse_subject(const Name& name, std::string_view text) {
  if (text.empty()) return std::string();
  if (std::holds_alternative<Right>(name.meaning)) {
    return {Errc::kInvalidPayload,
            fmt::format("'{}' is one filter for all: say whom it lets in there, as in (domain=*.edu)", name.text)};
  }
  const auto jid = domain::Jid::parse(text);
  if (!jid) return jid.error();
  const bool fits = jid->is_bare() && (name.scope == Scope::kJid || jid->local().empty());
  if (fits) return jid->text();
  return {Errc::kInvalidPayload, fmt::format("'{}' is for a {}, not for '{}'", name.text,
                                             name.scope == Scope::kJid ? "JID without a resource" : "domain", text)};
}

}  // namespace

std::vector<std::string_view> policy_names() {
  std::vector<std::string_view> names;
  for (const auto& name : kNames) names.push_back(name.text);
  return names;
}

Result<PolicyRow> AccessPolicy::check(std::string_view name, std::string_view subject, std::string_view value) {
  const auto* known = find_name(trimmed(name));
  if (known == nullptr) {
    return {Errc::kInvalidPayload,
            fmt::format("a policy has no '{}': there are {}", name, fmt::join(policy_names(), ", "))};
  }
  auto whom = parse_subject(*known, trimmed(subject));
  if (!whom) return whom.error();
  PolicyRow row{std::string(known->text), std::move(whom).value(), std::string(trimmed(value))};
  if (row.value.empty()) return row;
  constexpr std::size_t kMostBytes = 4096;  // an entry of the log quotes it, and what it was before
  if (row.value.size() > kMostBytes) {
    return {Errc::kInvalidPayload, fmt::format("{}: a value has at most {} bytes", row.name, kMostBytes)};
  }
  AccessPolicy trial;
  if (const auto taken = trial.set(row); !taken) {
    return {Errc::kInvalidPayload, fmt::format("{}: {}", row.name, taken.error().text)};
  }
  return row;
}

base::Status AccessPolicy::set(const PolicyRow& row) {
  const auto* name = find_name(row.name);
  if (name == nullptr) return {Errc::kCorrupt, "a policy has no '" + row.name + "'"};
  const bool gone = row.value.empty();
  const auto scope = static_cast<std::size_t>(name->scope);
  if (const auto* right = std::get_if<Right>(&name->meaning)) {
    auto filter = gone ? Result<domain::Filter>(domain::Filter()) : domain::Filter::parse(row.value);
    if (!filter) return filter.error();
    filters_[static_cast<std::size_t>(*right)] = std::move(*filter);
  } else if (const auto* quota = std::get_if<Quota>(&name->meaning)) {
    auto& bounds = most_[static_cast<std::size_t>(quota->what)][scope];
    const auto most = gone ? Result<std::uint64_t>(0) : parse_most(row.value);
    if (!most) return most.error();
    gone ? void(bounds.erase(row.subject)) : void(bounds[row.subject] = *most);
  } else {
    const auto rate = gone ? Result<Rate>(Rate()) : parse_rate(row.value);
    if (!rate) return rate.error();
    gone ? void(rates_[scope].erase(row.subject)) : void(rates_[scope][row.subject] = *rate);
  }
  const std::pair key(row.name, row.subject);
  gone ? void(values_.erase(key)) : void(values_[key] = row.value);
  return base::Done{};
}

const std::string* AccessPolicy::find(const PolicyRow& row) const {
  const auto found = values_.find({row.name, row.subject});
  return found == values_.end() ? nullptr : &found->second;
}

std::vector<PolicyRow> AccessPolicy::rows() const {
  std::vector<PolicyRow> rows;
  rows.reserve(values_.size());
  for (const auto& [key, value] : values_) rows.push_back({key.first, key.second, value});
  return rows;
}

void AccessPolicy::set_ban(const domain::Jid& whom, const std::optional<std::string>& reason) {
  reason ? void(bans_[whom.text()] = *reason) : void(bans_.erase(whom.text()));
}

base::Status AccessPolicy::check_ban(const domain::Jid& actor) const {
  if (bans_.empty()) return base::Done{};
  auto found = bans_.find(actor.bare().text());
  for (auto name = actor.domain(); found == bans_.end() && !name.empty();) {
    found = bans_.find(name);
    const auto dot = name.find('.');
    name = dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
  }
  if (found == bans_.end()) return base::Done{};
  return {Errc::kForbidden, fmt::format("an operator of this market has banned {}: {}", found->first, found->second)};
}

base::Status AccessPolicy::may(Right right, const domain::Jid& actor) const {
  const auto& filter = filters_[static_cast<std::size_t>(right)];
  if (filter.empty()) return base::Done{};
  const auto bare = actor.bare();
  const auto of_sender = [&](std::string_view name) -> std::vector<domain::AttributeValue> {
    if (name == "jid") return {bare.text()};
    if (name == "domain") return {std::string(bare.domain())};
    return {};
  };
  const auto source = [&](std::string_view name) {
    auto values = of_sender(name);
    if (name != "group" || !groups_) return values;
    for (const auto& group : *groups_) {
      if (group.members.accepts(of_sender)) values.emplace_back(group.name);
    }
    return values;
  };
  if (filter.accepts(source)) return base::Done{};
  return {Errc::kForbidden, fmt::format("the policy of this market opens '{}' to {}, and {} is not among them: ask its "
                                        "operators to be let in",
                                        name_of(right), filter.text(), bare.text())};
}

std::optional<std::uint64_t> AccessPolicy::most(Bounded what, Scope scope, std::string_view subject) const {
  const auto& bounds = most_[static_cast<std::size_t>(what)][static_cast<std::size_t>(scope)];
  if (bounds.empty()) return std::nullopt;
  auto found = bounds.find(subject);
  if (found == bounds.end()) found = bounds.find(std::string_view());
  if (found == bounds.end()) return std::nullopt;
  return found->second;
}

bool AccessPolicy::bounds(Bounded what) const {
  const auto& scopes = most_[static_cast<std::size_t>(what)];
  return std::ranges::any_of(scopes, [](const auto& each) { return !each.empty(); });
}

const Rate* AccessPolicy::rate(Scope scope, std::string_view subject) const {
  const auto& rates = rates_[static_cast<std::size_t>(scope)];
  if (rates.empty()) return nullptr;
  auto found = rates.find(subject);
  if (found == rates.end()) found = rates.find(std::string_view());
  return found == rates.end() ? nullptr : &found->second;
}

}  // namespace bourse::market
