// The index against the plainest engine there is, on random markets: every change is made to both, every question is
// asked of both.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "matching/index_engine.h"
#include "support/reference_engine.h"
#include "unit/matching/market_builder.h"

namespace bourse::matching {
namespace {

using base::Duration;
using base::Timestamp;
using domain::DeviceShare;
using std::chrono::hours;
using testing::jid;

constexpr OfferHandle kOffers = 10;
constexpr RequestHandle kRequests = 10;

template <class T>
T one_of(const std::vector<T>& values) {
  return *rc::gen::elementOf(values);
}
bool one_in(int n) { return *rc::gen::inRange(0, n) == 0; }

const std::vector<std::string> kProviders = {"p1@a.org", "p2@a.org", "p1@b.org", "p3@b.org"};
const std::vector<std::string> kNeeds = {"",
                                         "",
                                         "(arch=x86_64)",
                                         "(!(arch=x86_64))",
                                         "(cpu>=3)",
                                         "(&(arch=*)(memory<=2147483648))",
                                         "(&(arch=x86_64)(cpu>=2))",
                                         "(|(arch=x86_64)(!(cpu>=2)))",
                                         "(gpu>=2)",
                                         "(gpu.model=V100)",
                                         "(rack>=2)",
                                         "(!(rack=2))",
                                         "(domain=a.org)",
                                         "(provider=*)",
                                         "(|(provider=p1@b.org)(arch=arm64))",
                                         "(!(fpga=1))",
                                         "(!(fpga=*))",
                                         "(service=blast)",
                                         "(service.blast>=2.10)"};
const std::vector<std::string> kServes = {
    "", "", "", "(domain=c.edu)", "(!(jid=c2@d.edu))", "(group=x)", "(!(group=y))"};
const std::vector<std::string> kPrefers = {"best-fit", "best-fit",       "availability",
                                           "fastest",  "2*speed - rack", "cpu + speed"};

domain::Offer random_offer(Timestamp now) {
  domain::Offer offer;
  const auto add = [&](const char* name, std::int64_t amount) {
    if (amount > 0) RC_ASSERT(offer.resources.add(name, amount).ok());
  };
  add("cpu", *rc::gen::inRange<std::int64_t>(0, 5) * 1000);
  add("memory", *rc::gen::inRange<std::int64_t>(0, 4) << 30);
  add("gpu", one_of<std::int64_t>({0, 0, 1000, 2000, 3000}));
  add("fpga", *rc::gen::inRange<std::int64_t>(0, 2) * 1000);
  add(one_of<const char*>({"tape", "hpu"}), *rc::gen::inRange<std::int64_t>(0, 2) * 1000);
  if (one_in(4))
    offer.services.push_back({"blast", one_of<std::string>({"2.9", "2.14"}), {}, one_of<std::uint32_t>({0, 1, 2})});
  if (offer.resources.empty() && offer.services.empty()) add("cpu", 1000);
  if (offer.resources.gpu_milli() > 0) offer.gpu_model = one_of<std::string>({"", "V100", "T4"});
  const auto arch = one_of<std::string>({"", "x86_64", "arm64"});
  if (!arch.empty()) offer = testing::with(offer, "arch", arch);
  if (one_in(2)) offer = testing::with(offer, "rack", std::to_string(*rc::gen::inRange(1, 4)));
  if (one_in(2)) offer = testing::with(offer, "speed", std::to_string(*rc::gen::inRange(1, 4)));
  offer.terms.divisible = !one_in(4);
  offer.terms.drain = one_in(12);
  if (one_in(4)) offer.terms.min_lease = hours(2);
  if (one_in(4)) offer.terms.max_lease = hours(3);
  if (one_in(4)) {
    offer.schedule.text =
        one_of<std::string>({"08:00-18:00", "Mon-Fri 18:00-08:00, Sat-Sun", "Tue", "Mon 10:00-13:00"});
    offer.schedule.zone = one_of<std::string>({"", "Europe/Berlin"});
  }
  if (one_in(5)) offer.starts = now + hours(*rc::gen::inRange(-5, 30));
  if (one_in(5)) offer.expires = std::max(now, offer.starts.value_or(now)) + hours(*rc::gen::inRange(1, 30));
  offer.serves = testing::filter(one_of(kServes));
  return offer;
}

domain::Request random_request(Timestamp now) {
  domain::Request request;
  const auto add = [&](const char* name, std::int64_t amount) {
    if (amount > 0) RC_ASSERT(request.resources.add(name, amount).ok());
  };
  add("gpu", one_of<std::int64_t>({0, 0, 0, 250, 600, 700, 1000, 2000, 1500}));
  if (request.resources.gpu_milli() == 0 || one_in(2)) {
    add("cpu", *rc::gen::inRange<std::int64_t>(0, 7) * 500);
    add("memory", *rc::gen::inRange<std::int64_t>(0, 4) << 29);
    add("fpga", one_in(6) ? 1000 : 0);
    add("tape", one_in(6) ? 1000 : 0);
  }
  if (one_in(6)) request.services = {"blast"};
  if (request.resources.empty() && request.services.empty()) add("cpu", 1);
  request.needs = testing::filter(one_of(kNeeds));
  request.prefers = domain::Preference::parse(one_of(kPrefers)).value();
  request.duration = hours(*rc::gen::inRange(1, 5));
  request.priority = *rc::gen::inRange(-1, 2);
  if (one_in(4)) request.start = now + hours(*rc::gen::inRange(-3, 20));
  return request;
}

class Market {
 public:
  void put_offer() {
    const auto handle = *rc::gen::inRange<OfferHandle>(0, kOffers);
    const domain::Jid provider = jid(one_of(kProviders));
    auto offer = random_offer(now_);
    if (!offers_.empty() && one_in(2)) {  // the same machine again, or nearly
      const auto amounts = offer.resources;
      offer = reference_.content(random(offers_));
      if (one_in(2) && offer.resources.gpu_milli() == 0 && amounts.gpu_milli() == 0) offer.resources = amounts;
      if (offer.resources.empty() && offer.services.empty()) return;
    }
    both([&](Engine& engine) { engine.put_offer(handle, provider, offer); });
    offers_.insert(handle);
    std::erase_if(bookings_, [&](const auto& booking) { return booking.second == handle; });
  }

