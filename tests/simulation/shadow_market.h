// Purpose: the market as its plans say it is: rows applied one by one, without any of the code that made them.
//   Every row is judged as it comes (what was granted to whom, on which terms, from which state to which), and the
//   simulation "restarts" the real state from it.
// Lifetime: one simulation. Threads: none.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/offer.h"
#include "domain/request.h"
#include "market/plan.h"
#include "market/store.h"
#include "shadow_log.h"

namespace bourse::simulation {

struct ShadowOffer {
  market::OfferRow row;   // open, or closed with live grants
  domain::Offer content;  // as last published
};

struct ShadowRequest {
  market::RequestRow row;  // waiting or granted
  domain::Request content;
  bool complete = false;  // a gang: all of it was there once, and agreed to
};

class ShadowMarket {
 public:
  void apply(const market::Plan& plan, base::Timestamp now);
  // What PostgreSQL would give back after a restart.
  base::Status load(market::StateLoader& loader) const;

  [[nodiscard]] const std::map<std::string, ShadowOffer>& offers() const { return offers_; }
  [[nodiscard]] const std::map<std::string, ShadowRequest>& requests() const { return requests_; }
  [[nodiscard]] const std::map<std::uint64_t, market::GrantRow>& live_grants() const { return live_; }
  [[nodiscard]] std::vector<const market::GrantRow*> grants_of(const std::string& request) const;
  // Drained or quarantined: gets nothing new.
  [[nodiscard]] bool is_barred(const domain::Jid& provider, base::Timestamp now) const;
  [[nodiscard]] const std::map<std::string, market::SanctionRow>& sanctions() const { return sanctions_; }
  // With so many more live grants the consumer, or everybody of his domain, has more than the policy allows.
  [[nodiscard]] bool is_over_policy(const domain::Jid& consumer, std::size_t more) const;
  // Rules that rows broke, in words.
  [[nodiscard]] const std::vector<std::string>& broken() const { return broken_; }
  [[nodiscard]] const ShadowLog& log() const { return log_; }
  // The sums by day say what the intervals do; while nobody looks, that is not known yet. Empty: they do.
  [[nodiscard]] std::string judge_history() const;
  // How often what happened: "grant-started", "active→suspect", … To see that a simulation simulates.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& seen() const { return seen_; }

 private:
  void apply(const market::OfferRow& row);
  void apply(const market::RequestRow& row);
  void apply(const market::GrantStarted& change);
  void apply(const market::GrantChanged& change);
  void apply(const market::GrantEnded& change);
  void apply(const market::SanctionRow& row);
  void apply(const market::UsageRow& row);
  void apply(const market::PolicyRow& row);
  void apply(const pubsub::Change& /*change*/) {}
  void apply(const market::ProviderRow& row);
  void apply(const market::HistoryClosed& change);
  void apply(const history::Window& gap);
  void apply(const market::LoadRow& /*row*/) {}
  void apply(const market::HistoryCounts& counts) { history_counts_ = counts.record; }
  void apply(const market::LogTileRow& row) { log_.apply(row); }
  void apply(const market::CheckpointRow& row);

  // What a filter of the policy, always (domain=…), leaves out.
  [[nodiscard]] bool is_left_out(const std::string& right, const domain::Jid& who) const;
  void judge_start(const market::GrantRow& grant);
  void judge_place(const market::GrantRow& grant, const ShadowOffer& offer, const ShadowRequest& request);
  void judge_apart(const market::GrantRow& grant, const ShadowRequest& request);
  void judge_renewal(const market::GrantRow& before, const market::GrantRow& after);
  void expect(bool holds, const std::string& rule, const market::GrantRow& grant);
  void settle();  // after a plan

  base::Timestamp now_;
  std::map<std::string, ShadowOffer> offers_;
  std::map<std::string, ShadowRequest> requests_;
  std::map<std::uint64_t, market::GrantRow> live_;
  std::map<std::string, market::SanctionRow> sanctions_;
  std::map<std::string, market::UsageRow> usage_;
  std::map<std::string, std::string> policies_;  // "name subject"
  struct ShadowHistory {
    std::optional<market::ProviderRow> running;
    history::Intervals closed;
    history::DayCells days;
  };
  std::map<std::string, ShadowHistory> histories_;  // by provider
  std::map<std::int64_t, market::HourRow> hours_;   // of all
  history::Gaps gaps_;
  std::string history_counts_;
  ShadowLog log_;
  std::vector<std::string> broken_;
  std::map<std::string, std::uint64_t> seen_;
  std::uint64_t last_grant_ = 0;
  std::uint64_t events_ = 0;
};

}  // namespace bourse::simulation
