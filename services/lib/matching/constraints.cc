#include "matching/constraints.h"

#include <algorithm>

namespace bourse::matching {
namespace {

constexpr std::size_t kMostBits = std::size_t{64} << 23;  // 64 MiB of notes nobody may ask for again
constexpr std::size_t kFewResting = 64;
constexpr std::size_t kManyResting = 4096;
constexpr std::uint64_t kJudgedSingly = 16;

}  // namespace

ConstraintId ConstraintTable::acquire(const domain::Filter& needs) {
  const auto found = texts_.find(needs.text());
  if (!found) {
    const ConstraintId id = texts_.acquire(needs.text()).id;
    if (id >= kept_.size()) kept_.resize(id + 1);
    kept_[id] = std::make_unique<Kept>();
    kept_[id]->constraint.needs = needs;
    kept_[id]->uses = 1;
    return id;
  }
  Kept& kept = *kept_[*found];
  if (kept.uses++ == 0) resting_.erase(kept.resting);
  return *found;
}

void ConstraintTable::release(ConstraintId id) {
  BOURSE_CHECK(kept_[id]->uses > 0);
  if (--kept_[id]->uses == 0) rest(id);
}

void ConstraintTable::rest(ConstraintId id) {
  kept_[id]->resting = resting_.insert(resting_.end(), id);
  const std::size_t room = kMostBits / (2 * profiles_.numbers() + 1);
  while (resting_.size() > std::clamp(room, kFewResting, kManyResting)) {
    const ConstraintId oldest = resting_.front();
    resting_.pop_front();
    kept_[oldest].reset();
    BOURSE_CHECK(texts_.release(oldest));
    texts_.reuse(oldest);
  }
}

const Constraint& ConstraintTable::at(ConstraintId id) const {
  Constraint& constraint = kept_[id]->constraint;
  const std::uint64_t births = profiles_.births();
  if (constraint.caught_up == births || constraint.all()) return constraint;
  if (!constraint.ever || constraint.caught_up < profiles_.first_birth() ||
      births - constraint.caught_up > kJudgedSingly) {
    judge_all(constraint);
  } else {
    for (std::uint64_t birth = constraint.caught_up; birth < births; ++birth) {
      judge_one(constraint, profiles_.born(birth));
    }
  }
  constraint.ever = true;
  constraint.caught_up = births;
  return constraint;
}

void ConstraintTable::judge_all(Constraint& constraint) const {
  auto answer = profiles_.attributes().judge(constraint.needs);
  answer.depends -= answer.yes;
  answer.depends -= answer.no;
  constraint.yes = std::move(answer.yes);
  constraint.per_offer = std::move(answer.depends);
  constraint.count = constraint.yes.count() + constraint.per_offer.count();
}

void ConstraintTable::judge_one(Constraint& constraint, ProfileId profile) const {
  using Verdict = ProfileAttributes::Verdict;
  if (constraint.may_accept(profile)) --constraint.count;
  const Verdict verdict =
      profiles_.exists(profile) ? profiles_.attributes().judge(constraint.needs, profile) : Verdict::kNo;
  constraint.yes.assign(profile, verdict == Verdict::kYes);
  constraint.per_offer.assign(profile, verdict == Verdict::kPerOffer);
  if (verdict != Verdict::kNo) ++constraint.count;
}

}  // namespace bourse::matching
