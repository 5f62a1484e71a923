// Purpose: a log written line by line, as a market would: what each step says is right unless a test spoils it.
// Lifetime: one a test. Threads: none.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "audit/entry.h"
#include "audit/live_state.h"
#include "audit/replay.h"
#include "domain/records.h"

namespace bourse::audit {

inline domain::Jid jid(const std::string& text) { return domain::Jid::parse(text).value(); }

inline domain::Resources resources(const std::vector<std::pair<std::string, std::string>>& entries) {
  domain::Resources result;
  for (const auto& [name, quantity] : entries) {
    BOURSE_CHECK(result.add(name, domain::parse_quantity(name, quantity).value()).ok());
  }
  return result;
}

class WrittenLog {
 public:
  base::Timestamp now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};
  std::vector<Entry> entries;
  std::map<std::uint64_t, domain::Grant> grants;  // as last written

  void pass(base::Duration time) { now += time; }

  void offer(const std::string& id, const std::string& provider, domain::Resources resources) {
    domain::Offer content;
    content.resources = std::move(resources);
    write({.kind = EntryKind::kOfferPublished,
           .actor = jid(provider + "/agent"),
           .provider = jid(provider),
           .offer = {id},
           .record = domain::encode(content)});
  }
  void withdraw(const std::string& id, const std::string& provider) {
    write({.kind = EntryKind::kOfferWithdrawn, .provider = jid(provider), .offer = {id}, .reason = "withdrawn"});
  }
  void request(const std::string& id, const std::string& consumer, domain::Resources resources, std::uint32_t count = 1,
               base::Duration duration = std::chrono::hours(1)) {
    domain::Request content;
    content.resources = std::move(resources);
    content.count = count;
    content.duration = duration;
    write({.kind = EntryKind::kRequestSubmitted,
           .consumer = jid(consumer),
           .request = {id},
           .record = domain::encode(content)});
  }
  void close(EntryKind kind, const std::string& id, const std::string& consumer) {
    write({.kind = kind, .consumer = jid(consumer), .request = {id}, .reason = "over"});
  }

  [[nodiscard]] domain::Grant make_grant(const std::string& offer, const std::string& provider,
                                         const std::string& request, const std::string& consumer,
                                         domain::Resources resources,
                                         base::Duration duration = std::chrono::hours(1)) const {
    domain::Grant grant;
    grant.id = {grants.empty() ? 1 : grants.rbegin()->first + 1};
    grant.offer = {offer};
    grant.request = {request};
    grant.provider = jid(provider);
    grant.consumer = jid(consumer);
    grant.resources = std::move(resources);
    for (std::int64_t gpu = 0; gpu * domain::kMilli < grant.resources.gpu_milli(); ++gpu) {
      const auto rest = grant.resources.gpu_milli() - gpu * domain::kMilli;
      grant.devices.push_back({static_cast<std::uint16_t>(gpu), std::min(rest, domain::kMilli)});
    }
    grant.started = now;
    grant.expires = now + duration;
    return grant;
  }
  void start(domain::Grant grant) {
    auto kind = EntryKind::kGrantStarted;
    if (grant.ahead) kind = EntryKind::kGrantReserved;
    if (grant.state == domain::GrantState::kProposed) kind = EntryKind::kGrantProposed;
    write_grant(kind, std::move(grant));
  }
  void change(std::uint64_t id, EntryKind kind, domain::GrantState state, base::Duration timer = {}) {
    auto grant = grants.at(id);
    grant.state = state;
    grant.state_until.reset();
    if (timer > base::Duration::zero()) grant.state_until = now + timer;
    if (kind == EntryKind::kGrantBegun) grant.ahead = false;
    if (kind == EntryKind::kGrantRenewed) grant.expires = now + std::chrono::hours(2);
    write_grant(kind, std::move(grant));
  }
  void end(std::uint64_t id, EntryKind kind, domain::GrantState state) {
    auto grant = grants.at(id);
    grant.state = state;
    grant.state_until.reset();
    grant.ended = now;
    grant.reason = "it ended";
    write_grant(kind, std::move(grant));
  }
  void write_grant(EntryKind kind, domain::Grant grant) {
    write({.kind = kind,
           .provider = grant.provider,
           .consumer = grant.consumer,
           .offer = grant.offer,
           .request = grant.request,
           .grant = grant.id,
           .reason = grant.reason,
           .record = domain::encode(grant)});
    const auto id = grant.id.value;
    grants.insert_or_assign(id, std::move(grant));
  }
  void write(Entry entry) {
    entry.at = now;
    entries.push_back(std::move(entry));
  }
};

