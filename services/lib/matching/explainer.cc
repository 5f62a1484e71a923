#include "matching/explainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "domain/filter_node.h"
#include "matching/explanation_text.h"

namespace bourse::matching {
namespace {

using base::Duration;
using base::Timestamp;
using domain::kMilli;
using Node = domain::Filter::Node;

constexpr Obstacle kSingles[] = {Obstacle::kServes,   Obstacle::kLease,  Obstacle::kClosed,
                                 Obstacle::kReserved, Obstacle::kBarred, Obstacle::kExcluded};
// Shorter is no lease anybody means.
constexpr Duration kShortest = std::chrono::minutes(1);

template <class Best, class Value>
void improve(Best& best, Value value, bool better, std::uint64_t offers) {
  if (!best.value || better) best = {value, 0};
  if (*best.value == value) best.offers += offers;
}

bool is_service(const std::string& resource) { return resource.starts_with("service/"); }

}  // namespace

Explainer::Explainer(const domain::Request& request, Timestamp now)
    : request_(request),
      start_(std::max(now, request.start.value_or(now))),
      demand_(domain::demand_of(request)),
      needs_(terms_of(request.needs)),
      less_of_(demand_.entries().size()),
      without_(demand_.entries().size()),
      has_none_(demand_.entries().size()) {
  // One more that is in use than there are resources: of an indivisible offer anything.
  counts_.resize(2 * demand_.entries().size() + 1 + needs_.size() + std::size(kSingles));
}

// Slots -----

Explainer::Slot Explainer::slot(Obstacle obstacle, std::size_t which) const {
  const std::size_t resources = demand_.entries().size();
  if (obstacle == Obstacle::kResource) return static_cast<Slot>(which);
  if (obstacle == Obstacle::kInUse) return static_cast<Slot>(resources + which);
  if (obstacle == Obstacle::kNeeds) return static_cast<Slot>(2 * resources + 1 + which);
  const auto single = std::ranges::find(kSingles, obstacle) - std::begin(kSingles);
  return static_cast<Slot>(2 * resources + 1 + needs_.size() + static_cast<std::size_t>(single));
}

Obstacle Explainer::obstacle_of(Slot slot) const {
  const std::size_t resources = demand_.entries().size();
  if (slot < resources) return Obstacle::kResource;
  if (slot < 2 * resources + 1) return Obstacle::kInUse;
  if (slot < 2 * resources + 1 + needs_.size()) return Obstacle::kNeeds;
  return kSingles[slot - (2 * resources + 1 + needs_.size())];
}

std::string Explainer::what(Slot slot) const {
  const std::size_t resources = demand_.entries().size();
  if (slot < resources) return demand_.entries()[slot].name;
  if (slot < 2 * resources) return demand_.entries()[slot - resources].name;
  if (obstacle_of(slot) == Obstacle::kNeeds) return needs_[slot - 2 * resources - 1].text();
  return {};
}

bool Explainer::all_obstacles(std::initializer_list<Obstacle> among) const {
  return std::ranges::all_of(found_,
                             [&](Slot one) { return std::ranges::find(among, obstacle_of(one)) != among.end(); });
}

// Offers -----

Explainer::Profile Explainer::judge(const domain::Terms& terms, bool serves, const CommonSource& source) const {
  Profile profile{terms, serves, {}, {}};
  for (std::uint32_t term = 0; term < needs_.size(); ++term) {
    bool differs = false;
    const bool accepted = needs_[term].accepts([&](std::string_view name) -> std::vector<domain::AttributeValue> {
      auto values = source(name);
      if (!values) differs = true;
      return values ? std::move(*values) : std::vector<domain::AttributeValue>{};
    });
    if (differs) {
      profile.undecided.push_back(term);
    } else if (!accepted) {
      profile.refused.push_back(term);
    }
  }
  return profile;
}

void Explainer::find_obstacles(const Profile& profile, const View& view) {
  found_.clear();
  short_of_.clear();
  const auto& entries = demand_.entries();
  const bool divisible = profile.terms.divisible;
  bool reserved = !divisible && view.promised;
  for (std::uint32_t r = 0; r < entries.size(); ++r) {
    const std::int64_t needed = entries[r].amount;
    if (view.whole[r] < needed) {
      found_.push_back(slot(Obstacle::kResource, r));
    } else if (divisible && view.unused[r] < needed) {
      found_.push_back(slot(Obstacle::kInUse, r));
    } else if (divisible && view.free[r] < needed) {
      reserved = true;
    }
    if (view.whole[r] < needed || (divisible && view.free[r] < needed)) short_of_.push_back(r);
  }
  if (!divisible && view.touched) found_.push_back(slot(Obstacle::kInUse, entries.size()));
  for (const std::uint32_t term : profile.refused) found_.push_back(slot(Obstacle::kNeeds, term));
  for (const std::uint32_t term : profile.undecided) {
    if (!needs_[term].accepts(*view.source)) found_.push_back(slot(Obstacle::kNeeds, term));
  }
  const domain::Terms& terms = profile.terms;
  if (!profile.serves) found_.push_back(slot(Obstacle::kServes));
  if (request_.duration < terms.min_lease.value_or(Duration::min()) ||
      request_.duration > terms.max_lease.value_or(Duration::max())) {
    found_.push_back(slot(Obstacle::kLease));
  }
  if (!view.open_for || *view.open_for < request_.duration) found_.push_back(slot(Obstacle::kClosed));
  if (reserved) found_.push_back(slot(Obstacle::kReserved));
  if (view.barred || terms.drain) found_.push_back(slot(Obstacle::kBarred));
  if (view.excluded) found_.push_back(slot(Obstacle::kExcluded));
}

void Explainer::add(const Profile& profile, const View& view) {
  BOURSE_CHECK(view.source != nullptr && view.whole.size() == demand_.entries().size());
  BOURSE_CHECK(view.unused.size() == view.whole.size() && view.free.size() == view.whole.size());
  offers_ += view.offers;
  find_obstacles(profile, view);
  if (found_.empty()) {
    fitting_ += view.offers;
    return;
  }
  for (const Slot one : found_) {
    counts_[one].offers += view.offers;
    if (found_.size() == 1) counts_[one].alone += view.offers;
  }
  find_changes(profile, view);
  consider_nearest(profile, view);
}

// Changes -----

void Explainer::find_changes(const Profile& profile, const View& view) {
  if (short_of_.size() == 1 && all_obstacles({Obstacle::kResource, Obstacle::kInUse, Obstacle::kReserved}) &&
      (profile.terms.divisible || (!view.touched && !view.promised))) {
    consider_resource(view);
  }
  if (all_obstacles({Obstacle::kLease, Obstacle::kClosed, Obstacle::kReserved})) consider_lease(profile, view);
  if (all_obstacles({Obstacle::kInUse, Obstacle::kClosed, Obstacle::kReserved})) consider_start(view);
}

void Explainer::consider_resource(const View& view) {
  const std::uint32_t r = short_of_.front();
  const std::int64_t amount = std::min(view.whole[r], view.free[r]);
  without_[r] += view.offers;
  if (amount <= 0) {
    has_none_[r] += view.offers;
    return;
  }
  improve(less_of_[r], amount, less_of_[r].value && amount > *less_of_[r].value, view.offers);
}

void Explainer::consider_lease(const Profile& profile, const View& view) {
  if (!view.open_for) return;
  const Duration least = profile.terms.min_lease.value_or(Duration::zero());
  const Duration room = std::min(*view.open_for, view.room_for);
  const Duration most = std::min(room, profile.terms.max_lease.value_or(Duration::max()));
  if (least > request_.duration) {
    if (least <= most) improve(longer_, least, longer_.value && least < *longer_.value, view.offers);
    return;
  }
  // Time goes on while somebody reads this.
  const Duration shorter = std::chrono::floor<std::chrono::minutes>(most);
  if (shorter < std::max(least, kShortest) || shorter >= request_.duration) return;
  improve(shorter_, shorter, shorter_.value && shorter > *shorter_.value, view.offers);
}

void Explainer::consider_start(const View& view) {
  if (view.from == nullptr || asked_from_ >= kMostAskedFrom) return;
  ++asked_from_;
  const auto from = (*view.from)();
  if (!from || *from <= start_ || *from - start_ > domain::kMaxAhead) return;
  const bool better = later_.value && *from < *later_.value;
  const bool opens = std::ranges::find(found_, slot(Obstacle::kClosed)) != found_.end();
  if (!later_.value || better) later_opens_ = opens;
  improve(later_, *from, better, view.offers);
}

// Nearest -----

double Explainer::severity(Slot one, const Profile& profile, const View& view) const {
  const auto part = [](auto lacks, auto asked) { return static_cast<double>(lacks) / static_cast<double>(asked); };
  const std::size_t resources = demand_.entries().size();
  switch (obstacle_of(one)) {
    case Obstacle::kResource:
      return part(demand_.entries()[one].amount - view.whole[one], demand_.entries()[one].amount);
    case Obstacle::kInUse: {
      const std::size_t r = one - resources;
      if (r == resources) return 1;
      const std::int64_t asked = demand_.entries()[r].amount;
      return part(asked - std::clamp<std::int64_t>(view.unused[r], 0, asked), asked);
    }
    case Obstacle::kLease: {
      const Duration most = profile.terms.max_lease.value_or(Duration::max());
      if (request_.duration > most) return part((request_.duration - most).count(), request_.duration.count());
      return 1;
    }
    case Obstacle::kServes:
    case Obstacle::kBarred:
      return 2;  // whoever asks can do nothing about it
    case Obstacle::kNeeds:
    case Obstacle::kClosed:
    case Obstacle::kReserved:
    case Obstacle::kExcluded:
      return 1;
  }
  BOURSE_CHECK(false && "an obstacle of no kind");
  return 0;
}

void Explainer::consider_nearest(const Profile& profile, const View& view) {
  const auto key = [](const Near& near) { return std::tuple(near.lacks, near.severity, near.miss.offer); };
  Near near{found_.size(), 0, {view.offer, {}, {}}};
  const bool full = nearest_.size() == Explanation::kMostMisses;
  if (full && near.lacks > nearest_.back().lacks) return;
  for (const Slot one : found_) near.severity += severity(one, profile, view);
  if (full && !(key(near) < key(nearest_.back()))) return;
  for (const Slot one : found_) near.miss.lacks.push_back(describe(one, profile, view));
  if (view.from != nullptr && all_obstacles({Obstacle::kInUse, Obstacle::kClosed, Obstacle::kReserved})) {
    near.miss.from = (*view.from)();
  }
  if (full) nearest_.pop_back();
  nearest_.insert(std::ranges::upper_bound(nearest_, key(near), {}, key), std::move(near));
}

std::string Explainer::describe_term(const domain::Filter& term, const View& view) const {
  const Node& node = *term.root();
  if (node.kind == Node::Kind::kAnd || node.kind == Node::Kind::kOr || node.kind == Node::Kind::kNot) {
    return term.text() + " is not true of it";
  }
  const auto values = (*view.source)(node.attribute);
  return fmt::format("{}: {} {}", term.text(), node.attribute,
                     values.empty() ? "is not there" : "is " + texts_of(values));
}

std::string Explainer::describe(Slot one, const Profile& profile, const View& view) const {
  const std::size_t resources = demand_.entries().size();
  const domain::Terms& terms = profile.terms;
  const auto amount = [](const std::string& resource, std::int64_t of) { return quantity_text(resource, of); };
  switch (obstacle_of(one)) {
    case Obstacle::kResource: {
      const auto& [name, needed] = demand_.entries()[one];
      return fmt::format("{}: has {}, needs {}", name, amount(name, view.whole[one]), amount(name, needed));
    }
    case Obstacle::kInUse: {
      const std::size_t r = one - resources;
      if (r == resources) return "it is lent as a whole, and in use";
      const auto& [name, needed] = demand_.entries()[r];
      return fmt::format("{}: {} of {} free, needs {}", name, amount(name, view.unused[r]), amount(name, view.whole[r]),
                         amount(name, needed));
    }
    case Obstacle::kNeeds:
      return describe_term(needs_[one - 2 * resources - 1], view);
    case Obstacle::kServes:
      return "serves others only";
    case Obstacle::kLease:
      if (terms.max_lease && request_.duration > *terms.max_lease) {
        return fmt::format("lends for {} at most, needs {}", duration_text(*terms.max_lease),
                           duration_text(request_.duration));
      }
      return fmt::format("lends for {} at least, needs {}", duration_text(terms.min_lease.value_or(Duration::zero())),
                         duration_text(request_.duration));
    case Obstacle::kClosed:
      if (!view.open_for) return "is closed then";
      return fmt::format("closes after {}, needs {}", duration_text(*view.open_for), duration_text(request_.duration));
    case Obstacle::kReserved:
      return "is reserved or held for others in that time";
    case Obstacle::kBarred:
      return terms.drain ? "takes no new grants (drain)" : "its provider gets no new grants at present";
    case Obstacle::kExcluded:
      return "another grant must be kept apart from it, or it took one of these back";
  }
  BOURSE_CHECK(false && "an obstacle of no kind");
  return {};
}

// The end -----

std::vector<std::string> Explainer::changes() const {
  std::vector<std::pair<std::uint64_t, std::string>> all;
  const auto add = [&](std::uint64_t offers, const std::string& text) {
    if (offers > 0) all.emplace_back(offers, fmt::format("{} ({} offer{})", text, offers, offers == 1 ? "" : "s"));
  };
  const auto& entries = demand_.entries();
  for (std::size_t r = 0; r < entries.size(); ++r) {
    const auto& [name, needed] = entries[r];
    if (less_of_[r].value) {
      add(less_of_[r].offers, fmt::format("ask for {} {} instead of {}", name, quantity_text(name, *less_of_[r].value),
                                          quantity_text(name, needed)));
    }
    if (has_none_[r] > 0 && entries.size() > 1) {
      add(without_[r], is_service(name) ? fmt::format("leave out the service {}", name.substr(sizeof "service/" - 1))
                                        : fmt::format("leave out {}", name));
    }
  }
  for (std::size_t term = 0; term < needs_.size(); ++term) {
    add(counts_[slot(Obstacle::kNeeds, term)].alone, "leave out " + needs_[term].text());
  }
  for (const auto& lease : {shorter_, longer_}) {
    if (!lease.value) continue;
    add(lease.offers,
        fmt::format("a lease of {} instead of {}", duration_text(*lease.value), duration_text(request_.duration)));
  }
  if (later_.value) {
    add(later_.offers,
        fmt::format("start at {}, when it {}", time_text(*later_.value), later_opens_ ? "opens" : "is free again"));
  }
  if (!request_.spread.empty() || !request_.apart.empty()) {
    add(counts_[slot(Obstacle::kExcluded)].alone, "leave out spread and apart");
  }
  std::ranges::stable_sort(all, std::greater(), [](const auto& one) { return one.first; });
  std::vector<std::string> texts;
  for (auto& [offers, text] : all) {
    if (texts.size() < kMostChanges) texts.push_back(std::move(text));
  }
  return texts;
}

Explanation Explainer::finish() const {
  Explanation explanation;
  explanation.offers = offers_;
  explanation.fitting = fitting_;
  for (Slot one = 0; one < counts_.size(); ++one) {
    if (counts_[one].offers == 0) continue;
    explanation.rejections.push_back({obstacle_of(one), what(one), counts_[one].offers, counts_[one].alone});
  }
  std::ranges::stable_sort(explanation.rejections, std::greater(),
                           [](const Rejection& one) { return std::pair(one.alone, one.offers); });
  for (const Near& near : nearest_) explanation.nearest.push_back(near.miss);
  explanation.changes = changes();
  return explanation;
}

// Parts -----

std::int64_t givable(std::span<const std::int32_t> free, std::int64_t gpu_milli) {
  if (gpu_milli > kMilli && gpu_milli % kMilli != 0) return 0;
  if (gpu_milli >= kMilli) return std::ranges::count(free, static_cast<std::int32_t>(kMilli)) * kMilli;
  return free.empty() ? 0 : std::max(0, std::ranges::max(free));
}

std::vector<domain::Filter> terms_of(const domain::Filter& filter) {
  if (filter.empty()) return {};
  if (filter.root()->kind != Node::Kind::kAnd) return {filter};
  // Parentheses inside values are escaped, so those there are show the structure.
  const std::string& text = filter.text();
  std::vector<domain::Filter> terms;
  std::size_t depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(' && ++depth == 2) begin = i;
    if (text[i] != ')' || depth-- != 2) continue;
    const auto term = domain::Filter::parse(std::string_view(text).substr(begin, i + 1 - begin));
    BOURSE_CHECK(term.ok());
    for (domain::Filter& inner : terms_of(term.value())) terms.push_back(std::move(inner));
  }
  return terms;
}

}  // namespace bourse::matching
