#include "domain/confusable.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace bourse::domain {
namespace {

const std::vector<std::string> kKnown = {"google.test", "münchen.test", "uni-a.example"};

TEST(Confusable, LooksLikeAKnownDomain) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"gооgle.test", "google.test"},         // Cyrillic о
      {"xn--ggle-55da.test", "google.test"},  // the same as DNS has it
      {"goog1e.test", "google.test"},
      {"GOOG1E.test", "google.test"},
      {"ɡoogle.test", "google.test"},
      {"g00gle.test", ""},
      {"mϋnchen.test", "münchen.test"},
      {"unі-a.example", "uni-a.example"},
      {"uni–a.example", ""},  // no domain has that dash
  };
  for (const auto& [domain, known] : cases) {
    const auto found = confusable_with(domain, kKnown);
    EXPECT_EQ(found.value_or(""), known) << domain;
  }
}

TEST(Confusable, IsNotWhatItIs) {
  for (const std::string domain : {"google.test", "Google.Test", "münchen.test", "xn--mnchen-3ya.test", "munchen.test",
                                   "google.test.example", "oogle.test", "google-test", "пример.рф", "", "no domain"}) {
    EXPECT_EQ(confusable_with(domain, kKnown), std::nullopt) << domain;
  }
  EXPECT_EQ(confusable_with("gооgle.test", {}), std::nullopt);
  // Both are known: each is itself.
  const std::vector<std::string> both = {"google.test", "gооgle.test"};
  EXPECT_EQ(confusable_with("gооgle.test", both), std::nullopt);
}

}  // namespace
}  // namespace bourse::domain
