#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/strong_id.h"

namespace bourse::base {
namespace {

TEST(Result, HoldsAValueOrAnError) {
  const Result<int> good = 7;
  EXPECT_TRUE(good.ok());
  EXPECT_TRUE(static_cast<bool>(good));
  EXPECT_EQ(*good, 7);

  const Result<int> bad{Errc::kNotFound, "no such item"};
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(bad.error(), (Error{Errc::kNotFound, "no such item"}));
}

TEST(Result, MovesWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(3);
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 3);
}

TEST(ResultDeathTest, StopsOnAccessToWhatIsNotThere) {
  const Result<std::string> bad{Errc::kInternal, ""};
  EXPECT_DEATH((void)bad.value(), "invariant broken");
  const Result<std::string> good = std::string("x");
  EXPECT_DEATH((void)good.error(), "invariant broken");
}

TEST(StrongId, ComparesWithinItsOwnType) {
  using A = TextId<struct ATag>;
  using B = NumberId<struct BTag>;
  EXPECT_LT(A{"a"}, A{"b"});
  EXPECT_EQ(B{1}, B{1});
  EXPECT_EQ(std::hash<A>{}(A{"x"}), std::hash<A>{}(A{"x"}));
}

TEST(ManualClock, IsMovedByHand) {
  ManualClock clock(Timestamp(Duration(5)));
  clock.advance(Duration(3));
  EXPECT_EQ(clock.now(), Timestamp(Duration(8)));
  clock.set(Timestamp(Duration(1)));
  EXPECT_EQ(clock.now(), Timestamp(Duration(1)));
}

}  // namespace
}  // namespace bourse::base
