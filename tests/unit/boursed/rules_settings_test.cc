#include "market/rules_settings.h"

#include <gtest/gtest.h>

namespace bourse::boursed {
namespace {

using namespace std::chrono_literals;

base::Result<market::Rules> rules_of(const std::string& toml) {
  base::Config config(kRulesKeys);
  if (const auto added = config.add_file("boursed.toml", toml); !added) return added.error();
  return read_rules(config);
}

TEST(RulesSettings, AreTheDefaultsUnlessSet) {
  const auto rules = rules_of("");
  ASSERT_TRUE(rules.ok()) << rules.error().text;
  const market::Rules defaults;
  EXPECT_EQ(rules->confirm_within, defaults.confirm_within);
  EXPECT_EQ(rules->suspect_for, defaults.suspect_for);
  EXPECT_EQ(rules->quarantine_failures, defaults.quarantine_failures);
  EXPECT_EQ(rules->most_holds, defaults.most_holds);
  EXPECT_TRUE(rules->groups.empty());
}

TEST(RulesSettings, EachIsRead) {
  const auto rules = rules_of(R"toml(
[rules]
confirm-within = "5s"
suspect-for = "0s"
most-grace = "10m"
usage-half-life = "2d"
quarantine-failures = 2.5
failure-half-life = "30m"
quarantine-first = "10s"
quarantine-most = "1h"
starving-after = "3m"
most-holds = 7
[groups.physics]
members = "(domain=physics.example.org)"
quota = {cpu = "64", memory = "256Gi", "example.org/fpga" = 2}
weight = 2.0
[groups.art]
members = "(jid=*@art.example.org)"
)toml");
  ASSERT_TRUE(rules.ok()) << rules.error().text;
  EXPECT_EQ(rules->confirm_within, base::Duration(5s));
  EXPECT_EQ(rules->suspect_for, base::Duration(0s));
  EXPECT_EQ(rules->most_grace, base::Duration(10min));
  EXPECT_EQ(rules->usage_half_life, base::Duration(48h));
  EXPECT_EQ(rules->quarantine_failures, 2.5);
  EXPECT_EQ(rules->failure_half_life, base::Duration(30min));
  EXPECT_EQ(rules->quarantine_first, base::Duration(10s));
  EXPECT_EQ(rules->quarantine_most, base::Duration(1h));
  EXPECT_EQ(rules->starving_after, base::Duration(3min));
  EXPECT_EQ(rules->most_holds, 7U);
  ASSERT_EQ(rules->groups.size(), 2U);
  EXPECT_EQ(rules->groups[0].name, "art");
  EXPECT_EQ(rules->groups[0].weight, 1.0);
  const auto& physics = rules->groups[1];
  EXPECT_EQ(physics.name, "physics");
  EXPECT_EQ(physics.members.text(), "(domain=physics.example.org)");
  EXPECT_EQ(physics.quota.amount("cpu"), 64'000);
  EXPECT_EQ(physics.quota.amount("memory"), 256LL << 30);
  EXPECT_EQ(physics.quota.amount("example.org/fpga"), 2'000);
  EXPECT_EQ(physics.weight, 2.0);
}

TEST(RulesSettings, OfGroupsWithSimilarNamesStayApart) {
  const auto rules = rules_of(
      "[groups.a]\nmembers = \"(domain=a)\"\nweight = 2\n[groups.a-b]\nmembers = \"(domain=b)\"\nweight = 3\n");
  ASSERT_TRUE(rules.ok()) << rules.error().text;
  ASSERT_EQ(rules->groups.size(), 2U);
  EXPECT_EQ(rules->groups[0].weight, 2.0);
  EXPECT_EQ(rules->groups[1].weight, 3.0);
}

struct Wrong {
  const char* name;
  const char* toml;
  const char* begins;
};
class WrongRules : public testing::TestWithParam<Wrong> {};
TEST_P(WrongRules, AreRefusedWithTheirPlace) {
  const auto rules = rules_of(GetParam().toml);
  ASSERT_FALSE(rules.ok());
  EXPECT_EQ(rules.error().code, base::Errc::kBadRequest);
  EXPECT_EQ(rules.error().text.rfind(GetParam().begins, 0), 0U) << rules.error().text;
}
INSTANTIATE_TEST_SUITE_P(
    Table, WrongRules,
    testing::Values(
        Wrong{"unknown", "[rules]\nsuspect = \"1m\"\n", "boursed.toml:2: no such setting: rules.suspect"},
        Wrong{"span", "[rules]\nsuspect-for = \"soon\"\n", "boursed.toml:2: rules.suspect-for: 'soon'"},
        Wrong{"nothing", "[rules]\nconfirm-within = \"0s\"\n", "boursed.toml:2: rules.confirm-within: "},
        Wrong{"half_life", "[rules]\nusage-half-life = \"0s\"\n", "boursed.toml:2: rules.usage-half-life: "},
        Wrong{"order", "[rules]\nquarantine-first = \"2h\"\nquarantine-most = \"1h\"\n",
              "boursed.toml:3: rules.quarantine-most: "},
        Wrong{"failures", "[rules]\nquarantine-failures = 0\n", "boursed.toml:2: rules.quarantine-failures: "},
        Wrong{"failures_word", "[rules]\nquarantine-failures = \"nan\"\n",
              "boursed.toml:2: rules.quarantine-failures: "},
        Wrong{"holds", "[rules]\nmost-holds = -1\n", "boursed.toml:2: rules.most-holds: "},
        Wrong{"no_members", "[groups.x]\nweight = 1\n", "groups.x.members is not set"},
        Wrong{"bad_filter", "[groups.x]\nmembers = \"(domain\"\n", "boursed.toml:2: groups.x.members: "},
        Wrong{"bad_quota", "[groups.x]\nmembers = \"(jid=*)\"\nquota = {memory = \"1GiB\"}\n",
              "boursed.toml:3: groups.x.quota.memory: "},
        Wrong{"no_quota", "[groups.x]\nmembers = \"(jid=*)\"\nquota = {cpu = \"0\"}\n",
              "boursed.toml:3: groups.x.quota.cpu: "},
        Wrong{"bad_weight", "[groups.x]\nmembers = \"(jid=*)\"\nweight = -1\n", "boursed.toml:3: groups.x.weight: "},
        Wrong{"unknown_part", "[groups.x]\nmembers = \"(jid=*)\"\nwieght = 1\n", "boursed.toml:3: groups.x.wieght: "},
        Wrong{"no_group", "[groups]\nmembers = \"(jid=*)\"\n", "boursed.toml:2: groups.members: "}),
    [](const auto& at) { return at.param.name; });

}  // namespace
}  // namespace bourse::boursed
