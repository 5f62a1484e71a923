#include "xmpp/bounces.h"

#include <algorithm>
#include <array>

namespace bourse::xmpp {
namespace {

bool is_hard(std::string_view condition) {
  constexpr std::array<std::string_view, 3> kHard{"gone", "item-not-found", "jid-malformed"};
  return std::ranges::find(kHard, condition) != kHard.end();
}

}  // namespace

bool Bounces::count(const domain::Jid& jid, std::string_view condition, base::Timestamp now) {
  while (!records_.empty() && now - records_.front().last > policy_.window) forget_oldest();
  auto& record = find(jid, now);
  if (now < record.quiet_until || !is_too_many(record, is_hard(condition), now)) return false;
  record.hard.clear();
  record.soft = 0;
  record.quiet_until = now + policy_.quiet;
  return true;
}

bool Bounces::is_too_many(Record& record, bool hard, base::Timestamp now) const {
  if (hard) {
    std::erase_if(record.hard, [&](base::Timestamp each) { return now - each > policy_.window; });
    record.hard.push_back(now);
    return policy_.hard != 0 && record.hard.size() >= policy_.hard;
  }
  if (record.soft == 0) record.first_soft = now;
  if (record.soft < policy_.soft) ++record.soft;
  return policy_.soft != 0 && record.soft >= policy_.soft && now - record.first_soft >= policy_.soft_spread;
}

Bounces::Record& Bounces::find(const domain::Jid& jid, base::Timestamp now) {
  if (const auto known = by_jid_.find(jid); known != by_jid_.end()) {
    records_.splice(records_.end(), records_, known->second);
  } else {
    if (records_.size() >= kMostRemembered) forget_oldest();
    const auto place = by_jid_.emplace(jid, records_.emplace(records_.end())).first;
    place->second->jid = &place->first;
  }
  records_.back().last = now;
  return records_.back();
}

void Bounces::forget_oldest() {
  by_jid_.erase(*records_.front().jid);
  records_.pop_front();
}

}  // namespace bourse::xmpp
