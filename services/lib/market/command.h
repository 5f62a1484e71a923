// Purpose: everything that can change the market, typed. Each stanza, timer tick and presence becomes one
//   Command; nothing else reaches decide().
// Lifetime: value, kept until its batch is durable (a failed batch is decided again). Threads: handed over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "audit/entry.h"
#include "base/clock.h"
#include "domain/ids.h"
#include "domain/jid.h"
#include "domain/offer.h"
#include "domain/request.h"
#include "history/interval.h"
#include "market/rows.h"
#include "pubsub/command.h"
#include "pubsub/subscription_options.h"

namespace bourse::market {

struct PublishOffer {
  domain::OfferId id;
  domain::Offer offer;  // validated
  std::string record;   // domain::encode(offer)
};

struct PublishRequest {
  domain::RequestId id;
  domain::Request request;  // validated
  std::string record;       // domain::encode(request)
};

// Withdraws an offer, cancels a request, or ends a grant (released by its consumer, taken back by its
// provider: at once where the offer promises no grace), depending on the node.
struct Retract {
  domain::NodeName node;
  std::string item_id;
};

// What parties do with a live grant besides ending it. Durations count from now.
struct GrantAction {
  enum class Kind {
    kConfirm,  // its provider agrees to a proposal
    kDecline,  // … or does not
    kRenew,    // its consumer wants it for `duration` more; without: as long as its request asked for
    kReclaim,  // its provider (or an operator) wants it back after `duration`; without: after its offer's grace
  };
  Kind kind = Kind::kConfirm;
  domain::GrantId grant;
  std::optional<base::Duration> duration = {};
  std::string reason = {};  // for a person
};

// Why does this request of the actor's wait? Changes nothing; answered from memory.
struct ExplainRequest {
  domain::RequestId id;
};

// The actor's full JID sent us presence, directed or because it is subscribed to ours.
struct SessionAvailable {
  pubsub::Show show = pubsub::Show::kOnline;
};
struct SessionGone {};  // … and went offline, or does not answer any more

// An agent's sign of life: its machine's load, and when the next one is due. Nobody waits for an answer.
struct Heartbeat {
  domain::Load load;
  base::Duration every{};
  std::string zone = {};  // IANA, where the machine is; empty: not said
  bool afar = false;      // from another domain, whose silence may be the link's: DomainLost would tell
};

// An operator's word about a JID (bare): what is unset stays as it is.
struct Sanction {
  domain::Jid jid{};
  std::optional<bool> drained = {};  // its offers take no new grants
  std::optional<bool> banned = {};   // it may not publish, ask or subscribe; what it has ends
  std::string reason = {};
};

// The link to the XMPP server is up (again): sessions that offers live by have to be asked whether they
// are still there.
struct LinkUp {};
// … is down: until it is up again nobody is seen to come or go.
struct LinkDown {};
// Nobody looked: the process was stopped, or the clock jumped forward.
struct Unobserved {
  history::Window gap;
};

// How likely do these stay up, and at least so many of them? Changes nothing; answered from memory.
struct PredictAvailability {
  std::vector<domain::Jid> providers;  // bare, at most kMostPredicted
  base::Duration further{};
  std::optional<std::uint32_t> at_least = {};  // none: all of them
};
inline constexpr std::size_t kMostPredicted = 50;

// History from elsewhere, of an operator: parts are gathered in memory until the last has come, then written together
// or not at all.
struct ImportHistory {
  std::string name;        // chosen by who imports: parts of one import have the same
  std::uint32_t part = 0;  // 0, 1, 2 …
  bool last = false;
  std::vector<ClosedInterval> intervals;
};

// The sequencer put the log's entries [from, size) into its tree and signed the head. Nobody waits for an answer; one
// that does not follow what is integrated already, or that was made before the pool was loaded again, is dropped: the
// sequencer then began anew with what is stored.
struct IntegrateLog {
  std::uint64_t from = 0;
  std::uint64_t size = 0;
  std::vector<LogTileRow> tiles;
  std::string checkpoint;   // the signed note
  std::uint64_t epoch = 0;  // of the lease it was made under (LogHead)
};

// What the process has to say in the log at its start: a key it signs with from now on, the policy it decides by, why
// the log begins anew. Recorded unless the log's last statement of that kind says the same.
struct RecordStatement {
  audit::EntryKind kind = audit::EntryKind::kPolicyChanged;
  std::string text;
};

// An operator's word on who may do what; `row` as it came, not yet checked. An empty value takes the setting away.
struct SetPolicy {
  PolicyRow row;
};
// What is set? Changes nothing; answered from memory.
struct ShowPolicy {};

// Nothing is heard of anybody at a domain since then, and its servers cannot be reached: whether its providers are
// there, nobody knows. Who of them is heard again, is there again.
struct DomainLost {
  std::string domain;
  base::Timestamp since{};
};

// Time passed: leases, deadlines and offers run out. Also carries the delivered watermark along.
struct Tick {};

// pubsub::Command: everything asked of nodes that is not an offer's or a request's own.
using CommandBody =
    std::variant<PublishOffer, PublishRequest, Retract, GrantAction, ExplainRequest, pubsub::Command, Sanction,
                 SessionAvailable, SessionGone, LinkUp, Tick, Heartbeat, LinkDown, Unobserved, PredictAvailability,
                 ImportHistory, IntegrateLog, RecordStatement, SetPolicy, ShowPolicy, DomainLost>;

// Where the answer goes: enough to address the reply stanza.
struct ReplyTo {
  domain::Jid from;       // who asked
  std::string to;         // whom they asked: becomes the reply's `from`
  std::string stanza_id;  // of the iq; empty: nobody waits for an answer
  // Which command of a person's (XEP-0050) asked this; 0: a plain iq. A client may give two iqs the same id.
  std::uint64_t adhoc = 0;
};

struct Command {
  domain::PoolName pool;  // which market decides it; empty: every one (presence, time, the link)
  domain::Jid actor;      // as the server stamped it; the only identity there is
  ReplyTo reply_to;
  CommandBody body;
};

}  // namespace bourse::market
