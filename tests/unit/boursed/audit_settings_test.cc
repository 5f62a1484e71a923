#include <gtest/gtest.h>

#include "log_folder.h"
#include "market/decide.h"
#include "market/policy_text.h"
#include "market/settings.h"

namespace bourse::boursed {
namespace {

class AuditSettings : public LogFolder {
 protected:
  base::Result<Settings> read(const std::string& more) {
    const auto path = folder_ + "/boursed.toml";
    write(path,
          "[xmpp]\njid = \"bourse.example.org\"\nsecret-file = \"/secret\"\n[database]\nuri = \"postgresql:///x\"\n"
          "[market]\nticket-key-file = \"/var/lib/boursed/ticket.key\"\n" +
              more);
    return read_settings(path);
  }
  std::string policy(const std::string& more) {
    const auto settings = read(more);
    return settings ? policy_text(*settings) : "error: " + settings.error().text;
  }
};

TEST_F(AuditSettings, HaveDefaults) {
  const auto settings = read("");
  ASSERT_TRUE(settings.ok()) << settings.error().text;
  EXPECT_EQ(settings->audit_directory, "/var/lib/boursed/audit") << "beside the ticket key";
  EXPECT_TRUE(settings->auditors.empty());
}

TEST_F(AuditSettings, AreRead) {
  const auto settings =
      read("[audit]\ndirectory = \"/srv/log\"\nauditors = [\"ann@example.org/pc\", \"bob@example.org\"]\n");
  ASSERT_TRUE(settings.ok()) << settings.error().text;
  EXPECT_EQ(settings->audit_directory, "/srv/log");
  ASSERT_EQ(settings->auditors.size(), 2U);
  EXPECT_EQ(settings->auditors[0].text(), "ann@example.org") << "bare";
}

TEST_F(AuditSettings, ThatAreWrongAreNamed) {
  EXPECT_NE(policy("[audit]\nauditors = [\"@\"]\n").find("audit.auditors"), std::string::npos);
  EXPECT_NE(policy("[audit]\nfolder = \"/srv\"\n").find("audit.folder"), std::string::npos);
}

constexpr const char* kRules = R"toml(operators = ["b@example.org", "a@example.org"]
[audit]
auditors = ["z@example.org"]
[rules]
usage-half-life = "2d"
[groups.physics]
members = "(domain=physics.example.org)"
quota = {memory = "256Gi", cpu = "64"}
weight = 2.5
[groups.art]
members = "(domain=art.example.org)"
[history]
details = "everyone"
[pubsub]
create-nodes = "operators"
)toml";

TEST_F(AuditSettings, ThatDecideAreOneText) {
  const auto text = policy(kRules);
  EXPECT_EQ(text.find("error"), std::string::npos) << text;
  for (const char* line :
       {"market.operators = a@example.org, b@example.org\n", "audit.auditors = z@example.org\n",
        "rules.usage-half-life = 2d\n", "groups.physics.members = (domain=physics.example.org)\n",
        "groups.physics.quota.cpu = 64\n", "groups.physics.quota.memory = 256Gi\n", "groups.physics.weight = 2.5\n",
        "groups.art.weight = 1\n", "history.details = everyone\n", "history.figures = everyone\n",
        "pubsub.create-nodes = operators\n", "rules.most-holds = 64\n"}) {
    EXPECT_NE(("\n" + text).find(std::string("\n") + line), std::string::npos) << line << text;
  }
  for (const char* secret : {"/secret", "postgresql", "ticket.key"}) {
    EXPECT_EQ(text.find(secret), std::string::npos) << secret;
  }
}

TEST_F(AuditSettings, GiveTheSameTextHoweverTheyAreWritten) {
  const auto text = policy(kRules);
  EXPECT_EQ(policy(R"toml(operators = ["a@example.org/home", "b@example.org", "a@example.org"]
[pubsub]
create-nodes = "operators"
[history]
details = "everyone"
[groups.art]
members = "(domain=art.example.org)"
weight = 1
[groups.physics]
quota = {cpu = "64000m", memory = "256Gi"}
weight = 2.50
members = "(domain=physics.example.org)"
[rules]
usage-half-life = "48h"
[audit]
auditors = ["z@example.org"]
directory = "/elsewhere"
)toml"),
            text);
  EXPECT_NE(policy(std::string(kRules) + "auto-create = true\n"), text);
}

TEST_F(AuditSettings, ThatNoEntryCanHoldAreCutAndStillTellApart) {
  std::string many = "[audit]\nauditors = [";
  for (int i = 0; i < 4000; ++i) many += "\"auditor-number-" + std::to_string(i) + "@example.org\", ";
  const auto text = policy(many + "]\n");
  EXPECT_LE(text.size(), market::kMostLoggedBytes);
  EXPECT_NE(text.find("SHA-256"), std::string::npos) << text.substr(0, 200);
  EXPECT_NE(policy(many + "\"one-more@example.org\"]\n"), text);
}

}  // namespace
}  // namespace bourse::boursed
