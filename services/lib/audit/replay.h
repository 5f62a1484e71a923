// Purpose: the market's state out of the log alone: folds entries by index into open offers, open requests and live
//   grants, and says wherever an entry cannot follow those before it.
// Lifetime: one a reading of a log from its beginning. Threads: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "audit/entry.h"
#include "audit/offer_load.h"
#include "domain/grant.h"
#include "domain/request.h"

namespace bourse::audit {

struct Finding {
  domain::AuditIndex index;  // of the entry that is wrong
  std::string text;          // what is wrong with it, for a person
};

struct ReplayedOffer {
  domain::Jid provider{};
  bool open = true;              // false: withdrawn, but grants of it live
  domain::Resources capacity{};  // domain::capacity_of the last publication
  std::string record{};          // … and its bytes
  OfferLoad load{};              // of the live grants whose lease has begun
  std::uint64_t live = 0;        // grants
};

struct ReplayedRequest {
  domain::Jid consumer{};
  domain::Request content{};
  std::string record{};
  std::uint64_t live = 0;  // grants
};

struct ReplayedSanction {
  bool drained = false;
  bool banned = false;
};

struct ReplayedGrant {
  domain::Grant grant;
  bool booked = false;  // counted in its offer's load; not when it did not fit
};

class Replay {
 public:
  // `watch` is told every grant after each of its changes, the last of which ends it.
  using Watch = std::function<void(const domain::Grant&)>;
  explicit Replay(Watch watch = {}) : watch_(std::move(watch)) {}

  void take(domain::AuditIndex index, std::string_view bytes);
  void take(domain::AuditIndex index, const Entry& entry);
  void finish();  // what was taken is all there is, so far

  // The first kMostFindings; finding_count() has all.
  [[nodiscard]] const std::vector<Finding>& findings() const { return findings_; }
  [[nodiscard]] std::uint64_t finding_count() const { return finding_count_; }
  static constexpr std::size_t kMostFindings = 1000;

  [[nodiscard]] std::uint64_t entries() const { return entries_; }
  // Entries earlier than the one before: the clock was set back, which is nobody's lie by itself.
  [[nodiscard]] std::uint64_t set_back() const { return set_back_; }

  [[nodiscard]] const std::unordered_map<domain::OfferId, ReplayedOffer>& offers() const { return offers_; }
  [[nodiscard]] const std::unordered_map<domain::RequestId, ReplayedRequest>& requests() const { return requests_; }
  [[nodiscard]] const std::unordered_map<domain::GrantId, ReplayedGrant>& live_grants() const { return grants_; }
  // Of those who are drained or banned.
  [[nodiscard]] const std::unordered_map<domain::Jid, ReplayedSanction>& sanctions() const { return sanctions_; }
  [[nodiscard]] domain::GrantId last_grant() const { return last_grant_; }

 private:
  void wrong(std::string text);
  void follow(const Entry& entry);
  void publish_offer(const Entry& entry);
  void withdraw_offer(const Entry& entry);
  void submit_request(const Entry& entry);
  void close_request(const Entry& entry);
  void follow_sanction(const Entry& entry);
  void follow_grant(const Entry& entry);
  void start_grant(const Entry& entry, domain::Grant&& grant);
  void judge_start(const Entry& entry, const domain::Grant& grant);
  void change_grant(const Entry& entry, domain::Grant&& grant);
  void judge_change(const Entry& entry, const domain::Grant& before, const domain::Grant& after);
  void book(ReplayedGrant& grant);
  void end_grant(const ReplayedGrant& before);
  // An offer that is published smaller is over its capacity until the same command has ended what does not fit.
  void settle();

  Watch watch_;
  domain::AuditIndex index_{};  // of the entry being taken
  std::uint64_t entries_ = 0;
  std::uint64_t next_ = 0;
  std::uint64_t set_back_ = 0;
  base::Timestamp last_at_ = base::Timestamp::min();
  domain::GrantId last_grant_{};
  std::unordered_map<domain::OfferId, ReplayedOffer> offers_;
  std::unordered_map<domain::RequestId, ReplayedRequest> requests_;
  std::unordered_map<domain::GrantId, ReplayedGrant> grants_;
  std::unordered_map<domain::Jid, ReplayedSanction> sanctions_;
  struct Unsettled {
    domain::AuditIndex index;
    domain::OfferId offer;
    base::Timestamp at;
    domain::Jid actor;
  };
  std::optional<Unsettled> unsettled_;
  std::vector<Finding> findings_;
  std::uint64_t finding_count_ = 0;
};

}  // namespace bourse::audit
