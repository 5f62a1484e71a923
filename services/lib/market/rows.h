// Purpose: the market's durable state, row by row, in domain types: what a batch writes and a load reads.
// Lifetime: values. Threads: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "domain/availability.h"
#include "domain/grant.h"
#include "domain/ids.h"
#include "domain/jid.h"
#include "domain/request.h"
#include "domain/resources.h"

namespace bourse::market {

struct OfferRow {
  domain::OfferId id{};
  domain::Jid provider{};         // bare
  domain::Jid session{};          // the full JID whose presence the offer lives by; empty: bound to none
  bool open = true;               // false: withdrawn, though grants of it may live on; resources and record may then be
                                  // empty: the stored ones stay
  domain::Resources resources{};  // domain::capacity_of(Offer)
  std::string record{};           // domain::encode(Offer)
  domain::EventSeq seq{};         // of its last publication: the node's item order
  base::Timestamp published{};
};

struct RequestRow {
  domain::RequestId id{};
  domain::Jid consumer{};  // bare
  domain::RequestState state = domain::RequestState::kWaiting;
  std::uint32_t granted = 0;           // grants that count: live, or ended as they should
  bool complete = false;               // all it asked for was there once
  std::string record{};                // domain::encode(Request)
  domain::EventSeq seq{};              // of its publication: arrival order
  std::vector<domain::Jid> refused{};  // bare JIDs of providers that took a grant of it back themselves
  base::Timestamp submitted{};
};

using GrantRow = domain::Grant;

// What operators decided about a JID, and what it brought upon itself as a provider.
struct SanctionRow {
  domain::Jid jid{};  // bare
  bool drained = false;
  bool banned = false;
  std::string reason{};  // the operators'
  base::Timestamp since{};
  double failures = 0;  // of its grants, decayed up to `failed_at`
  base::Timestamp failed_at{};
  std::uint32_t quarantines = 0;  // one after the other: each lasts longer
  std::optional<base::Timestamp> quarantined_until{};
  std::string quarantine_reason{};
};

// One setting: `publish` = `(domain=*.edu)`, `domain-rate` of a.test = `50/s burst 200`.
struct PolicyRow {
  std::string name;
  std::string subject;  // of quotas and rates: a bare JID or a domain; empty: all that have none of their own
  std::string value;    // empty: not set
  friend bool operator==(const PolicyRow&, const PolicyRow&) = default;
};

// What a consumer has used up to `at`, decayed: resource-seconds, in stored units, of grants that lived before it.
// Written when a grant of its ends; what live ones used since is theirs to add.
struct UsageRow {
  domain::Jid consumer{};  // bare
  base::Timestamp at{};
  std::vector<std::pair<std::string, double>> used{};  // by resource
};

// A provider as history knows it: what it is just now, and what was learned of it.
struct ProviderRow {
  domain::Jid provider{};                      // bare
  std::optional<domain::Presence> presence{};  // of the running interval; none: nobody knows
  base::Timestamp since{};                     // … which began then
  std::string zone{};                          // IANA, as its agent says; empty: UTC
  std::string counts{};                        // history::encode(ProviderCounts); empty: nothing ended yet
};

// An interval that ended, as it was, gaps and all; never changed afterwards.
struct ClosedInterval {
  domain::Jid provider{};  // bare
  domain::AvailabilityInterval interval{};
};

// What a provider's agent last said of its machine. Only the last one is kept.
struct LoadRow {
  domain::Jid provider{};  // bare
  base::Timestamp heard{};
  domain::Load load{};
};

// Closed intervals of the whole pool, without the gaps; added to what the table has for that hour.
struct HourRow {
  std::int64_t hour = 0;  // since 1970-01-01T00, UTC
  base::Duration up{};
  base::Duration down{};
  std::uint64_t outages = 0;  // that began in it
  friend bool operator==(const HourRow&, const HourRow&) = default;
};

struct AuditRow {
  domain::AuditIndex index;
  std::string entry;  // audit::encode(Entry), stored as it is
};

// A tile of the log's tree (C2SP tlog-tiles): its hashes, one after the other. A wider one replaces a partial one.
struct LogTileRow {
  unsigned level = 0;
  std::uint64_t index = 0;
  std::string hashes;
};

// The log's head as it was signed (C2SP tlog-checkpoint), over the entries [0, size).
struct CheckpointRow {
  std::uint64_t size = 0;
  base::Timestamp at{};
  std::string note;
};

// The counters a pool continues from; written with every batch.
struct PoolCounters {
  domain::EventSeq last_event;
  domain::AuditIndex next_audit;
  domain::GrantId last_grant;
  domain::EventSeq delivered;  // every event up to here was handed to the network
  friend bool operator==(const PoolCounters&, const PoolCounters&) = default;
};

}  // namespace bourse::market
