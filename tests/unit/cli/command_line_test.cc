#include "cli/command_line.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/completion.h"
#include "cli/content_flags.h"

namespace bourse::cli {
namespace {

const base::Timestamp kNow{std::chrono::hours(24 * 365 * 50)};

// What the command line says is wrong; empty when it parses.
std::string complaint(std::vector<std::string> arguments) {
  CLI::App app("", "bourse");
  CommandLine line;
  line.add_to(app);
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& failure) {
    return failure.what();
  }
  return line.action() ? "" : "no action";
}

struct Case {
  const char* name;
  std::vector<std::string> arguments;
  bool good;
};
class Arguments : public testing::TestWithParam<Case> {};
TEST_P(Arguments, Parse) {
  const std::string said = complaint(GetParam().arguments);
  EXPECT_EQ(said.empty(), GetParam().good) << said;
}
INSTANTIATE_TEST_SUITE_P(
    Table, Arguments,
    testing::Values(
        Case{"nothing", {}, false}, Case{"noun_only", {"offer"}, false},
        Case{"unknown_noun", {"offers", "list"}, false}, Case{"list", {"offer", "list"}, true},
        Case{"shared_option_last", {"offer", "list", "-o", "json"}, true},
        Case{"shared_option_first", {"-o", "wide", "offer", "list"}, true},
        Case{"unknown_format", {"offer", "list", "-o", "xml"}, false},
        Case{"show_without_id", {"offer", "show"}, false}, Case{"show", {"offer", "show", "desk"}, true},
        Case{"unknown_flag", {"offer", "show", "desk", "--all"}, false},
        Case{"publish_flags", {"offer", "publish", "--cpu", "4", "--attribute", "a=b", "--attribute", "c=d"}, true},
        Case{"publish_file", {"offer", "publish", "offer.xml"}, true},
        Case{"file_and_flags", {"offer", "publish", "--cpu", "4", "offer.xml"}, false},
        Case{"csv_without_mapping", {"offer", "publish", "--from-csv", "x.csv"}, false},
        Case{"csv", {"offer", "publish", "--from-csv", "x.csv", "--mapping", "m.toml", "--keep-going"}, true},
        Case{"csv_and_flags", {"offer", "publish", "--cpu", "1", "--from-csv", "x.csv", "--mapping", "m.toml"}, false},
        Case{"csv_with_duration",
             {"request", "submit", "--duration", "8h", "--from-csv", "x.csv", "--mapping", "m.toml"},
             true},
        Case{"wait_alone", {"request", "submit", "--cpu", "1", "--wait"}, true},
        Case{"wait_value", {"request", "submit", "--cpu", "1", "--wait=5m"}, true},
        Case{"count_zero", {"request", "submit", "--cpu", "1", "--count", "0"}, false},
        Case{"unknown_preference", {"request", "submit", "--cpu", "1", "--prefers", "cheap"}, false},
        Case{"keep_going_without_csv", {"request", "submit", "--cpu", "1", "--keep-going"}, false},
        Case{"audit_limit_zero", {"audit", "list", "--limit", "0"}, false},
        Case{"history", {"history", "show", "lab@example.org", "--since", "7d"}, true}),
    [](const auto& at) { return at.param.name; });

TEST(Arguments, FlagsGoBeforeTheEnvironment) {
  CLI::App app("", "bourse");
  CommandLine line;
  line.add_to(app);
  std::vector<std::string> arguments{"flag@example.org", "--jid", "status", "market"};
  app.parse(arguments);
  const auto config = line.config([](const std::string& name) -> std::optional<std::string> {
    if (name == "BOURSE_XMPP_JID") return "environment@example.org";
    if (name == "BOURSE_MARKET_POOL") return "private";
    return std::nullopt;
  });
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(*config->text("xmpp.jid"), "flag@example.org");
  EXPECT_EQ(*config->text("market.pool"), "private");
}

TEST(ContentFlags, MakeAnOffer) {
  OfferFlags flags;
  flags.resources.cpu = "500m";
  flags.resources.others = {"example.org/fpga=2"};
  flags.attributes = {"arch=x86_64", "cores.fast=8"};
  flags.services = {"blast:2.14", "r"};
  flags.serves = "(domain=*.edu)";
  flags.max_lease = "8h";
  flags.expires = "2d";
  flags.indivisible = true;
  const auto offer = flags.offer(kNow);
  ASSERT_TRUE(offer.ok()) << offer.error().text;
  EXPECT_EQ(offer->resources.amount("cpu"), 500);
  EXPECT_EQ(offer->resources.amount("example.org/fpga"), 2000);
  EXPECT_EQ(offer->attributes[1].type, domain::AttributeType::kNumber);
  EXPECT_EQ(offer->services[0], (domain::Service{"blast", "2.14", ""}));
  EXPECT_EQ(offer->services[1], (domain::Service{"r", "", ""}));
  EXPECT_EQ(offer->expires, kNow + std::chrono::hours(48));
  EXPECT_FALSE(offer->terms.divisible);
}

struct BadFlag {
  const char* name;
  std::function<void(RequestFlags&)> spoil;
  const char* begins;
};
class BadFlags : public testing::TestWithParam<BadFlag> {};
TEST_P(BadFlags, NameTheFlag) {
  RequestFlags flags;
  flags.resources.cpu = "1";
  GetParam().spoil(flags);
  const auto request = flags.request(kNow);
  ASSERT_FALSE(request.ok());
  EXPECT_EQ(request.error().text.rfind(GetParam().begins, 0), 0U) << request.error().text;
}
INSTANTIATE_TEST_SUITE_P(
    Table, BadFlags,
    testing::Values(BadFlag{"cpu", [](RequestFlags& flags) { flags.resources.cpu = "-1"; }, "--cpu: "},
                    BadFlag{"memory", [](RequestFlags& flags) { flags.resources.memory = "16GiB"; }, "--memory: "},
                    BadFlag{"needs", [](RequestFlags& flags) { flags.needs = "(arch=x"; }, "--needs: "},
                    BadFlag{"duration", [](RequestFlags& flags) { flags.duration = "soon"; }, "--duration: "},
                    BadFlag{"deadline", [](RequestFlags& flags) { flags.deadline = "tomorrow"; }, "--deadline: "},
                    BadFlag{"resource", [](RequestFlags& flags) { flags.resources.others = {"fpga"}; },
                            "--resource: "}),
    [](const auto& at) { return at.param.name; });

TEST(Completion, KnowsEveryCommandAndFlag) {
  CLI::App app("", "bourse");
  CommandLine line;
  line.add_to(app);
  for (const auto& text : {bash_completion(app), zsh_completion(app), fish_completion(app)}) {
    for (const char* word : {"offer", "withdraw", "from-csv", "audit", "keep-going", "completion"}) {
      EXPECT_NE(text.find(word), std::string::npos) << word;
    }
  }
}

}  // namespace
}  // namespace bourse::cli
