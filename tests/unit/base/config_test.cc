#include "base/config.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bourse::base {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Config sample() {
  return Config({"log.level", "database.uri", "limits.max-items", "tls", "lease", "pools", "attributes.*"});
}

void use_environment(Config& config, std::map<std::string, std::string> variables) {
  config.set_environment([variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto at = variables.find(name);
    if (at == variables.end()) return std::nullopt;
    return at->second;
  });
}

TEST(Config, LayersInOrder) {
  Config config = sample();
  EXPECT_EQ(*config.text("database.uri", "default"), "default");
  ASSERT_TRUE(config.add_file("user.toml", "[database]\nuri = 'user'\n").ok());
  ASSERT_TRUE(config.add_file("etc.toml", "[database]\nuri = 'etc'\n[limits]\nmax-items = 9\n").ok());
  EXPECT_EQ(*config.text("database.uri"), "user") << "an earlier file wins";
  EXPECT_EQ(*config.number("limits.max-items", 1), 9) << "a later file fills gaps";
  use_environment(config, {{"BOURSE_DATABASE_URI", "env"}, {"BOURSE_LIMITS_MAX_ITEMS", "7"}});
  EXPECT_EQ(*config.text("database.uri"), "env");
  EXPECT_EQ(*config.number("limits.max-items", 1), 7);
  config.set_flag("database.uri", "flag");
  EXPECT_EQ(*config.text("database.uri"), "flag");
}

TEST(Config, ReadsEveryType) {
  Config config = sample();
  ASSERT_TRUE(config
                  .add_file("a.toml",
                            "tls = false\nlease = '1h30m'\npools = ['commons', 'lab']\n[attributes]\nsite = 'berlin'\n")
                  .ok());
  EXPECT_EQ(*config.boolean("tls", true), false);
  EXPECT_EQ(*config.duration("lease", seconds(1)), minutes(90));
  EXPECT_EQ(*config.list("pools"), (std::vector<std::string>{"commons", "lab"}));
  EXPECT_EQ(config.table("attributes"), (std::vector<std::pair<std::string, std::string>>{{"site", "berlin"}}));
  EXPECT_TRUE(config.has("tls"));
  EXPECT_FALSE(config.has("log.level"));
}

TEST(Config, SaysWhatIsWrongWhere) {
  Config config = sample();
  const auto unknown = config.add_file("agent.toml", "[database]\nurl = 'x'\n");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, Errc::kBadRequest);
  EXPECT_NE(unknown.error().text.find("agent.toml"), std::string::npos) << unknown.error().text;
  EXPECT_NE(unknown.error().text.find("database.uri"), std::string::npos) << unknown.error().text;

  const auto broken = config.add_file("agent.toml", "tls = \n");
  ASSERT_FALSE(broken.ok());
  EXPECT_NE(broken.error().text.find("agent.toml"), std::string::npos) << broken.error().text;

  ASSERT_TRUE(config.add_file("b.toml", "[limits]\nmax-items = 'many'\n[log]\nlevel = 'loud'\n").ok());
  for (const auto& error :
       {config.number("limits.max-items", 1).error(), config.choice("log.level", {"info", "error"}, "info").error(),
        config.required("database.uri").error()}) {
    EXPECT_EQ(error.code, Errc::kBadRequest);
    EXPECT_FALSE(error.text.empty());
  }
  config.set_flag("limits.max-items", "-1");
  EXPECT_FALSE(config.number("limits.max-items", 1).ok()) << "below the least";
}

struct DurationCase {
  std::string text;
  std::optional<Duration> expected;
};

TEST(ParseDuration, Table) {
  const std::vector<DurationCase> cases = {
      {"30s", seconds(30)},
      {"250ms", std::chrono::milliseconds(250)},
      {"5m", minutes(5)},
      {"8h", hours(8)},
      {"2d", hours(48)},
      {"1h30m", minutes(90)},
      {"0s", seconds(0)},
      {"3653d", hours(24 * 3653)},
      {"", std::nullopt},
      {"5", std::nullopt},
      {"h", std::nullopt},
      {"-5m", std::nullopt},
      {"5 m", std::nullopt},
      {"5y", std::nullopt},
      {"3654d", std::nullopt},
      {"99999999999999999999s", std::nullopt},
      {"9223372036854775807d", std::nullopt},
  };
  for (const auto& test : cases) {
    const auto parsed = parse_duration(test.text);
    ASSERT_EQ(parsed.ok(), test.expected.has_value()) << test.text;
    if (parsed.ok()) {
      EXPECT_EQ(*parsed, *test.expected) << test.text;
      EXPECT_EQ(*parse_duration(format_duration(*parsed)), *parsed) << test.text;
    } else {
      EXPECT_EQ(parsed.error().code, Errc::kBadRequest) << test.text;
    }
  }
  EXPECT_EQ(format_duration(minutes(90)), "1h30m");
  EXPECT_EQ(format_duration(Duration(0)), "0s");
}

}  // namespace
}  // namespace bourse::base
