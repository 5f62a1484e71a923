// Purpose: questions about availability and their answers: of one provider, of several side by side, of a whole pool.
// Lifetime: values. Threads: handed over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/availability.h"
#include "domain/ids.h"
#include "domain/jid.h"
#include "history/day_rollup.h"
#include "history/interval.h"
#include "history/statistics.h"
#include "history/survival.h"
#include "history/week_profile.h"
#include "market/page.h"

namespace bourse::market {

struct HistoryQuery {
  domain::PoolName pool;
  std::vector<domain::Jid> providers = {};  // bare; empty: the whole pool
  base::Timestamp since{};
  base::Timestamp until{};  // at most `asked`
  base::Timestamp asked{};  // now
  std::string zone = {};    // IANA, of the week's hours; empty: one provider's own, UTC for several
  // What more than the figures is wanted.
  bool days = false;
  bool week = false;
  bool survival = false;
  bool intervals = false;  // of one provider; paged
  bool names = false;      // of a whole pool: who its providers are, those of imports too; paged
  Page page = {};          // ids: the beginning, in microseconds; of names the JID
};

struct DayShare {
  std::int32_t day = 0;  // since 1970-01-01, UTC
  base::Duration up{};
  base::Duration down{};
  friend bool operator==(const DayShare&, const DayShare&) = default;
};

struct ProviderHistory {
  domain::Jid provider;  // bare
  history::Statistics statistics;
  std::optional<domain::Presence> now = {};  // the running interval, since when
  base::Timestamp since{};
  std::optional<base::Timestamp> heard = {};  // the last heartbeat
  domain::Load load = {};
  friend bool operator==(const ProviderHistory&, const ProviderHistory&) = default;
};

struct HistoryReport {
  base::Timestamp since{};
  base::Timestamp until{};
  std::string zone = {};             // of `week`
  std::uint64_t provider_count = 0;  // whose history this is
  history::Statistics total;
  std::vector<ProviderHistory> providers;                        // those asked for; none of a whole pool
  std::vector<DayShare> days;                                    // by day, of all
  std::optional<history::WeekProfile> week;                      // of all
  std::optional<std::vector<history::Survival::Step>> survival;  // of all up runs
  PageOf<domain::AvailabilityInterval> intervals;                // oldest first
  PageOf<domain::Jid> names;                                     // by JID
  bool details_withheld = false;                                 // intervals and loads are not for who asked
  history::Gaps gaps;                                            // when nobody looked
};

// What is kept of a provider beside its intervals.
struct ProviderNow {
  domain::Jid provider;  // bare
  std::string zone;
  std::optional<domain::Presence> presence;  // none: only imported
  base::Timestamp since{};
  std::optional<base::Timestamp> heard;
  domain::Load load;
};

// What decides who may read a provider's history in detail.
struct HistoryAccess {
  bool known = false;      // the pool has seen it
  bool lends = false;      // it has open offers
  bool concerned = false;  // the viewer is an operator, the provider, or had a grant of it
};

// Who may read what of whom; operators, and providers of themselves, everything.
struct HistoryPolicy {
  bool figures_for_all = true;   // of providers with open offers; otherwise only to those they gave grants to
  bool details_for_all = false;  // intervals and load; otherwise only to those they gave grants to

  [[nodiscard]] bool shows_figures(const HistoryAccess& access) const {
    return access.concerned || (figures_for_all && access.lends);
  }
  [[nodiscard]] bool shows_details(const HistoryAccess& access) const { return access.concerned || details_for_all; }
  // kForbidden, for whom the figures are not shown to.
  [[nodiscard]] base::Error refusal(const domain::Jid& provider) const {
    return {base::Errc::kForbidden, "the history of " + provider.text() +
                                        " is shown to operators, to those it lent to" +
                                        (figures_for_all ? ", and to all while it has an open offer" : "")};
  }
};

}  // namespace bourse::market
