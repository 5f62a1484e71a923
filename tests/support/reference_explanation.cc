// ReferenceEngine::explain: every offer by itself, told to the explainer as it is.
#include <algorithm>

#include "matching/explainer.h"
#include "support/reference_engine.h"

namespace bourse::matching {

using base::Duration;
using base::Timestamp;

Duration ReferenceEngine::room_for(OfferHandle offer, RequestHandle request, Timestamp from, Timestamp now) const {
  const domain::Resources& taken = lent(offer).content.terms.divisible ? waiting(request).demand : lent(offer).whole;
  std::set<Timestamp> begins;
  for (const auto& [id, booking] : lent(offer).bookings) begins.insert(booking.when.from);
  for (const auto& [owner, held] : holds_) begins.insert(held.when.from);
  begins.insert(from);
  for (const Timestamp at : begins) {
    if (at < from) continue;
    const Free free = free_throughout(offer, {from, at + Duration(1)}, {now, request, true, {}});
    const auto devices = choose(free, taken.gpu_milli());
    if (!devices || !covers(free, taken, *devices)) return at - from;
  }
  return Duration::max();
}

Explanation ReferenceEngine::explain(RequestHandle request, Timestamp now, const Exclusions& excluded) const {
  const Waiting& asked = waiting(request);
  const Timestamp from = std::max(now, asked.content.start.value_or(now));
  const Interval when{from, from + asked.content.duration};
  Explainer explainer(asked.content, now);
  const std::int64_t gpu = explainer.demand().gpu_milli();
  const auto amounts = [&](const Free& free) {
    const std::vector<std::int32_t> devices(free.devices.begin(), free.devices.end());
    std::vector<std::int64_t> list;
    for (const auto& entry : explainer.demand().entries()) {
      const auto found = free.amounts.find(entry.name);
      const std::int64_t amount = found == free.amounts.end() ? 0 : found->second;
      list.push_back(entry.name == domain::kGpu ? givable(devices, gpu) : amount);
    }
    return list;
  };

  for (const auto& [handle, offer] : offers_) {
    const domain::Filter::Source source = [&, about = &offer](std::string_view name) {
      return attribute_of(about->provider, about->content, name);
    };
    Free untouched;
    for (const auto& entry : offer.whole.entries()) untouched.amounts[entry.name] = entry.amount;
    untouched.devices.assign(static_cast<std::size_t>(offer.whole.gpu_milli() / domain::kMilli), domain::kMilli);
    const Free unused = free_throughout(handle, when, {now, request, false, {}, false});
    const Free free = free_throughout(handle, when, {now, request, true, {}});
    const auto whole_amounts = amounts(untouched);
    const auto unused_amounts = amounts(unused);
    const auto free_amounts = amounts(free);

    Explainer::View view;
    view.offer = handle;
    view.whole = whole_amounts;
    view.unused = unused_amounts;
    view.free = free_amounts;
    view.touched = unused.amounts != untouched.amounts;
    view.promised = free.amounts != unused.amounts;
    view.barred = barred_.contains(offer.provider);
    view.excluded = excludes(excluded, handle);
    const auto open_until = offer.schedule.open_until(from);
    if (open_until && from >= offer.content.starts.value_or(from)) {
      const Timestamp until = std::min(*open_until, offer.content.expires.value_or(Timestamp::max()));
      if (until > from) view.open_for = until - from;
    }
    view.room_for = room_for(handle, request, from, now);
    view.source = &source;
    const std::function<std::optional<Timestamp>()> could_serve = [&, handle = handle] {
      return earliest_on(handle, request, now, excluded);
    };
    view.from = &could_serve;
    const bool serves = serves_consumer(offer, asked);
    explainer.add(explainer.judge(offer.content.terms, serves, source), view);
  }
  return explainer.finish();
}

}  // namespace bourse::matching
