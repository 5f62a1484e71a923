#include "market/history_book.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "domain/time_zone.h"

namespace bourse::market {
namespace {

using base::Duration;
using base::Timestamp;
using domain::Presence;
using history::Window;

constexpr Duration kHalfLife = std::chrono::hours(24 * 90);  // what is longer ago says less of tomorrow
constexpr Duration kFadeEvery = std::chrono::hours(24);
constexpr Duration kLearnEvery = std::chrono::minutes(10);
constexpr Duration kGapsKept = std::chrono::hours(24 * 731);
constexpr std::size_t kSome = 2'000;
constexpr std::array<Duration, 3> kWindows{std::chrono::hours(1), std::chrono::hours(8), std::chrono::hours(24)};

double faded(Duration after) {
  return std::exp2(-static_cast<double>(after.count()) / static_cast<double>(kHalfLife.count()));
}

// A zone that does not exist, or no longer does, is UTC.
Duration east_of(const std::string& zone, Timestamp at) {
  if (zone.empty()) return {};
  const auto east = domain::east_of(zone, at);
  return east ? *east : Duration::zero();
}

// What is believed before anything was seen, and weighs less and less: who stayed long stays long, so that half of
// those up for some time go before they doubled it and more. One ended run of each age.
history::PoolCounts prior() {
  history::PoolCounts counts;
  for (std::size_t age = 0; age < history::kAgeClasses; ++age) {
    const Duration begins = std::max<Duration>(history::age_class_begins(age), std::chrono::minutes(1));
    const double hours = std::chrono::duration<double, std::ratio<3600>>(begins).count();
    counts.exposure[age].fill(2 * hours / history::kHoursOfWeek);
    counts.ended[age].fill(1.0 / history::kHoursOfWeek);
  }
  return counts;
}

}  // namespace

HistoryBook::HistoryBook() { fit(); }

base::Status HistoryBook::load(ProviderRow&& row) {
  history::ProviderCounts counts;
  if (!row.counts.empty()) {
    auto read = history::decode_provider_counts(row.counts);
    if (!read) return {read.error().code, row.provider.text() + ": " + read.error().text};
    counts = *read;
  }
  index_.emplace(std::move(row.provider), static_cast<std::uint32_t>(entries_.size()));
  entries_.push_back({row.presence, row.since, row.since, std::move(row.zone)});
  counts_.push_back(counts);
  if (row.presence == Presence::kUp) ++up_;
  closed_until_ = std::max(closed_until_, row.since);
  return base::Done{};
}

base::Status HistoryBook::load_counts(std::string&& bytes) {
  auto saved = history::decode_pool_counts(bytes);
  if (!saved) return saved.error();
  pool_ = saved->counts;
  pool_counted_ = saved->until;
  faded_ = saved->until;
  for (std::size_t i = 0; i < together_.size(); ++i) together_[i].counts = saved->together[i];
  return base::Done{};
}

std::optional<HistoryBook::Running> HistoryBook::running(const domain::Jid& provider) const {
  const auto found = index_.find(provider);
  if (found == index_.end()) return std::nullopt;
  const auto& entry = entries_[found->second];
  if (!entry.presence) return std::nullopt;
  return Running{*entry.presence, entry.since};
}

ProviderRow HistoryBook::row_of(const domain::Jid& provider, std::size_t index) const {
  const auto& entry = entries_[index];
  return {provider, entry.presence, entry.since, entry.zone, history::encode(counts_[index])};
}

std::optional<HistoryBook::Turn> HistoryBook::turn(const domain::Jid& provider, Presence presence, Timestamp at,
                                                   domain::EndReason reason) {
  const auto [found, is_new] = index_.try_emplace(provider, static_cast<std::uint32_t>(entries_.size()));
  if (is_new) {
    entries_.push_back({presence, at, at, {}});
    counts_.emplace_back();
    if (presence == Presence::kUp) ++up_;
    return Turn{row_of(provider, found->second), std::nullopt};
  }
  const std::size_t index = found->second;
  auto& entry = entries_[index];
  if (entry.presence == presence) return std::nullopt;
  at = std::max(at, entry.since);
  Turn turn;
  turn.closed = close(provider, index, at, presence == Presence::kDown, reason);
  if (presence == Presence::kUp) ++up_;
  if (entry.presence == Presence::kUp) {
    --up_;
    note_failure(at);
  }
  entry.presence = presence;
  entry.since = at;
  entry.counted = at;
  turn.row = row_of(provider, index);
  return turn;
}

std::optional<HistoryBook::Turn> HistoryBook::lose_track(const domain::Jid& provider, Timestamp at) {
  const auto found = index_.find(provider);
  if (found == index_.end() || entries_[found->second].presence != Presence::kUp) return std::nullopt;
  const std::size_t index = found->second;
  auto& entry = entries_[index];
  at = std::max(at, entry.since);
  Turn turn;
  turn.closed = close(provider, index, at, false, domain::EndReason::kUnobserved);
  --up_;
  entry.presence.reset();
  entry.since = at;
  turn.row = row_of(provider, index);
  return turn;
}

std::optional<HistoryClosed> HistoryBook::close(const domain::Jid& provider, std::size_t index, Timestamp at,
                                                bool failed, domain::EndReason reason) {
  const auto& entry = entries_[index];
  if (!entry.presence || at <= entry.since) return std::nullopt;
  const Window whole{entry.since, at};
  closed_until_ = std::max(closed_until_, at);
  counts_[index].fade(faded(whole.length()));
  count(index, at, failed);
  const domain::AvailabilityInterval interval{*entry.presence, entry.since, at, static_cast<std::int32_t>(reason)};
  return HistoryClosed{{provider, interval}, history::day_cells({interval}, gaps_within(whole), whole)};
}

std::optional<ProviderRow> HistoryBook::set_zone(const domain::Jid& provider, const std::string& zone) {
  const auto found = index_.find(provider);
  if (found == index_.end() || entries_[found->second].zone == zone || !domain::find_zone(zone)) return std::nullopt;
  entries_[found->second].zone = zone;
  return row_of(provider, found->second);
}

HistoryClosed HistoryBook::import(ClosedInterval interval) const {
  const Window whole{interval.interval.since, *interval.interval.until};
  auto cells = history::day_cells({interval.interval}, gaps_within(whole), whole);
  return {std::move(interval), std::move(cells)};
}

void HistoryBook::look_away(Timestamp at) {
  if (!away_since_) away_since_ = std::max(at, closed_until_);
}

std::optional<Window> HistoryBook::look_again(Timestamp now) {
  const auto since = std::exchange(away_since_, std::nullopt);
  if (!since) return std::nullopt;
  return put_gap({*since, std::max(now, closed_until_)});
}

std::optional<Window> HistoryBook::add_gap(Window gap) {
  gap.since = std::max(gap.since, closed_until_);
  return put_gap(gap);
}

std::optional<Window> HistoryBook::put_gap(Window gap) {
  if (!gaps_.empty()) gap.since = std::max(gap.since, gaps_.back().until);
  if (gap.since >= gap.until) return std::nullopt;
  gaps_.push_back(gap);
  for (auto& each : together_) each.begun = {};  // whose end nobody saw
  return gap;
}

// The one that is open counts as well: what closes now is summed up now.
history::Gaps HistoryBook::gaps_within(const Window& window) const {
  const auto ends_before = [](const Window& gap, Timestamp at) { return gap.until <= at; };
  history::Gaps gaps(std::lower_bound(gaps_.begin(), gaps_.end(), window.since, ends_before), gaps_.end());
  if (away_since_ && *away_since_ < window.until) gaps.push_back({*away_since_, window.until});
  return history::merge(std::move(gaps));
}

// Looks only at what was not counted before, at the true age.
void HistoryBook::count(std::size_t index, Timestamp until, bool ended) {
  auto& entry = entries_[index];
  const Duration moment(1);
  if (ended) entry.counted = std::min(entry.counted, until - moment);  // the end itself was not
  if (entry.presence != Presence::kUp || until <= entry.counted) return;
  history::Intervals intervals{{Presence::kUp, entry.since, until}};
  if (ended) intervals.push_back({Presence::kDown, until, until + moment});
  const Duration east = east_of(entry.zone, until);
  for (auto run : history::up_runs(intervals, gaps_within({entry.counted, until}), {entry.counted, until + moment})) {
    counts_[index].add(run, east);
    run.from = std::max(run.from, pool_counted_);
    if (run.from < run.until) pool_.add(run, east);
  }
  entry.counted = until;
}

double HistoryBook::up_for(const domain::Jid& provider, Duration further, Timestamp now) const {
  double stays = 0;
  up_for(provider, {&further, 1}, now, {&stays, 1});
  return stays;
}

void HistoryBook::up_for(const domain::Jid& provider, std::span<const Duration> further, Timestamp now,
                         std::span<double> stays) const {
  std::ranges::fill(stays, 0);
  const auto found = index_.find(provider);
  if (found == index_.end()) return;
  const auto& entry = entries_[found->second];
  if (entry.presence != Presence::kUp) return;
  const auto age = std::max(now - entry.since, Duration::zero());
  const auto own = model_.of(counts_[found->second]);
  const auto east = east_of(entry.zone, now);
  for (std::size_t i = 0; i < further.size(); ++i) stays[i] = model_.up_for(further[i], own, age, now, east);
}

double HistoryBook::correlation(Duration length) const {
  std::size_t nearest = 0;
  while (nearest + 1 < kWindows.size() && length > kWindows[nearest] * 2) ++nearest;
  return history::failure_correlation(together_[nearest].counts);
}

void HistoryBook::note_failure(Timestamp at) {
  for (auto& each : together_) {
    if (each.begun <= at && each.failed < each.up) ++each.failed;
  }
}

void HistoryBook::pass_windows(Timestamp now) {
  for (std::size_t i = 0; i < together_.size(); ++i) {
    auto& window = together_[i];
    if (now >= window.begun && now - window.begun < kWindows[i]) continue;
    if (window.begun != Timestamp{} && looks()) window.counts.add(window.up, window.failed);
    window = {now, up_, 0, window.counts};
  }
}

Timestamp HistoryBook::next_lesson() const {
  if (entries_.empty()) return Timestamp::max();
  return next_ == 0 ? learned_ + kLearnEvery : learned_;
}

bool HistoryBook::learn_some(Timestamp now) {
  pass_windows(now);
  if (entries_.empty()) return false;
  if (next_ == 0 && now >= learned_ && now - learned_ < kLearnEvery) return false;
  const std::size_t until = std::min(entries_.size(), next_ + kSome);
  for (; next_ < until; ++next_) count(next_, now, false);
  if (next_ < entries_.size()) return false;
  next_ = 0;
  learned_ = now;
  if (now - faded_ >= kFadeEvery) {
    if (faded_ != Timestamp{}) {
      pool_.fade(faded(now - faded_));
      for (auto& each : together_) each.counts.fade(faded(now - faded_));
    }
    faded_ = now;
    forget_old_gaps(now);
  }
  fit();
  return true;
}

void HistoryBook::fit() {
  auto counts = prior();
  counts += pool_;
  model_ = history::PoolModel::fit(counts, counts_);
}

void HistoryBook::forget_old_gaps(Timestamp now) {
  std::erase_if(gaps_, [now](const Window& gap) { return gap.until < now - kGapsKept; });
}

std::string HistoryBook::counts_record(Timestamp now) const {
  history::SavedPoolCounts saved{pool_, {}, now};
  for (std::size_t i = 0; i < together_.size(); ++i) saved.together[i] = together_[i].counts;
  return history::encode(saved);
}

}  // namespace bourse::market