  void remove_offer() {
    if (offers_.empty()) return;
    const OfferHandle handle = random(offers_);
    both([&](Engine& engine) { engine.remove_offer(handle); });
    offers_.erase(handle);
    std::erase_if(bookings_, [&](const auto& booking) { return booking.second == handle; });
  }

  void put_request() {
    const auto handle = *rc::gen::inRange<RequestHandle>(0, kRequests);
    domain::Request request = random_request(now_);
    auto consumer = jid(one_of<std::string>({"c1@c.edu", "c2@d.edu"}));
    auto groups = one_of<std::vector<std::string>>({{}, {"x"}, {"x", "y"}});
    if (!asked_.empty() && one_in(2)) {  // nearly or wholly as another one
      const auto& other = asked_.at(random(asked_));
      const int same = *rc::gen::inRange(0, 4);
      request.resources = other.content.resources;
      request.services = other.content.services;
      request.start = other.content.start;
      if (same != 1) request.needs = other.content.needs;
      if (same != 2) request.duration = other.content.duration;
      if (same != 3) std::tie(consumer, groups) = std::tie(other.consumer, other.groups);
    }
    const std::uint64_t order = next_order_++;
    both([&](Engine& engine) { engine.put_request(handle, order, consumer, groups, request); });
    asked_[handle] = {consumer, groups, request, order};
  }

  void remove_request() {
    if (asked_.empty()) return;
    const RequestHandle handle = random(asked_);
    both([&](Engine& engine) { engine.remove_request(handle); });
    asked_.erase(handle);
  }

  void grant() {
    if (asked_.empty()) return;
    const RequestHandle handle = random(asked_);
    const auto placement = index_.best(handle, now_, {});
    if (!placement) return;
    const auto& content = asked_.at(handle).content;
    const Timestamp from = std::max(now_, content.start.value_or(now_));
    const bool fits = book(
        placement->offer, {{}, placement->resources, placement->devices, {from, from + content.duration}, from > now_});
    RC_ASSERT(fits);
  }

