#include "audit/entry.h"

#include <array>
#include <utility>

#include "bourse/v1/audit.pb.h"

namespace bourse::audit {
namespace {

using base::Errc;

struct KindNames {
  EntryKind kind;
  std::string_view name;
};

constexpr std::array<KindNames, 33> kKinds = {{{EntryKind::kOfferPublished, "offer-published"},
                                               {EntryKind::kOfferWithdrawn, "offer-withdrawn"},
                                               {EntryKind::kRequestSubmitted, "request-submitted"},
                                               {EntryKind::kRequestCancelled, "request-cancelled"},
                                               {EntryKind::kRequestExpired, "request-expired"},
                                               {EntryKind::kRequestDone, "request-done"},
                                               {EntryKind::kGrantStarted, "grant-started"},
                                               {EntryKind::kGrantReleased, "grant-released"},
                                               {EntryKind::kGrantExpired, "grant-expired"},
                                               {EntryKind::kGrantRevoked, "grant-revoked"},
                                               {EntryKind::kProviderUp, "provider-up"},
                                               {EntryKind::kProviderDown, "provider-down"},
                                               {EntryKind::kSanctioned, "sanctioned"},
                                               {EntryKind::kSanctionLifted, "sanction-lifted"},
                                               {EntryKind::kGrantProposed, "grant-proposed"},
                                               {EntryKind::kGrantConfirmed, "grant-confirmed"},
                                               {EntryKind::kGrantDeclined, "grant-declined"},
                                               {EntryKind::kGrantTimedOut, "grant-timed-out"},
                                               {EntryKind::kGrantReserved, "grant-reserved"},
                                               {EntryKind::kGrantBegun, "grant-begun"},
                                               {EntryKind::kGrantRenewed, "grant-renewed"},
                                               {EntryKind::kGrantReclaiming, "grant-reclaiming"},
                                               {EntryKind::kGrantSuspect, "grant-suspect"},
                                               {EntryKind::kGrantRecovered, "grant-recovered"},
                                               {EntryKind::kGrantLost, "grant-lost"},
                                               {EntryKind::kQuarantined, "quarantined"},
                                               {EntryKind::kQuarantineLifted, "quarantine-lifted"},
                                               {EntryKind::kHistoryImported, "history-imported"},
                                               {EntryKind::kKeysChanged, "keys-changed"},
                                               {EntryKind::kPolicyChanged, "policy-changed"},
                                               {EntryKind::kLogRestarted, "log-restarted"},
                                               {EntryKind::kPolicySet, "policy-set"},
                                               {EntryKind::kProviderUnobserved, "provider-unobserved"}}};

// EntryKind has the numbers of the wire, so that one cast is the whole mapping.
static_assert(static_cast<int>(EntryKind::kOfferPublished) == v1::AUDIT_KIND_OFFER_PUBLISHED);
static_assert(static_cast<int>(EntryKind::kOfferWithdrawn) == v1::AUDIT_KIND_OFFER_WITHDRAWN);
static_assert(static_cast<int>(EntryKind::kRequestSubmitted) == v1::AUDIT_KIND_REQUEST_SUBMITTED);
static_assert(static_cast<int>(EntryKind::kRequestCancelled) == v1::AUDIT_KIND_REQUEST_CANCELLED);
static_assert(static_cast<int>(EntryKind::kRequestExpired) == v1::AUDIT_KIND_REQUEST_EXPIRED);
static_assert(static_cast<int>(EntryKind::kRequestDone) == v1::AUDIT_KIND_REQUEST_DONE);
static_assert(static_cast<int>(EntryKind::kGrantStarted) == v1::AUDIT_KIND_GRANT_STARTED);
static_assert(static_cast<int>(EntryKind::kGrantReleased) == v1::AUDIT_KIND_GRANT_RELEASED);
static_assert(static_cast<int>(EntryKind::kGrantExpired) == v1::AUDIT_KIND_GRANT_EXPIRED);
static_assert(static_cast<int>(EntryKind::kGrantRevoked) == v1::AUDIT_KIND_GRANT_REVOKED);
static_assert(static_cast<int>(EntryKind::kProviderUp) == v1::AUDIT_KIND_PROVIDER_UP);
static_assert(static_cast<int>(EntryKind::kProviderDown) == v1::AUDIT_KIND_PROVIDER_DOWN);
static_assert(static_cast<int>(EntryKind::kSanctioned) == v1::AUDIT_KIND_SANCTIONED);
static_assert(static_cast<int>(EntryKind::kSanctionLifted) == v1::AUDIT_KIND_SANCTION_LIFTED);
static_assert(static_cast<int>(EntryKind::kGrantProposed) == v1::AUDIT_KIND_GRANT_PROPOSED);
static_assert(static_cast<int>(EntryKind::kGrantConfirmed) == v1::AUDIT_KIND_GRANT_CONFIRMED);
static_assert(static_cast<int>(EntryKind::kGrantDeclined) == v1::AUDIT_KIND_GRANT_DECLINED);
static_assert(static_cast<int>(EntryKind::kGrantTimedOut) == v1::AUDIT_KIND_GRANT_TIMED_OUT);
static_assert(static_cast<int>(EntryKind::kGrantReserved) == v1::AUDIT_KIND_GRANT_RESERVED);
static_assert(static_cast<int>(EntryKind::kGrantBegun) == v1::AUDIT_KIND_GRANT_BEGUN);
static_assert(static_cast<int>(EntryKind::kGrantRenewed) == v1::AUDIT_KIND_GRANT_RENEWED);
static_assert(static_cast<int>(EntryKind::kGrantReclaiming) == v1::AUDIT_KIND_GRANT_RECLAIMING);
static_assert(static_cast<int>(EntryKind::kGrantSuspect) == v1::AUDIT_KIND_GRANT_SUSPECT);
static_assert(static_cast<int>(EntryKind::kGrantRecovered) == v1::AUDIT_KIND_GRANT_RECOVERED);
static_assert(static_cast<int>(EntryKind::kGrantLost) == v1::AUDIT_KIND_GRANT_LOST);
static_assert(static_cast<int>(EntryKind::kQuarantined) == v1::AUDIT_KIND_QUARANTINED);
static_assert(static_cast<int>(EntryKind::kQuarantineLifted) == v1::AUDIT_KIND_QUARANTINE_LIFTED);
static_assert(static_cast<int>(EntryKind::kHistoryImported) == v1::AUDIT_KIND_HISTORY_IMPORTED);
static_assert(static_cast<int>(EntryKind::kKeysChanged) == v1::AUDIT_KIND_KEYS_CHANGED);
static_assert(static_cast<int>(EntryKind::kPolicyChanged) == v1::AUDIT_KIND_POLICY_CHANGED);
static_assert(static_cast<int>(EntryKind::kLogRestarted) == v1::AUDIT_KIND_LOG_RESTARTED);
static_assert(static_cast<int>(EntryKind::kPolicySet) == v1::AUDIT_KIND_POLICY_SET);
static_assert(static_cast<int>(EntryKind::kProviderUnobserved) == v1::AUDIT_KIND_PROVIDER_UNOBSERVED);
static_assert(kKinds.size() == v1::AuditKind_ARRAYSIZE - 1);

base::Error corrupt(std::string_view what) {
  return {Errc::kCorrupt, std::string("a stored audit entry is damaged: ") + std::string(what)};
}

// False when `text` is neither empty nor a JID.
bool read_jid(const std::string& text, domain::Jid& to) {
  if (text.empty()) return true;
  auto jid = domain::Jid::stored(text);
  if (!jid) return false;
  to = std::move(jid).value();
  return true;
}

}  // namespace

std::string_view name(EntryKind kind) {
  for (const auto& [known, text] : kKinds) {
    if (known == kind) return text;
  }
  BOURSE_CHECK(false && "an EntryKind outside the enumeration");
  return {};
}

std::optional<EntryKind> entry_kind(std::string_view name) {
  for (const auto& [kind, text] : kKinds) {
    if (text == name) return kind;
  }
  return std::nullopt;
}

std::string encode(const Entry& entry) {
  v1::AuditEntry message;
  message.set_at_us(entry.at.time_since_epoch().count());
  message.set_kind(static_cast<v1::AuditKind>(entry.kind));
  message.set_actor(entry.actor.text());
  message.set_provider(entry.provider.text());
  message.set_consumer(entry.consumer.text());
  message.set_offer(entry.offer.value);
  message.set_request(entry.request.value);
  message.set_grant(entry.grant.value);
  message.set_reason(entry.reason);
  message.set_record(entry.record);
  return message.SerializeAsString();
}

base::Result<Entry> decode_entry(std::string_view bytes) {
  v1::AuditEntry message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return corrupt("not an AuditEntry");
  Entry entry;
  entry.at = base::Timestamp(base::Duration(message.at_us()));
  if (message.kind() == v1::AUDIT_KIND_UNSPECIFIED || !v1::AuditKind_IsValid(message.kind())) {
    return corrupt("its kind is unknown");
  }
  entry.kind = static_cast<EntryKind>(message.kind());
  if (!read_jid(message.actor(), entry.actor)) return corrupt("its actor is not a JID");
  if (!read_jid(message.provider(), entry.provider)) return corrupt("its provider is not a JID");
  if (!read_jid(message.consumer(), entry.consumer)) return corrupt("its consumer is not a JID");
  entry.offer = {message.offer()};
  entry.request = {message.request()};
  entry.grant = {message.grant()};
  entry.reason = message.reason();
  entry.record = message.record();
  return entry;
}

}  // namespace bourse::audit
