#include "xmpp/explanation_text.h"

#include <gtest/gtest.h>

#include "xmpp/timestamps.h"

namespace bourse::xmpp {
namespace {

using market::RequestExplanation;
using matching::Obstacle;

base::Timestamp at(std::string_view text) { return parse_timestamp(text).value(); }

RequestExplanation waiting() {
  RequestExplanation made;
  made.request = {"job"};
  made.submitted = at("2026-11-23T12:00:00Z");
  made.offers = 10;
  return made;
}

TEST(ExplanationText, HeadlineSaysWhatIsMostInTheWay) {
  struct Case {
    const char* name;
    void (*set)(RequestExplanation& explanation);
    const char* expected;
  };
  const Case cases[] = {
      {"alone",
       [](auto& e) {
         e.rejections = {{Obstacle::kInUse, "cpu", 7, 1}, {Obstacle::kNeeds, "(arch=arm64)", 5, 3}};
       },
       "Request 'job' waits for 2m, with 0 of 1 granted: 3 offers would serve it but for its need (arch=arm64)."},
      {"together",
       [](auto& e) {
         e.rejections = {{Obstacle::kServes, "", 4, 0}, {Obstacle::kInUse, "cpu", 7, 0}};
       },
       "Request 'job' waits for 2m, with 0 of 1 granted: 7 of 10 offers are ruled out by cpu in use by others."},
      {"nobody", [](auto& e) { e.offers = 0; },
       "Request 'job' waits for 2m, with 0 of 1 granted: there is no open offer in this pool."},
      {"quota", [](auto& e) { e.quota = "group physics would hold 65 cpu of 64"; },
       "Request 'job' waits for 2m, with 0 of 1 granted: group physics would hold 65 cpu of 64."},
      {"next", [](auto& e) { e.fitting = 1; },
       "Request 'job' waits for 2m, with 0 of 1 granted: 1 offer could serve it now: it is next in line."},
      {"gang", [](auto& e) { e.fitting = 2, e.count = 4; },
       "Request 'job' waits for 2m, with 0 of 4 granted: 2 offers could serve it now, it needs more."},
      {"clock", [](auto& e) { e.submitted = at("2026-11-23T13:00:00Z"), e.offers = 0; },
       "Request 'job' waits, with 0 of 1 granted: there is no open offer in this pool."},
      {"granted", [](auto& e) { e.state = domain::RequestState::kGranted, e.granted = 1; },
       "Request 'job' does not wait: 1 of 1 are granted."},
      {"done", [](auto& e) { e.state = domain::RequestState::kDone; }, "Request 'job' is done."},
      {"cancelled", [](auto& e) { e.state = domain::RequestState::kCancelled; }, "Request 'job' was cancelled."},
      {"expired", [](auto& e) { e.state = domain::RequestState::kExpired; },
       "Request 'job' is over: its deadline has passed."},
  };
  for (const auto& each : cases) {
    auto explanation = waiting();
    each.set(explanation);
    EXPECT_EQ(headline(explanation, at("2026-11-23T12:02:00Z")), each.expected) << each.name;
  }
}

TEST(ExplanationText, EveryObstacleHasWords) {
  for (const auto obstacle :
       {Obstacle::kResource, Obstacle::kInUse, Obstacle::kNeeds, Obstacle::kServes, Obstacle::kLease, Obstacle::kClosed,
        Obstacle::kReserved, Obstacle::kBarred, Obstacle::kExcluded}) {
    EXPECT_FALSE(in_words(matching::Rejection{obstacle, "", 1, 1}).empty()) << matching::name(obstacle);
    EXPECT_FALSE(in_words(matching::Rejection{obstacle, "cpu", 1, 1}).empty()) << matching::name(obstacle);
  }
}

TEST(ExplanationText, OfAMiss) {
  const market::NearMiss miss{{"rack-1"},
                              domain::Jid::parse("lab@b.test").value(),
                              {"cpu: has 8, needs 16", "(arch=arm64): arch is x86_64"},
                              at("2026-11-24T18:00:00.5Z")};
  EXPECT_EQ(in_words(miss),
            "rack-1 of lab@b.test, from 2026-11-24T18:00:00Z: cpu: has 8, needs 16; (arch=arm64): arch is x86_64");
}

TEST(ExplanationText, Remarks) {
  auto explanation = waiting();
  explanation.share = 0.125;
  explanation.held_offer = domain::OfferId{"big"};
  explanation.held_from = at("2026-11-23T18:00:00Z");
  EXPECT_EQ(remarks(explanation),
            (std::vector<std::string>{"Offer 'big' is kept for it, free from 2026-11-23T18:00:00Z.",
                                      "You hold or used 12.5 % of the pool; who has less goes first."}));
  explanation.state = domain::RequestState::kGranted;
  explanation.held_offer.reset();
  EXPECT_TRUE(remarks(explanation).empty());
}

}  // namespace
}  // namespace bourse::xmpp