  void book_at_random() {
    if (offers_.empty()) return;
    const OfferHandle handle = random(offers_);
    const domain::Resources whole = domain::capacity_of(reference_.content(handle));
    Booking booking;
    for (const auto& entry : whole.entries()) {
      const std::int64_t amount = entry.name == domain::kGpu ? one_of<std::int64_t>({0, 1000, 400}) : entry.amount / 2;
      if (amount > 0 && !one_in(3)) RC_ASSERT(booking.resources.add(entry.name, amount).ok());
    }
    const std::int64_t gpu = booking.resources.gpu_milli();
    if (gpu > 0) booking.devices.push_back({*rc::gen::inRange<std::uint16_t>(0, 4), one_in(8) ? gpu / 2 : gpu});
    if (one_in(10)) RC_ASSERT(booking.resources.add("nothing", 1).ok());
    const Timestamp from = now_ + hours(*rc::gen::inRange(-2, 12));
    booking.when = {from, from + hours(*rc::gen::inRange(1, 6))};
    booking.ahead = !one_in(3);
    (void)book(handle, booking);
  }

  void give_back() {
    if (bookings_.empty()) return;
    const BookingId id = random(bookings_);
    const OfferHandle offer = bookings_.at(id);
    both([&](Engine& engine) { engine.give_back(offer, id); });
    bookings_.erase(id);
  }

  void begin() {
    if (bookings_.empty()) return;
    const BookingId id = random(bookings_);
    const OfferHandle offer = bookings_.at(id);
    const bool begun = reference_.begin(offer, id);
    RC_ASSERT(index_.begin(offer, id) == begun);
  }

  void prolong() {
    if (bookings_.empty()) return;
    const BookingId id = random(bookings_);
    const OfferHandle offer = bookings_.at(id);
    const Timestamp until = now_ + hours(*rc::gen::inRange(1, 10));
    const bool prolonged = reference_.prolong(offer, id, until, now_);
    RC_ASSERT(index_.prolong(offer, id, until, now_) == prolonged);
  }

  void hold() {
    if (asked_.empty()) return;
    const RequestHandle handle = random(asked_);
    const Exclusions excluded = random_exclusions();
    const auto expected = reference_.hold(handle, now_, excluded);
    const auto hold = index_.hold(handle, now_, excluded);
    RC_ASSERT(hold.has_value() == expected.has_value());
    if (!hold) return;
    RC_ASSERT(hold->from == expected->from);
    RC_ASSERT(hold->offer == expected->offer);
  }

  void hold_another() {
    if (asked_.empty()) return;
    const RequestHandle handle = random(asked_);
    const Exclusions excluded = random_exclusions();
    const Timestamp from = now_ + hours(*rc::gen::inRange(0, 12));
    const auto expected = reference_.hold_another(handle, from, now_, excluded);
    const auto hold = index_.hold_another(handle, from, now_, excluded);
    RC_ASSERT(hold.has_value() == expected.has_value());
    if (!hold) return;
    RC_ASSERT(hold->from == expected->from);
    RC_ASSERT(hold->offer == expected->offer);
  }

  void say_of_provider() {
    const domain::Jid provider = jid(one_of(kProviders));
    if (one_in(2)) {
      const bool barred = one_in(2);
      both([&](Engine& engine) { engine.bar(provider, barred); });
    } else {
      Engine::Availability rates{};
      for (double& rate : rates) rate = one_of<double>({0, 0.5, 0.875, 1, -1});
      both([&](Engine& engine) { engine.rate(provider, rates); });
    }
  }

  void pass_time() {
    now_ += one_of<Duration>({hours(1), hours(5), std::chrono::minutes(7), hours(40), -std::chrono::minutes(50)});
    const bool opened = reference_.advance(now_);
    RC_ASSERT(index_.advance(now_) == opened);
  }

  void check() {
    RC_ASSERT(index_.heads() == reference_.heads());
    RC_ASSERT(index_.next_opening() == reference_.next_opening());
    for (const char* const name : {"cpu", "gpu", "service/blast", "none"}) {
      RC_ASSERT(index_.capacity(name) == reference_.capacity(name));
    }
    for (const OfferHandle offer : offers_) {
      RC_ASSERT(index_.wakes(offer, now_) == reference_.wakes(offer, now_));
      RC_ASSERT(index_.content(offer) == reference_.content(offer));
      for (const char* const name : {"arch", "rack", "cpu", "memory", "provider", "domain", "service", "none"}) {
        RC_ASSERT(index_.values(offer, name) == reference_.values(offer, name));
      }
    }
    for (const auto& [request, asked] : asked_) {
      RC_ASSERT(index_.next_in_queue(request) == reference_.next_in_queue(request));
      const auto held = index_.held_for(request);
      const auto expected = reference_.held_for(request);
      RC_ASSERT(held.has_value() == expected.has_value());
      if (held) RC_ASSERT(held->offer == expected->offer && held->from == expected->from);
      check_best(request, asked.content, {});
      check_best(request, asked.content, random_exclusions());
    }
  }

