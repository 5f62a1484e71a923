// Purpose: makes an Explanation for one request out of what is known of each offer: which of the things it asks for
//   rule the offer out, which offers come nearest, and which one change would get it served. What is the same of
//   many offers is judged once for all of them.
// Lifetime: for one question; borrows the request. Threads: none.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "domain/offer.h"
#include "domain/request.h"
#include "matching/calendar.h"
#include "matching/explanation.h"

namespace bourse::matching {

class Explainer {
 public:
  // Of the values that all offers of a profile have in common; nothing where they differ among them (amounts,
  // provider).
  using CommonSource = std::function<std::optional<std::vector<domain::AttributeValue>>(std::string_view name)>;

  // Offers with equal terms, serves and attributes.
  struct Profile {
    domain::Terms terms;
    bool serves = true;
    std::vector<std::uint32_t> refused;    // terms of <needs/> that are not true of any of them
    std::vector<std::uint32_t> undecided;  // that each must be asked for
  };

  // One offer, or several that differ in nothing. "Then": throughout a lease as it was asked for, from now or from its
  // start.
  struct View {
    std::uint32_t offer = 0;   // OfferHandle
    std::uint64_t offers = 1;  // so many are like it
    // Per entry of demand(); of gpu what devices can give at once (givable()).
    Amounts whole;   // when nothing is taken
    Amounts unused;  // … less what is in use then
    Amounts free;    // … less what is reserved or held for others, too
    // Of an indivisible offer: something of it, whatever it is.
    bool touched = false;   // is in use then
    bool promised = false;  // is reserved or held for others
    bool barred = false;    // its provider is
    bool excluded = false;
    std::optional<base::Duration> open_for;  // from when the lease would begin; nothing: closed then
    // From then until reservations are in the way; as good as for ever where none is.
    base::Duration room_for = base::Duration::max();
    const domain::Filter::Source* source = nullptr;  // everything filters may ask of it
    // When it could serve, nothing changed; asked of few. Null: cannot be told.
    const std::function<std::optional<base::Timestamp>()>* from = nullptr;
  };

  Explainer(const domain::Request& request, base::Timestamp now);

  [[nodiscard]] const domain::Resources& demand() const { return demand_; }
  [[nodiscard]] const std::vector<domain::Filter>& needs() const { return needs_; }

  [[nodiscard]] Profile judge(const domain::Terms& terms, bool serves, const CommonSource& source) const;
  void add(const Profile& profile, const View& view);
  [[nodiscard]] Explanation finish() const;

  static constexpr std::size_t kMostChanges = 12;
  static constexpr std::size_t kMostAskedFrom =
      2048;  // offers that are asked when they could serve, beside the nearest

 private:
  // Things that rule offers out, numbered: two a resource, one a term of <needs/>, then one of each of the rest.
  using Slot = std::uint32_t;
  struct Count {
    std::uint64_t offers = 0;
    std::uint64_t alone = 0;
  };
  // Offers that one change would make serve, with as little of it as possible.
  template <class Value>
  struct Best {
    std::optional<Value> value;
    std::uint64_t offers = 0;
  };
  struct Near {
    std::size_t lacks = 0;
    double severity = 0;
    Miss miss;
  };

  [[nodiscard]] Slot slot(Obstacle obstacle, std::size_t which = 0) const;
  [[nodiscard]] Obstacle obstacle_of(Slot slot) const;
  [[nodiscard]] std::string what(Slot slot) const;
  void find_obstacles(const Profile& profile, const View& view);
  void find_changes(const Profile& profile, const View& view);
  void consider_resource(const View& view);
  void consider_lease(const Profile& profile, const View& view);
  void consider_start(const View& view);
  void consider_nearest(const Profile& profile, const View& view);
  [[nodiscard]] double severity(Slot slot, const Profile& profile, const View& view) const;
  [[nodiscard]] std::string describe(Slot slot, const Profile& profile, const View& view) const;
  [[nodiscard]] std::string describe_term(const domain::Filter& term, const View& view) const;
  [[nodiscard]] bool all_obstacles(std::initializer_list<Obstacle> among) const;
  [[nodiscard]] std::vector<std::string> changes() const;

  const domain::Request& request_;
  base::Timestamp start_;
  domain::Resources demand_;
  std::vector<domain::Filter> needs_;  // the terms of its outermost AND

  std::uint64_t offers_ = 0;
  std::uint64_t fitting_ = 0;
  std::vector<Count> counts_;  // by slot
  std::vector<Near> nearest_;
  std::vector<Best<std::int64_t>> less_of_;  // per resource: the most one could have
  std::vector<std::uint64_t> without_;       // per resource: offers that would do if it were left out
  std::vector<std::uint64_t> has_none_;      // … of these, that can give none of it
  Best<base::Duration> shorter_;
  Best<base::Duration> longer_;
  Best<base::Timestamp> later_;
  bool later_opens_ = false;
  std::size_t asked_from_ = 0;

  // Of the offer being looked at.
  std::vector<Slot> found_;
  std::vector<std::uint32_t> short_of_;  // resources of which less is free then than needed
};

// What devices can give at once to somebody who asks for so much: of whole ones all that are wholly free, of a part the
// most that is free of one, of one and a half nothing.
[[nodiscard]] std::int64_t givable(std::span<const std::int32_t> free, std::int64_t gpu_milli);

// The terms of the outermost AND of a filter, each a filter; the filter itself where that is none; none of an empty
// one.
[[nodiscard]] std::vector<domain::Filter> terms_of(const domain::Filter& filter);

}  // namespace bourse::matching
