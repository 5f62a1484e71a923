#include "cli/explain_output.h"

#include <gtest/gtest.h>

#include "xmpp/timestamps.h"

namespace bourse::cli {
namespace {

TEST(ExplainOutput, IsUnderstoodAtAGlance) {
  market::RequestExplanation why;
  why.request = {"render"};
  why.count = 2;
  why.granted = 1;
  why.submitted = *xmpp::parse_timestamp("2026-11-23T12:00:00Z");
  why.share = 0.25;
  why.offers = 40;
  why.rejections = {{matching::Obstacle::kNeeds, "(arch=arm64)", 40, 12}, {matching::Obstacle::kServes, "", 3, 0}};
  why.nearest = {{{"desk"}, *domain::Jid::parse("lab@b.test"), {"arch is x86_64\033[2J"}, {}}};
  why.changes = {"leave (arch=arm64) out (12 offers)"};
  EXPECT_EQ(explanation_page(why, why.submitted + std::chrono::minutes(3), false),
            "Request 'render' waits for 3m, with 1 of 2 granted: 12 offers would serve it but for its need "
            "(arch=arm64).\n"
            "\n"
            "OBSTACLE  WHAT          OFFERS  ALONE\n"
            "needs     (arch=arm64)  40      12\n"
            "serves    -             3       0\n"
            "(0 of 40 offers fit; ALONE: ruled out by nothing else)\n"
            "\n"
            "Nearest misses:\n"
            "  desk of lab@b.test: arch is x86_64?[2J\n"
            "\n"
            "What would help:\n"
            "  leave (arch=arm64) out (12 offers)\n"
            "\n"
            "Besides:\n"
            "  You hold or used 25.0 % of the pool; who has less goes first.\n");
}

TEST(ExplainOutput, OfWhatDoesNotWaitIsOneLine) {
  market::RequestExplanation why;
  why.request = {"render"};
  why.state = domain::RequestState::kDone;
  EXPECT_EQ(explanation_page(why, {}, true), "Request 'render' is done.\n");
}

}  // namespace
}  // namespace bourse::cli