 private:
  struct Asked {
    domain::Jid consumer;
    std::vector<std::string> groups;
    domain::Request content;
    std::uint64_t order = 0;
  };

  template <class Change>
  void both(Change change) {
    change(index_);
    change(reference_);
  }

  static OfferHandle random(const std::set<OfferHandle>& set) { return *std::next(set.begin(), place(set.size())); }
  template <class Key, class Value>
  static Key random(const std::map<Key, Value>& map) {
    return std::next(map.begin(), place(map.size()))->first;
  }
  static std::ptrdiff_t place(std::size_t size) {
    return *rc::gen::inRange<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(size));
  }

  static Exclusions random_exclusions() {
    Exclusions excluded;
    if (one_in(3)) excluded.providers.push_back(jid(one_of(kProviders)));
    if (one_in(4)) excluded.domains.push_back("a.org");
    if (one_in(4)) {
      excluded.values.push_back(
          {one_of<std::string>({"rack", "arch", "provider", "cpu"}), one_of<std::string>({"", "2", "arm64"})});
    }
    return excluded;
  }

  bool book(OfferHandle offer, Booking booking) {
    booking.id = BookingId{next_booking_++};
    const bool fits = reference_.book(offer, booking);
    RC_ASSERT(index_.book(offer, booking) == fits);
    if (fits) bookings_[booking.id] = offer;
    return fits;
  }

  void check_best(RequestHandle request, const domain::Request& asked, const Exclusions& excluded) const {
    const auto best = index_.best(request, now_, excluded);
    const auto expected = reference_.best(request, now_, excluded);
    RC_ASSERT(best.has_value() == expected.has_value());
    const bool barren = !index_.best(request, now_, excluded).has_value();  // asked again: notes must not change it
    RC_ASSERT(barren == !best.has_value());
    if (!best) return;
    RC_ASSERT(reference_.feasible(request, *best, now_, excluded));
    RC_ASSERT(std::abs(reference_.score(request, best->offer) - reference_.score(request, expected->offer)) < 1e-9);
    const bool by_fragmentation = reference_.capacity(std::string(domain::kGpu)) > 0 &&
                                  asked.prefers.kind() == domain::Preference::Kind::kBestFit;
    if (by_fragmentation) return;
    RC_ASSERT(std::abs(reference_.left_over(request, best->offer, now_) -
                       reference_.left_over(request, expected->offer, now_)) < 1e-9);
    RC_ASSERT(best->offer == expected->offer);
    RC_ASSERT(best->resources == expected->resources);
  }

  IndexEngine index_;
  ReferenceEngine reference_;
  Timestamp now_{std::chrono::sys_days{std::chrono::year{2026} / 3 / 27} + hours(9)};  // clocks change on the 29th
  std::set<OfferHandle> offers_;
  std::map<RequestHandle, Asked> asked_;
  std::map<BookingId, OfferHandle> bookings_;
  std::uint64_t next_order_ = 1;
  std::uint64_t next_booking_ = 1;
};

RC_GTEST_PROP(OracleTest, TheIndexDecidesAsTheReference, ()) {
  Market market;
  const auto steps = *rc::gen::inRange(1, 60);
  for (int i = 0; i < steps; ++i) {
    switch (*rc::gen::weightedElement<int>(
        {{6, 0}, {1, 1}, {6, 2}, {1, 3}, {5, 4}, {3, 5}, {2, 6}, {1, 7}, {1, 8}, {1, 9}, {1, 10}, {2, 11}, {1, 12}})) {
      case 0:
        market.put_offer();
        break;
      case 1:
        market.remove_offer();
        break;
      case 2:
        market.put_request();
        break;
      case 3:
        market.remove_request();
        break;
      case 4:
        market.grant();
        break;
      case 5:
        market.book_at_random();
        break;
      case 6:
        market.give_back();
        break;
      case 7:
        market.begin();
        break;
      case 8:
        market.prolong();
        break;
      case 9:
        market.hold();
        break;
      case 10:
        market.say_of_provider();
        break;
      case 11:
        market.pass_time();
        break;
      default:
        market.hold_another();
        break;
    }
    market.check();
  }
}

}  // namespace
}  // namespace bourse::matching
