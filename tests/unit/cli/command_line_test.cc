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
        Case{"weighted_preference", {"request", "submit", "--cpu", "1", "--prefers", "2*speed - price"}, true},
        Case{"gang", {"request", "submit", "--count", "4", "--gang", "--spares", "1", "--service", "blast"}, true},
        Case{"spread_alone", {"request", "submit", "--spread", "--cpu", "1"}, true},
        Case{"spread_by", {"request", "submit", "--spread", "rack", "--cpu", "1"}, true},
        Case{"apart", {"request", "submit", "--cpu", "1", "--apart-from", "a", "--apart-from", "b:domain"}, true},
        Case{"priority", {"request", "submit", "--cpu", "1", "--priority", "-5"}, true},
        Case{"priority_too_high", {"request", "submit", "--cpu", "1", "--priority", "101"}, false},
        Case{"reservation", {"request", "submit", "--cpu", "1", "--start", "8h"}, true},
        Case{"gang_and_file", {"request", "submit", "--gang", "request.xml"}, false},
        Case{"offer_terms",
             {"offer", "publish", "--schedule", "Sat-Sun", "--tz", "Europe/Berlin", "--grace", "5m", "--confirm",
              "manual", "--starts", "1h", "--drain", "--service", "blast=2.14:4"},
             true},
        Case{"confirm_whenever", {"offer", "publish", "--cpu", "1", "--confirm", "whenever"}, false},
        Case{"explain", {"request", "explain", "job"}, true}, Case{"explain_nothing", {"request", "explain"}, false},
        Case{"confirm", {"grant", "confirm", "g5"}, true},
        Case{"decline", {"grant", "decline", "g5", "--reason", "no"}, true},
        Case{"renew", {"grant", "renew", "g5", "--for", "4h"}, true},
        Case{"reclaim", {"grant", "reclaim", "g5", "--grace", "10m", "--reason", "mine"}, true},
        Case{"confirm_with_reason", {"grant", "confirm", "g5", "--reason", "yes"}, false},
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
  flags.services = {"blast=2.14:4", "r"};
  flags.schedule = "Mon-Fri 18:00-08:00";
  flags.zone = "Europe/Berlin";
  flags.confirm = "manual";
  flags.grace = "5m";
  flags.starts = "1h";
  flags.drain = true;
  flags.serves = "(domain=*.edu)";
  flags.max_lease = "8h";
  flags.expires = "2d";
  flags.indivisible = true;
  const auto offer = flags.offer(kNow);
  ASSERT_TRUE(offer.ok()) << offer.error().text;
  EXPECT_EQ(offer->resources.amount("cpu"), 500);
  EXPECT_EQ(offer->resources.amount("example.org/fpga"), 2000);
  EXPECT_EQ(offer->attributes[1].type, domain::AttributeType::kNumber);
  EXPECT_EQ(offer->services, (std::vector<domain::Service>{{"blast", "2.14", "", 4}, {"r", "", "", 0}}));
  EXPECT_EQ(offer->schedule, (domain::Schedule{"Mon-Fri 18:00-08:00", "Europe/Berlin"}));
  EXPECT_EQ(offer->terms.confirm, domain::Confirm::kManual);
  EXPECT_EQ(offer->terms.grace, base::Duration(std::chrono::minutes(5)));
  EXPECT_EQ(offer->starts, kNow + std::chrono::hours(1));
  EXPECT_TRUE(offer->terms.drain);
  EXPECT_EQ(offer->expires, kNow + std::chrono::hours(48));
  EXPECT_FALSE(offer->terms.divisible);
}

TEST(ContentFlags, MakeARequest) {
  RequestFlags flags;
  flags.services = {"blast"};
  flags.prefers = "2*speed - price";
  flags.count = 4;
  flags.spares = 1;
  flags.gang = true;
  flags.apart = {"backup", "other:Rack"};
  flags.priority = -5;
  flags.start = "8h";
  const auto request = flags.request(kNow);
  ASSERT_TRUE(request.ok()) << request.error().text;
  EXPECT_EQ(request->services, std::vector<std::string>{"blast"});
  EXPECT_EQ(request->prefers.kind(), domain::Preference::Kind::kWeighted);
  EXPECT_EQ(request->spares, 1U);
  EXPECT_TRUE(request->gang);
  EXPECT_EQ(request->spread, "");
  EXPECT_EQ(request->apart, (std::vector<domain::AntiAffinity>{{{"backup"}, "provider"}, {{"other"}, "rack"}}));
  EXPECT_EQ(request->priority, -5);
  EXPECT_EQ(request->start, kNow + std::chrono::hours(8));
}

// Through the real parser: what stands behind --spread is its value only where it is none of the next flags.
TEST(ContentFlags, SpreadIsByProviderUnlessSaid) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"--cpu", "1"}, ""},
      {{"--spread", "--cpu", "1"}, "provider"},
      {{"--cpu", "1", "--spread"}, "provider"},
      {{"--spread", "Domain", "--cpu", "1"}, "domain"},
      {{"--spread=rack", "--cpu", "1"}, "rack"},
      {{"--spread", "none", "--cpu", "1"}, ""},
  };
  for (auto [arguments, spread] : cases) {
    CLI::App app;
    RequestFlags flags;
    flags.add_to(app);
    std::reverse(arguments.begin(), arguments.end());
    app.parse(arguments);
    const auto request = flags.request(kNow);
    ASSERT_TRUE(request.ok()) << request.error().text;
    EXPECT_EQ(request->spread, spread) << arguments.back();
  }
}

TEST(ContentFlags, AZoneNeedsASchedule) {
  OfferFlags flags;
  flags.resources.cpu = "1";
  flags.zone = "Europe/Berlin";
  const auto offer = flags.offer(kNow);
  ASSERT_FALSE(offer.ok());
  EXPECT_EQ(offer.error().text.rfind("--tz: ", 0), 0U) << offer.error().text;
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
                    BadFlag{"start", [](RequestFlags& flags) { flags.start = "later"; }, "--start: "},
                    BadFlag{"prefers", [](RequestFlags& flags) { flags.prefers = "3 * * speed"; }, "--prefers: "},
                    BadFlag{"apart", [](RequestFlags& flags) { flags.apart = {":domain"}; }, "--apart-from: "},
                    BadFlag{"resource", [](RequestFlags& flags) { flags.resources.others = {"fpga"}; },
                            "--resource: "}),
    [](const auto& at) { return at.param.name; });

TEST(Completion, KnowsEveryCommandAndFlag) {
  CLI::App app("", "bourse");
  CommandLine line;
  line.add_to(app);
  for (const auto& text : {bash_completion(app), zsh_completion(app), fish_completion(app)}) {
    for (const char* word : {"offer", "withdraw", "from-csv", "audit", "keep-going", "completion", "explain", "reclaim",
                             "gang", "schedule"}) {
      EXPECT_NE(text.find(word), std::string::npos) << word;
    }
  }
}

}  // namespace
}  // namespace bourse::cli
