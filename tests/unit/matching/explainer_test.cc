#include "matching/explainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "unit/matching/market_builder.h"

namespace bourse::matching {
namespace {

using namespace std::chrono_literals;
using base::Duration;
using base::Timestamp;
using domain::AttributeValue;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const Timestamp kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + 12h;

// An offer as a market would tell it; two cores and one device unless it says otherwise.
struct Told {
  std::vector<std::int64_t> whole;  // per entry of the demand
  std::vector<std::int64_t> unused = {};
  std::vector<std::int64_t> free = {};
  domain::Terms terms = {};
  bool serves = true;
  std::map<std::string, std::string> attributes = {};
  std::map<std::string, std::string> own = {};  // that differ among the offers of a profile
  bool touched = false;
  bool promised = false;
  bool barred = false;
  bool excluded = false;
  std::optional<Duration> open_for = Duration::max();
  Duration room_for = Duration::max();
  std::optional<Timestamp> from = {};
  std::uint64_t offers = 1;
};

std::vector<AttributeValue> value_in(const std::map<std::string, std::string>& map, std::string_view name) {
  const auto found = map.find(std::string(name));
  if (found == map.end()) return {};
  return {domain::make_attribute(name, found->second, domain::infer_type(found->second)).value().value()};
}

Explanation explain(const domain::Request& request, const std::vector<Told>& offers) {
  Explainer explainer(request, kNow);
  std::uint32_t handle = 0;
  for (const Told& told : offers) {
    const domain::Filter::Source source = [&](std::string_view name) {
      auto values = value_in(told.attributes, name);
      for (auto& value : value_in(told.own, name)) values.push_back(std::move(value));
      return values;
    };
    const std::function<std::optional<Timestamp>()> from = [&] { return told.from; };
    const auto unused = told.unused.empty() ? told.whole : told.unused;
    const auto free = told.free.empty() ? unused : told.free;
    Explainer::View view;
    view.offer = handle++;
    view.offers = told.offers;
    view.whole = told.whole;
    view.unused = unused;
    view.free = free;
    view.touched = told.touched;
    view.promised = told.promised;
    view.barred = told.barred;
    view.excluded = told.excluded;
    view.open_for = told.open_for;
    view.room_for = told.room_for;
    view.source = &source;
    view.from = &from;
    const auto profile = explainer.judge(told.terms, told.serves,
                                         [&](std::string_view name) -> std::optional<std::vector<AttributeValue>> {
                                           if (told.own.contains(std::string(name))) return std::nullopt;
                                           return value_in(told.attributes, name);
                                         });
    explainer.add(profile, view);
  }
  return explainer.finish();
}

std::vector<std::string> rejections(const Explanation& explanation) {
  std::vector<std::string> texts;
  for (const Rejection& one : explanation.rejections) {
    texts.push_back(std::string(name(one.obstacle)) + (one.what.empty() ? "" : " " + one.what) + " " +
                    std::to_string(one.offers) + "/" + std::to_string(one.alone));
  }
  return texts;
}

domain::Terms lease(std::optional<Duration> least, std::optional<Duration> most) {
  domain::Terms terms;
  terms.min_lease = least;
  terms.max_lease = most;
  return terms;
}

domain::Request asks(const testing::Quantities& quantities, const std::string& needs = "", Duration duration = 8h) {
  domain::Request request = testing::request(quantities, needs);
  request.duration = duration;
  return request;
}

TEST(Explainer, CountsEachObstacleAndNamesTheChangeForIt) {
  domain::Terms whole;
  whole.divisible = false;
  domain::Terms drain;
  drain.drain = true;
  const auto cpu16 = asks({{"cpu", "16"}});
  auto spread = cpu16;
  spread.spread = "provider";
  auto blast = cpu16;
  blast.services = {"blast"};
  auto later = cpu16;
  later.start = kNow + 2h;

  struct Case {
    std::string name;
    domain::Request request;
    std::vector<Told> offers;
    std::vector<std::string> rejections;
    std::vector<std::string> changes;
    std::vector<std::string> lacks;  // of the nearest
  };
  const Case cases[] = {
      {"fits", cpu16, {{{16000}}}, {}, {}, {}},
      {"a resource too small: the most that one could have",
       cpu16,
       {{{8000}}, {.whole = {4000}, .offers = 90}, {{8000}}},
       {"resource cpu 92/92"},
       {"ask for cpu 8 instead of 16 (2 offers)"},
       {"cpu: has 8, needs 16"}},
      {"a resource that is not there, the only one asked for",
       cpu16,
       {{{0}}},
       {"resource cpu 1/1"},
       {},
       {"cpu: has 0, needs 16"}},
      {"a resource that is not there, beside another",
       asks({{"cpu", "16"}, {"gpu", "1"}}),
       {{{16000, 0}}},
       {"resource gpu 1/1"},
       {"leave out gpu (1 offer)"},
       {"gpu: has 0, needs 1"}},
      {"a service",
       blast,
       {{{16000, 0}}},
       {"resource service/blast 1/1"},
       {"leave out the service blast (1 offer)"},
       {"service/blast: has 0, needs 1"}},
      {"two things at once: none alone",
       asks({{"cpu", "16"}, {"memory", "64Gi"}}),
       {{{8000, 32LL << 30}}},
       {"resource cpu 1/0", "resource memory 1/0"},
       {},
       {"cpu: has 8, needs 16", "memory: has 32Gi, needs 64Gi"}},
      {"in use by others",
       cpu16,
       {{.whole = {32000}, .unused = {12000}, .from = kNow + 30min}},
       {"in-use cpu 1/1"},
       {"ask for cpu 12 instead of 16 (1 offer)", "start at 2026-11-23 12:30 UTC, when it is free again (1 offer)"},
       {"cpu: 12 of 32 free, needs 16"}},
      {"lent as a whole, in use",
       cpu16,
       {{.whole = {32000}, .unused = {31000}, .terms = whole, .touched = true}},
       {"in-use 1/1"},
       {},
       {"it is lent as a whole, and in use"}},
      {"lent as a whole, reserved",
       cpu16,
       {{.whole = {32000}, .terms = whole, .promised = true, .room_for = 3h}},
       {"reserved 1/1"},
       {"a lease of 3h instead of 8h (1 offer)"},
       {"is reserved or held for others in that time"}},
      {"reserved",
       cpu16,
       {{.whole = {32000}, .unused = {32000}, .free = {4000}, .room_for = 90min}},
       {"reserved 1/1"},
       {"ask for cpu 4 instead of 16 (1 offer)", "a lease of 1h30m instead of 8h (1 offer)"},
       {"is reserved or held for others in that time"}},
      {"each term of the outermost AND by itself",
       asks({{"cpu", "1"}}, "(&(arch=arm64)(|(os=bsd)(os=mac)))"),
       {{.whole = {1000}, .attributes = {{"arch", "x86_64"}, {"os", "mac"}}, .offers = 340},
        {.whole = {1000}, .attributes = {{"arch", "arm64"}, {"os", "linux"}}},
        {.whole = {1000}, .attributes = {{"os", "linux"}}}},
       {"needs (arch=arm64) 341/340", "needs (|(os=bsd)(os=mac)) 2/1"},
       {"leave out (arch=arm64) (340 offers)", "leave out (|(os=bsd)(os=mac)) (1 offer)"},
       {"(arch=arm64): arch is x86_64"}},
      {"a negation of what is not there is not true either",
       asks({{"cpu", "1"}}, "(!(arch=arm64))"),
       {{{1000}}},
       {"needs (!(arch=arm64)) 1/1"},
       {"leave out (!(arch=arm64)) (1 offer)"},
       {"(!(arch=arm64)) is not true of it"}},
      {"what is not there",
       asks({{"cpu", "1"}}, "(arch=arm64)"),
       {{{1000}}},
       {"needs (arch=arm64) 1/1"},
       {"leave out (arch=arm64) (1 offer)"},
       {"(arch=arm64): arch is not there"}},
      {"terms that are asked of each offer",
       asks({{"cpu", "1"}}, "(&(provider=a)(arch=arm64))"),
       {{.whole = {1000}, .attributes = {{"arch", "arm64"}}, .own = {{"provider", "a"}}},
        {.whole = {1000}, .attributes = {{"arch", "arm64"}}, .own = {{"provider", "b"}}}},
       {"needs (provider=a) 1/1"},
       {"leave out (provider=a) (1 offer)"},
       {"(provider=a): provider is b"}},
      {"serves others", cpu16, {{.whole = {16000}, .serves = false}}, {"serves 1/1"}, {}, {"serves others only"}},
      {"lends for shorter",
       cpu16,
       {{.whole = {16000}, .terms = lease({}, 4h), .offers = 20}, {.whole = {16000}, .terms = lease({}, 2h)}},
       {"lease 21/21"},
       {"a lease of 4h instead of 8h (20 offers)"},
       {"lends for 4h at most, needs 8h"}},
      {"lends for longer",
       cpu16,
       {{.whole = {16000}, .terms = lease(24h, {})}, {.whole = {16000}, .terms = lease(12h, {})}},
       {"lease 2/2"},
       {"a lease of 12h instead of 8h (1 offer)"},
       {"lends for 24h at least, needs 8h"}},
      {"lends for longer than it is open",
       cpu16,
       {{.whole = {16000}, .terms = lease(24h, {}), .open_for = 9h}},
       {"lease 1/1"},
       {},
       {"lends for 24h at least, needs 8h"}},
      {"closed",
       cpu16,
       {{.whole = {16000}, .open_for = {}, .from = kNow + 6h}, {.whole = {16000}, .open_for = {}, .from = kNow + 6h}},
       {"closed 2/2"},
       {"start at 2026-11-23 18:00 UTC, when it opens (2 offers)"},
       {"is closed then"}},
      {"closes too early",
       cpu16,
       {{.whole = {16000}, .open_for = 5h + 59s}},
       {"closed 1/1"},
       {"a lease of 5h instead of 8h (1 offer)"},
       {"closes after 5h, needs 8h"}},
      {"a shorter lease is within all bounds",
       cpu16,
       {{.whole = {16000}, .unused = {16000}, .free = {0}, .terms = lease({}, 4h), .open_for = 6h, .room_for = 3h}},
       {"lease 1/0", "closed 1/0", "reserved 1/0"},
       {"a lease of 3h instead of 8h (1 offer)"},
       {"lends for 4h at most, needs 8h", "closes after 6h, needs 8h", "is reserved or held for others in that time"}},
      {"shorter than it lends",
       cpu16,
       {{.whole = {16000}, .terms = lease(4h, {}), .open_for = 3h}},
       {"closed 1/1"},
       {},
       {"closes after 3h, needs 8h"}},
      {"barred",
       cpu16,
       {{.whole = {16000}, .barred = true}},
       {"barred 1/1"},
       {},
       {"its provider gets no new grants at present"}},
      {"drain", cpu16, {{.whole = {16000}, .terms = drain}}, {"barred 1/1"}, {}, {"takes no new grants (drain)"}},
      {"excluded by spread",
       spread,
       {{.whole = {16000}, .excluded = true}},
       {"excluded 1/1"},
       {"leave out spread and apart (1 offer)"},
       {"another grant must be kept apart from it, or it took one of these back"}},
      {"excluded by what happened",
       cpu16,
       {{.whole = {16000}, .excluded = true}},
       {"excluded 1/1"},
       {},
       {"another grant must be kept apart from it, or it took one of these back"}},
      {"no earlier start is proposed",
       later,
       {{.whole = {16000}, .open_for = {}, .from = kNow + 2h}},
       {"closed 1/1"},
       {},
       {"is closed then"}},
      {"a start too far to ask for",
       cpu16,
       {{.whole = {16000}, .open_for = {}, .from = kNow + 24h * 366}},
       {"closed 1/1"},
       {},
       {"is closed then"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const Explanation explanation = explain(c.request, c.offers);
    EXPECT_EQ(rejections(explanation), c.rejections);
    EXPECT_EQ(explanation.changes, c.changes);
    if (c.lacks.empty()) {
      EXPECT_THAT(explanation.nearest, IsEmpty());
    } else {
      ASSERT_FALSE(explanation.nearest.empty());
      EXPECT_EQ(explanation.nearest.front().lacks, c.lacks);
    }
  }
}

TEST(Explainer, CountsOffers) {
  const auto explanation =
      explain(asks({{"cpu", "4"}}), {{.whole = {4000}, .offers = 7}, {.whole = {3000}, .offers = 5}, {{9000}}});
  EXPECT_EQ(explanation.offers, 13U);
  EXPECT_EQ(explanation.fitting, 8U);
}

TEST(Explainer, MostTellingComesFirst) {
  const auto explanation = explain(asks({{"cpu", "4"}}, "(&(a=1)(b=1)(c=1))"),
                                   {{.whole = {4000}, .attributes = {{"a", "2"}, {"b", "2"}, {"c", "1"}}, .offers = 50},
                                    {.whole = {4000}, .attributes = {{"a", "1"}, {"b", "1"}, {"c", "2"}}, .offers = 3},
                                    {.whole = {4000}, .attributes = {{"a", "2"}, {"b", "1"}, {"c", "1"}}}});
  EXPECT_EQ(rejections(explanation),
            (std::vector<std::string>{"needs (c=1) 3/3", "needs (a=1) 51/1", "needs (b=1) 50/0"}));
}

TEST(Explainer, NearestLacksLeast) {
  const auto explanation =
      explain(asks({{"cpu", "16"}}, "(arch=arm64)"),
              {{.whole = {4000}, .attributes = {{"arch", "arm64"}}},
               {.whole = {15000}},  // two things
               {.whole = {12000}, .attributes = {{"arch", "arm64"}}},
               {.whole = {16000}, .serves = false, .attributes = {{"arch", "arm64"}}},  // nothing to be done about it
               {.whole = {12000}, .attributes = {{"arch", "arm64"}}},
               {.whole = {32000}, .unused = {15000}, .attributes = {{"arch", "arm64"}}, .from = kNow + 5h},
               {.whole = {2000}},
               {.whole = {14000}, .attributes = {{"arch", "arm64"}}}});
  std::vector<std::uint32_t> offers;
  for (const Miss& miss : explanation.nearest) offers.push_back(miss.offer);
  EXPECT_THAT(offers, ElementsAre(5, 7, 2, 4, 0));
  EXPECT_EQ(explanation.nearest[0].from, kNow + 5h);
  EXPECT_EQ(explanation.nearest[1].from, std::nullopt);
}

TEST(Explainer, SaysOnlySoMuch) {
  std::string needs = "(&";
  for (int i = 0; i < 200; ++i) needs += "(a" + std::to_string(i) + "=1)";
  std::vector<Told> offers(200, Told{.whole = {1000}});
  for (std::size_t lacking = 0; lacking < 200; ++lacking) {
    for (std::size_t i = 0; i < 200; ++i) {
      if (i != lacking) offers[lacking].attributes["a" + std::to_string(i)] = "1";
    }
  }
  const auto explanation = explain(asks({{"cpu", "1"}}, needs + ")"), offers);
  EXPECT_EQ(explanation.rejections.size(), 200U);
  EXPECT_EQ(explanation.changes.size(), Explainer::kMostChanges);
  EXPECT_EQ(explanation.nearest.size(), Explanation::kMostMisses);
}

TEST(Explainer, TermsOfAFilter) {
  struct Case {
    std::string filter;
    std::vector<std::string> terms;
  };
  const Case cases[] = {
      {"", {}},
      {"(&)", {}},
      {"(a=1)", {"(a=1)"}},
      {"(|(a=1)(b=1))", {"(|(a=1)(b=1))"}},
      {"(!(&(a=1)(b=1)))", {"(!(&(a=1)(b=1)))"}},
      {"(&(a=1)(&(b=2)(|(c=3)(d=4)))(!(e=5)))", {"(a=1)", "(b=2)", "(|(c=3)(d=4))", "(!(e=5))"}},
      {" ( & (a=1) ( b=2 ) ) ", {"(a=1)", "( b=2 )"}},
      {"(&(a=\\28\\29)(b=&))", {"(a=\\28\\29)", "(b=&)"}},
  };
  for (const Case& c : cases) {
    std::vector<std::string> texts;
    for (const auto& term : terms_of(testing::filter(c.filter))) texts.push_back(term.text());
    EXPECT_EQ(texts, c.terms) << c.filter;
  }
}

TEST(Explainer, WhatDevicesCanGive) {
  struct Case {
    std::vector<std::int32_t> free;
    std::int64_t asked;
    std::int64_t givable;
  };
  const Case cases[] = {
      {{}, 500, 0},
      {{}, 1000, 0},
      {{300, 700}, 500, 700},
      {{300, 700}, 1000, 0},
      {{1000, 999, 1000}, 3000, 2000},
      {{1000, 1000}, 1500, 0},
      {{-200}, 100, 0},
  };
  for (const Case& c : cases) EXPECT_EQ(givable(c.free, c.asked), c.givable) << c.asked;
}

TEST(Explanation, NamesOfObstacles) {
  std::vector<std::string> names;
  for (const auto obstacle :
       {Obstacle::kResource, Obstacle::kInUse, Obstacle::kNeeds, Obstacle::kServes, Obstacle::kLease, Obstacle::kClosed,
        Obstacle::kReserved, Obstacle::kBarred, Obstacle::kExcluded}) {
    names.emplace_back(name(obstacle));
  }
  EXPECT_THAT(
      names, ElementsAre("resource", "in-use", "needs", "serves", "lease", "closed", "reserved", "barred", "excluded"));
}

}  // namespace
}  // namespace bourse::matching
