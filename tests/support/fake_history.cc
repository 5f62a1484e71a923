// FakeStore's history: what batches write of it and readers ask.
#include <algorithm>

#include "support/fake_store.h"

namespace bourse::test {
namespace {

using domain::AvailabilityInterval;
using history::Window;

template <class A, class B>
bool overlap(const A& a, const B& b) {
  return a.since < b.until && b.since < a.until;
}

Window window_of(const AvailabilityInterval& interval) { return {interval.since, *interval.until}; }

base::Error no_pool(const domain::PoolName& pool) { return {base::Errc::kNotFound, "there is no pool " + pool.value}; }

}  // namespace

std::string FakeStore::apply_history(State& state, const market::Batch& batch) {
  for (const auto& row : batch.providers) state.providers[row.provider.text()].now = row;
  for (const auto& [provider, interval] : batch.closed) {
    const Window window = window_of(interval);
    auto& closed = state.providers[provider.text()].closed;
    if (window.until < window.since) continue;
    if (window.length() > base::Duration::zero() && std::ranges::any_of(closed, [&](const auto& other) {
          return window_of(other).length() > base::Duration::zero() && overlap(window, window_of(other));
        })) {
      return "an interval of " + provider.text() + " overlaps another";
    }
    closed.insert(std::ranges::upper_bound(closed, interval.since, {}, &AvailabilityInterval::since), interval);
  }
  for (const auto& row : batch.hours) {
    auto& sum = state.hours[row.hour];
    sum.hour = row.hour;
    sum.up += row.up;
    sum.down += row.down;
    sum.outages += row.outages;
  }
  for (const auto& gap : batch.gaps) {
    if (gap.until <= gap.since) continue;
    if (std::ranges::any_of(state.gaps, [&](const Window& other) { return overlap(gap, other); })) {
      return "a gap overlaps another";
    }
    state.gaps.insert(std::ranges::upper_bound(state.gaps, gap.since, {}, &Window::since), gap);
  }
  for (const auto& row : batch.loads) state.loads[row.provider.text()] = row;
  if (batch.history_counts) state.history_counts = batch.history_counts;
  return {};
}

void FakeStore::record_gap(Window gap) {
  if (!state_.gaps.empty()) gap.since = std::max(gap.since, state_.gaps.back().until);
  if (gap.since < gap.until) state_.gaps.push_back(gap);
}

base::Status FakeStore::load_history(market::StateLoader& loader) const {
  for (const auto& [name, provider] : state_.providers) {
    if (!provider.now || (!provider.now->presence && provider.now->counts.empty())) continue;
    if (auto taken = loader.on_provider(market::ProviderRow(*provider.now)); !taken.ok()) return taken;
  }
  for (const Window& gap : state_.gaps) {
    if (gap.until <= clock_.now() - std::chrono::hours(24) * 730) continue;
    if (auto taken = loader.on_gap(gap); !taken.ok()) return taken;
  }
  if (!state_.history_counts) return base::Done{};
  return loader.on_history_counts(std::string(*state_.history_counts));
}

// Under the store's lock for as long as it is asked.
class FakeStore::History final : public market::HistorySnapshot {
 public:
  explicit History(const State& state) : state_(state) {}

  base::Result<std::vector<history::Intervals>> intervals(const std::vector<domain::Jid>& providers,
                                                          const Window& window) override {
    std::vector<history::Intervals> all;
    for (const auto& provider : providers) {
      const auto found = state_.providers.find(provider.text());
      if (found == state_.providers.end()) {
        return {base::Errc::kNotFound, "no provider " + provider.text() + " was ever seen in this pool"};
      }
      all.push_back(intervals_of(found->second, window));
    }
    return all;
  }

  history::Gaps gaps(const Window& window) override {
    history::Gaps gaps;
    for (const Window& gap : state_.gaps) {
      const Window part{std::max(gap.since, window.since), std::min(gap.until, window.until)};
      if (part.since < part.until) gaps.push_back(part);
    }
    return gaps;
  }

  std::vector<market::ProviderNow> providers_now(const std::vector<domain::Jid>& providers) override {
    std::vector<market::ProviderNow> all;
    for (const auto& [name, provider] : state_.providers) {
      market::ProviderNow now;
      now.provider = *domain::Jid::parse(name);
      if (!providers.empty() && std::ranges::find(providers, now.provider) == providers.end()) continue;
      if (provider.now) {
        now.zone = provider.now->zone;
        now.presence = provider.now->presence;
        now.since = provider.now->since;
      }
      if (const auto load = state_.loads.find(name); load != state_.loads.end()) {
        now.heard = load->second.heard;
        now.load = load->second.load;
      }
      all.push_back(std::move(now));
    }
    return all;
  }

  std::vector<market::HourRow> hour_sums(std::int64_t since, std::int64_t until) override {
    std::vector<market::HourRow> sums;
    for (const auto& [hour, row] : state_.hours) {
      if (hour >= since && hour < until) sums.push_back(row);
    }
    return sums;
  }

  market::HistoryAccess access(const domain::Jid& provider, const domain::Jid& viewer) override {
    market::HistoryAccess access;
    access.known = state_.providers.contains(provider.text());
    access.lends = std::ranges::any_of(
        state_.offers, [&](const auto& entry) { return entry.second.open && entry.second.provider == provider; });
    access.concerned = viewer == provider || std::ranges::any_of(state_.grants, [&](const auto& entry) {
                         return entry.second.provider == provider && entry.second.consumer == viewer;
                       });
    return access;
  }

 private:
  static history::Intervals intervals_of(const State::Provider& provider, const Window& window) {
    history::Intervals intervals;
    if (window.since >= window.until) return intervals;
    for (auto interval : provider.closed) {
      const bool touches = interval.since == *interval.until
                               ? window.since <= interval.since && interval.since < window.until
                               : overlap(window, window_of(interval));
      if (!touches) continue;
      interval.since = std::max(interval.since, window.since);
      interval.until = std::min(*interval.until, window.until);
      intervals.push_back(interval);
    }
    const auto& now = provider.now;
    if (now && now->presence && now->since < window.until) {
      intervals.push_back({*now->presence, std::max(now->since, window.since), std::nullopt});
    }
    return intervals;
  }

  const State& state_;
};

base::Status FakeStore::history(const domain::PoolName& pool, const AskHistory& ask) {
  const std::lock_guard lock(mutex_);
  if (pool.value != pool_) return no_pool(pool);
  History snapshot(state_);
  ask(snapshot);
  return base::Done{};
}

}  // namespace bourse::test
