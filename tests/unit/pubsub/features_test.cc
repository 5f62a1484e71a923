#include "pubsub/features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace bourse::pubsub {
namespace {

std::string readme() {
  std::ifstream file(BOURSE_SOURCE_DIR "/services/lib/pubsub/README.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// "| `access-open` | yes | …"
struct Row {
  std::string name;
  std::string implemented;
};
std::vector<Row> rows_of_readme() {
  std::vector<Row> rows;
  std::istringstream lines(readme());
  bool within = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) within = line == "## Features of XEP-0060 and XEP-0248";
    if (!within || !line.starts_with("| `")) continue;
    const auto end = line.find('`', 3);
    const auto from = line.find("| ", end) + 2;
    rows.push_back({line.substr(3, end - 3), line.substr(from, line.find(" |", from) - from)});
  }
  return rows;
}

TEST(Features, EachHasItsRowInTheReadme) {
  const auto rows = rows_of_readme();
  ASSERT_EQ(rows.size(), features().size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Feature& feature = features()[i];
    EXPECT_EQ(rows[i].name, feature.name);
    const std::string_view expected = feature.announced == Announced::kYes  ? "yes"
                                      : feature.announced == Announced::kNo ? "no"
                                                                            : "by policy";
    EXPECT_EQ(rows[i].implemented, expected) << feature.name;
    EXPECT_FALSE(feature.meaning.empty()) << feature.name;
  }
}

TEST(Features, FilesNamedAsTestsAreThere) {
  std::set<std::string> there;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(BOURSE_SOURCE_DIR "/tests")) {
    there.insert(entry.path().filename().string());
  }
  const std::string text = readme();
  const std::regex named("`([A-Za-z0-9_.-]+(_test\\.cc|_test\\.py|\\.txt))`");
  std::size_t found = 0;
  for (auto at = std::sregex_iterator(text.begin(), text.end(), named); at != std::sregex_iterator(); ++at, ++found) {
    EXPECT_EQ(there.count((*at)[1].str()), 1U) << (*at)[1].str();
  }
  EXPECT_GT(found, features().size());
}

TEST(Features, AutoCreateIsAnnouncedWhenItIsSwitchedOn) {
  const auto without = announced(Policy{});
  const auto with = announced(Policy{.auto_create = true});
  EXPECT_EQ(with.size(), without.size() + 1);
  EXPECT_EQ(std::count(without.begin(), without.end(), "auto-create"), 0);
  EXPECT_EQ(std::count(with.begin(), with.end(), "auto-create"), 1);
  EXPECT_TRUE(std::is_sorted(with.begin(), with.end()));
}

// access-… names the default model, and there is one default.
TEST(Features, TheDefaultAccessModelIsAnnounced) {
  for (const auto name : announced(Policy{})) {
    if (name.starts_with("access-")) {
      EXPECT_EQ(name, "access-open");
    }
  }
  EXPECT_EQ(NodeConfig{}.access, AccessModel::kOpen);
}

}  // namespace
}  // namespace bourse::pubsub