// What a database has after these entries, when all is well.
inline LiveState state_of(const Replay& replay) {
  LiveState state;
  for (const auto& [id, offer] : replay.offers()) {
    state.offers.push_back({id, offer.provider, offer.open, offer.capacity, offer.record});
  }
  for (const auto& [id, request] : replay.requests()) state.requests.push_back({id, request.consumer, request.record});
  for (const auto& [id, grant] : replay.live_grants()) state.grants.push_back(grant.grant);
  for (const auto& [jid, sanction] : replay.sanctions()) {
    state.sanctions.push_back({jid, sanction.drained, sanction.banned});
  }
  return state;
}

inline Replay replayed(const std::vector<Entry>& entries) {
  Replay replay;
  for (std::size_t i = 0; i < entries.size(); ++i) replay.take({i}, encode(entries[i]));
  replay.finish();
  return replay;
}

// Two providers, three consumers; every kind of transition; at its end one grant active, one reserved, one request
// waiting, one offer closed with a grant that is suspect.
inline WrittenLog eventful_log() {
  using enum EntryKind;
  using domain::GrantState;
  using namespace std::chrono_literals;
  WrittenLog log;
  const std::string lab = "lab@example.org", home = "home@example.net", ana = "ana@example.org", ben = "ben@b.example";
  log.write({.kind = kPolicyChanged, .reason = "confirm-within 2m"});
  log.offer("node-1", lab, resources({{"cpu", "8"}, {"memory", "64Gi"}, {"gpu", "2"}}));
  log.write({.kind = kProviderUp, .provider = jid(lab)});
  log.offer("node-2", home, resources({{"cpu", "4"}}));
  log.pass(1min);
  log.request("sim", ana, resources({{"cpu", "2"}, {"gpu", "1"}}), 2);
  log.start(log.make_grant("node-1", lab, "sim", ana, resources({{"cpu", "2"}, {"gpu", "1"}})));
  auto second = log.make_grant("node-1", lab, "sim", ana, resources({{"cpu", "2"}, {"gpu", "1"}}));
  second.devices[0].index = 1;
  second.state = GrantState::kProposed;
  second.state_until = log.now + 2min;
  log.start(second);
  log.pass(1min);
  log.change(2, kGrantConfirmed, GrantState::kActive);
  log.request("batch", ben, resources({{"cpu", "4"}}), 1, 30min);
  log.start(log.make_grant("node-2", home, "batch", ben, resources({{"cpu", "4"}}), 30min));
  log.request("later", ben, resources({{"cpu", "4"}}));
  auto later = log.make_grant("node-2", home, "later", ben, resources({{"cpu", "4"}}));
  later.ahead = true;
  later.state = GrantState::kReserved;
  later.started += 1h;
  later.expires += 1h;
  log.start(later);
  log.pass(10min);
  log.change(1, kGrantRenewed, GrantState::kActive);
  log.change(2, kGrantReclaiming, GrantState::kReclaiming, 5min);
  log.change(3, kGrantSuspect, GrantState::kSuspect, 5min);
  log.change(4, kGrantSuspect, GrantState::kSuspect, 5min);
  log.withdraw("node-2", home);
  log.write({.kind = kProviderDown, .provider = jid(home)});
  log.pass(1min);
  log.offer("node-2", home, resources({{"cpu", "4"}}));
  log.change(3, kGrantRecovered, GrantState::kActive);
  log.change(4, kGrantRecovered, GrantState::kReserved);
  log.pass(4min);
  log.end(2, kGrantRevoked, GrantState::kRevoked);
  log.end(3, kGrantReleased, GrantState::kReleased);
  log.close(kRequestDone, "batch", ben);
  log.pass(44min);
  log.change(4, kGrantBegun, GrantState::kActive);
  log.request("next", ben, resources({{"cpu", "2"}}));
  auto next = log.make_grant("node-1", lab, "next", ben, resources({{"cpu", "2"}}));
  next.ahead = true;
  next.state = GrantState::kReserved;
  next.started += 3h;
  next.expires += 3h;
  log.start(next);
  log.request("waits", ana, resources({{"cpu", "64"}}));
  log.pass(1min);
  log.change(4, kGrantSuspect, GrantState::kSuspect, 5min);
  log.withdraw("node-2", home);
  return log;
}

}  // namespace bourse::audit
