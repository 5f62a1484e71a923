#include "matching/feasibility.h"

#include <gtest/gtest.h>

#include "unit/matching/market_builder.h"

namespace bourse::matching {
namespace {

using namespace std::chrono_literals;
using testing::filter;
using testing::jid;

TEST(FeasibilityTest, LeaseLength) {
  struct Case {
    const char* name;
    std::optional<base::Duration> min_lease, max_lease;
    base::Duration duration;
    bool fits;
  };
  const Case cases[] = {
      {"no limits", {}, {}, 1s, true},
      {"at the least", 10min, {}, 10min, true},
      {"below the least", 10min, {}, 10min - 1us, false},
      {"at the most", {}, 8h, 8h, true},
      {"above the most", {}, 8h, 8h + 1us, false},
      {"between", 10min, 8h, 1h, true},
      {"a single length", 1h, 1h, 1h, true},
  };
  for (const Case& c : cases) {
    domain::Terms terms;
    terms.min_lease = c.min_lease;
    terms.max_lease = c.max_lease;
    EXPECT_EQ(lease_fits(terms, c.duration), c.fits) << c.name;
  }
}

TEST(FeasibilityTest, Amounts) {
  using Numbers = std::vector<std::int64_t>;
  EXPECT_TRUE(amounts_fit(Numbers{4, 0}, Numbers{4, 0}));
  EXPECT_TRUE(amounts_fit(Numbers{4, 9}, Numbers{1, 0}));
  EXPECT_FALSE(amounts_fit(Numbers{4, 9}, Numbers{5, 0}));
  EXPECT_FALSE(amounts_fit(Numbers{4, 9}, Numbers{4, 10}));
}

TEST(FeasibilityTest, NeedsOverAnOffer) {
  domain::Offer offer =
      testing::with(testing::offer({{"cpu", "4"}, {"gpu", "2"}, {"memory", "8Gi"}}), "arch", "x86_64");
  offer = testing::with(offer, "provider", "liar@elsewhere.example");
  offer.gpu_model = "V100";
  offer.services.push_back({"blast", "2.14", ""});

  using Verdict = ProfileAttributes::Verdict;
  struct Case {
    const char* needs;
    Verdict of_profile;
    bool of_offer;
  };
  const Case cases[] = {
      {"", Verdict::kYes, true},
      {"(arch=x86_64)", Verdict::kYes, true},
      {"(arch=aarch64)", Verdict::kNo, false},
      {"(!(arch=aarch64))", Verdict::kYes, true},
      {"(nothing=1)", Verdict::kNo, false},
      {"(!(nothing=1))", Verdict::kNo, false},  // undefined, and so is its negation
      {"(gpu.model=V100)", Verdict::kYes, true},
      {"(service=blast)", Verdict::kYes, true},
      {"(service.blast>=2.9)", Verdict::kYes, true},
      {"(service.blast>=2.15)", Verdict::kNo, false},
      {"(cpu>=4)", Verdict::kPerOffer, true},
      {"(CPU>=4)", Verdict::kPerOffer, true},
      {"(cpu>=5)", Verdict::kPerOffer, false},
      {"(gpu=2)", Verdict::kPerOffer, true},
      {"(memory>=8589934592)", Verdict::kPerOffer, true},
      {"(memory>=8589934593)", Verdict::kPerOffer, false},
      {"(storage>=1)", Verdict::kNo, false},  // it has none: no need to look at amounts
      {"(provider=ann@uni.example)", Verdict::kPerOffer, true},
      {"(provider=liar@elsewhere.example)", Verdict::kPerOffer, false},
      {"(domain=uni.example)", Verdict::kPerOffer, true},
      {"(domain=*.edu)", Verdict::kPerOffer, false},
      {"(&(arch=x86_64)(cpu>=4))", Verdict::kPerOffer, true},
      {"(&(arch=aarch64)(cpu>=4))", Verdict::kNo, false},  // whatever the amount
      {"(|(arch=x86_64)(cpu>=40))", Verdict::kYes, true},
      {"(!(cpu>=40))", Verdict::kPerOffer, true},
      {"(cpu=*)", Verdict::kYes, true},
      {"(!(provider=*))", Verdict::kNo, false},
  };
  Openings openings;
  ProfileTable profiles(openings);
  const ProfileId id = profiles.acquire(offer, domain::capacity_of(offer));
  const std::vector<std::int64_t> totals = {4000, 2000, std::int64_t{8} << 30, 0};
  const domain::Jid provider = jid("ann@uni.example");
  const OfferSource source(profiles.at(id), profiles.names(), totals, provider);
  for (const Case& c : cases) {
    SCOPED_TRACE(c.needs);
    const auto needs = filter(c.needs);
    EXPECT_EQ(profiles.attributes().judge(needs, id), c.of_profile);
    const auto of_all = profiles.attributes().judge(needs);
    EXPECT_EQ(of_all.yes.test(id), c.of_profile == Verdict::kYes);
    EXPECT_EQ(!of_all.yes.test(id) && !of_all.no.test(id) && of_all.depends.test(id),
              c.of_profile == Verdict::kPerOffer);
    EXPECT_EQ(needs.accepts([&](std::string_view name) { return source.values(name); }), c.of_offer);
  }
}

TEST(FeasibilityTest, ServesAConsumer) {
  struct Case {
    const char* serves;
    bool accepted;
  };
  const Case cases[] = {
      {"", true},
      {"(domain=*.edu)", true},
      {"(domain=mit.edu)", true},
      {"(domain=*.org)", false},
      {"(jid=bob@mit.edu)", true},
      {"(jid=eve@mit.edu)", false},
      {"(!(jid=eve@mit.edu))", true},
      {"(group=friends)", true},
      {"(group=enemies)", false},
      {"(!(group=friends))", false},
      {"(age>=18)", false},
      {"(!(age>=18))", false},
  };
  const std::vector<std::string> groups = {"friends", "lab"};
  for (const Case& c : cases) {
    EXPECT_EQ(serves_consumer(filter(c.serves), jid("Bob@mit.edu"), groups), c.accepted) << c.serves;
  }
}

}  // namespace
}  // namespace bourse::matching
