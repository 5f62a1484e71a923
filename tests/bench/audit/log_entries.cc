#include "bench/audit/log_entries.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "bench/grants/session.h"
#include "bench/grants/workload.h"
#include "domain/records.h"

namespace bourse::bench {
namespace {

const base::Timestamp kBegin{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};
constexpr std::uint64_t kPerRequest = 3;

domain::Grant grant_of(std::uint64_t number, base::Timestamp at) {
  domain::Grant grant;
  grant.id.value = number + 1;
  grant.offer.value = fmt::format("offer-{}", mixed(number) % 1'000'000);
  grant.request.value = fmt::format("request-{}", number);
  grant.provider = provider_of(mixed(number));
  grant.consumer = consumer_of(number);
  grant.resources = request_of(number).resources;
  grant.started = at;
  grant.expires = at + std::chrono::hours(1);
  return grant;
}

}  // namespace

domain::Jid party_of(std::uint64_t index) { return consumer_of(index / kPerRequest); }

audit::Entry entry_of(std::uint64_t index) {
  const std::uint64_t number = index / kPerRequest;
  audit::Entry entry;
  entry.at = kBegin + std::chrono::microseconds(number * 50);
  entry.consumer = consumer_of(number);
  entry.request.value = fmt::format("request-{}", number);
  if (index % kPerRequest == 0) {
    entry.kind = audit::EntryKind::kRequestSubmitted;
    entry.actor = jid(entry.consumer.text() + "/desk");
    entry.record = domain::encode(request_of(number));
  } else if (index % kPerRequest == 1) {
    auto grant = grant_of(number, entry.at);
    entry.kind = audit::EntryKind::kGrantStarted;
    entry.provider = grant.provider;
    entry.offer = grant.offer;
    entry.grant = grant.id;
    entry.record = domain::encode(grant);
  } else {
    entry.kind = audit::EntryKind::kRequestDone;
  }
  return entry;
}

void add_entry(std::uint64_t index, market::Batch& batch) {
  auto entry = entry_of(index);
  batch.audit.push_back({{index}, audit::encode(entry)});
  batch.audit_entries.push_back(std::move(entry));
}

}  // namespace bourse::bench
