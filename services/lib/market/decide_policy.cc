// Who may do what, how much of it and how fast: what operators set, and what it bounds.
#include <algorithm>

#include "market/decision.h"

namespace bourse::market {
namespace {

using base::Errc;

std::string in_words(const PolicyRow& row, const std::string* before) {
  const auto or_nothing = [](const std::string& value) { return value.empty() ? std::string("not set") : value; };
  std::string words = row.name;
  if (!row.subject.empty()) words += " for " + row.subject;
  return words + ": " + or_nothing(row.value) + ", was " + or_nothing(before == nullptr ? "" : *before);
}

}  // namespace

// What somebody has already stays, whatever may not be had any more; to end that, he is banned.
void Decision::operator()(const SetPolicy& wanted) {
  if (!state_.is_operator(command_.actor.bare())) {
    return fail(Errc::kForbidden, "only operators of this market set its policy");
  }
  auto row = AccessPolicy::check(wanted.row.name, wanted.row.subject, wanted.row.value);
  if (!row) return reply(row.error());
  const auto* before = state_.access.find(*row);
  if (before == nullptr ? row->value.empty() : *before == row->value) {
    return reply(PolicyShown{state_.access.rows()});
  }
  constexpr std::size_t kMostRows = 10'000;
  if (before == nullptr && state_.access.rows().size() >= kMostRows) {
    return fail(Errc::kResourceConstraint, "a policy has at most 10000 settings: take some away first");
  }
  auto words = in_words(*row, before);
  const auto set = state_.access.set(*row);
  BOURSE_CHECK(set.ok());
  record({.kind = audit::EntryKind::kPolicySet, .reason = std::move(words)});
  plan_.changes.emplace_back(std::move(*row));
  plan_.policy = std::make_shared<const AccessPolicy>(state_.access);
  quotas_eased_ = true;
  reply(PolicyShown{state_.access.rows()});
}

void Decision::operator()(const ShowPolicy& /*question*/) { reply(PolicyShown{state_.access.rows()}); }

std::optional<std::string> Decision::over_bound(Bounded what, const domain::Jid& bare, std::uint64_t of_jid,
                                                std::uint64_t of_domain) const {
  if (!state_.access.bounds(what)) return std::nullopt;
  const auto most = state_.access.most(what, Scope::kJid, bare.text());
  const auto has = state_.count_of(what, bare);
  if (most && has + of_jid > *most) {
    return bare.text() + " has " + std::to_string(has) + " of at most " + std::to_string(*most);
  }
  const auto most_there = state_.access.most(what, Scope::kDomain, bare.domain());
  const auto there = state_.count_at(what, bare.domain());
  if (most_there && there + of_domain > *most_there) {
    return "everybody at " + std::string(bare.domain()) + " together has " + std::to_string(there) + " of at most " +
           std::to_string(*most_there);
  }
  return std::nullopt;
}

bool Decision::has_room_for(Bounded what, std::string_view noun) {
  const auto actor = command_.actor.bare();
  const auto over = state_.is_operator(actor) ? std::nullopt : over_bound(what, actor, 1, 1);
  if (over) reply(too_many(noun, *over));
  return !over;
}

base::Error Decision::too_many(std::string_view noun, const std::string& over) {
  return {Errc::kResourceConstraint, "too many " + std::string(noun) + " at once: " + over +
                                         "; end one first, or ask the operators of this market for more"};
}

std::optional<std::string> Decision::over_quota(const RequestEntry& request, const domain::Resources& resources,
                                                std::uint64_t grants) const {
  if (auto over = over_bound(Bounded::kGrants, request.consumer, grants, grants)) return "grants: " + *over;
  return state_.shares.over_quota(request.consumer, resources);
}

}  // namespace bourse::market
