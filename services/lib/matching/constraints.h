// Purpose: the distinct constraints of requests, each with the profiles it accepts. They are kept for a while after the
//   last request that had them: the same questions come again.
// Lifetime: one table per engine. Threads: the decider's only; notes of answers change under const.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "domain/filter.h"
#include "matching/bits.h"
#include "matching/intern.h"
#include "matching/profile.h"

namespace bourse::matching {

using ConstraintId = InternId;

struct Constraint {
  domain::Filter needs;
  Bits yes;                     // profiles all of whose offers it accepts; numbers out of use may be set
  Bits per_offer;               // each offer of which must be asked
  std::size_t count = 0;        // of both, about
  std::uint64_t caught_up = 0;  // with the births of profiles
  bool ever = false;

  [[nodiscard]] bool all() const { return needs.empty(); }
  [[nodiscard]] bool may_accept(ProfileId profile) const {
    return all() || yes.test(profile) || per_offer.test(profile);
  }
  [[nodiscard]] bool asks_offers(ProfileId profile) const { return !all() && per_offer.test(profile); }
};

class ConstraintTable {
 public:
  explicit ConstraintTable(const ProfileTable& profiles) : profiles_(profiles) {}

  ConstraintId acquire(const domain::Filter& needs);
  void release(ConstraintId id);
  // With what it says of every profile there is now.
  [[nodiscard]] const Constraint& at(ConstraintId id) const;
  // The same, without what came since it was last asked for.
  [[nodiscard]] const Constraint& known(ConstraintId id) const { return kept_[id]->constraint; }
  [[nodiscard]] const domain::Filter& needs(ConstraintId id) const { return kept_[id]->constraint.needs; }
  [[nodiscard]] std::size_t size() const { return texts_.size(); }

 private:
  struct Kept {
    Constraint constraint;
    std::uint32_t uses = 0;
    std::list<ConstraintId>::iterator resting;
  };

  void rest(ConstraintId id);
  void judge_all(Constraint& constraint) const;
  void judge_one(Constraint& constraint, ProfileId profile) const;

  const ProfileTable& profiles_;
  Interner<std::string> texts_;
  std::vector<std::unique_ptr<Kept>> kept_;
  std::list<ConstraintId> resting_;  // nobody has them now; the longest unused first
};

}  // namespace bourse::matching
