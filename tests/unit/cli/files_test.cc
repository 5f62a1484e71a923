// Files that people keep for the programs: secrets, settings, offers and requests as XML.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "xmpp/client_session.h"
#include "xmpp/client_xml.h"
#include "xmpp/config_files.h"
#include "xmpp/secret_file.h"

namespace bourse::xmpp {
namespace {

namespace fs = std::filesystem;
using base::Errc;

class Files : public testing::Test {
 protected:
  Files() {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Files() override { fs::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& content, mode_t mode) {
    const fs::path path = folder_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << content;
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path.string();
  }
  const fs::path folder_ = fs::temp_directory_path() / ("bourse-files-" + std::to_string(::getpid()));
};

TEST_F(Files, ASecretIsReadWithoutItsLastLineEnd) {
  EXPECT_EQ(*read_secret_file(write("a", "pass word\n", 0600)), "pass word");
  EXPECT_EQ(*read_secret_file(write("b", "two\n\n", 0400)), "two\n");
}

TEST_F(Files, ASecretThatOthersMayReadIsRefused) {
  for (const mode_t mode : {0640U, 0604U, 0620U, 0644U}) {
    const auto secret = read_secret_file(write("a", "password", mode));
    ASSERT_FALSE(secret.ok()) << mode;
    EXPECT_EQ(secret.error().code, Errc::kForbidden);
    EXPECT_NE(secret.error().text.find("chmod 600"), std::string::npos);
  }
}

TEST_F(Files, WhatIsNoSecretIsRefused) {
  EXPECT_EQ(read_secret_file((folder_ / "none").string()).error().code, Errc::kNotFound);
  EXPECT_EQ(read_secret_file(folder_.string()).error().code, Errc::kBadRequest);
  EXPECT_EQ(read_secret_file(write("empty", "\n", 0600)).error().code, Errc::kBadRequest);
  EXPECT_EQ(read_secret_file(write("long", std::string(70'000, 'x'), 0600)).error().code, Errc::kBadRequest);
}

TEST_F(Files, ASecretIsWrittenOnceAndPrivate) {
  const std::string path = (folder_ / "key").string();
  const mode_t before = ::umask(0);
  ASSERT_TRUE(write_secret_file(path, "secret").ok());
  ::umask(before);
  struct stat about {};
  ASSERT_EQ(::stat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  EXPECT_EQ(write_secret_file(path, "other").error().code, Errc::kConflict);
  EXPECT_EQ(*read_secret_file(path), "secret");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);  // no draft is left
}

TEST_F(Files, TheUsersSettingsGoFirst) {
  write("xdg/bourse/x.toml", "[a]\nb = \"user\"\n", 0600);
  const auto environment = [this](const std::string& name) -> std::optional<std::string> {
    return name == "XDG_CONFIG_HOME" ? std::optional((folder_ / "xdg").string()) : std::nullopt;
  };
  const auto config = load_config({"a.b"}, "x.toml", std::nullopt, environment);
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(*config->text("a.b"), "user");

  const std::string other = write("other.toml", "[a]\nb = \"named\"\n", 0600);
  EXPECT_EQ(*load_config({"a.b"}, "x.toml", other, environment)->text("a.b"), "named");
  EXPECT_EQ(load_config({"a.b"}, "x.toml", other + ".not", environment).error().code, Errc::kNotFound);
}

TEST(Loopback, IsKnownByName) {
  for (const char* host : {"localhost", "a.localhost", "127.0.0.1", "127.1.2.3", "::1"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const char* host :
       {"", "example.org", "localhost.example.org", "128.0.0.1", "127.0.0.1.example.org", "::2", "notlocalhost"}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

TEST(Loopback, PlainTextGoesNowhereElse) {
  ConnectOptions options;
  options.jid = *domain::Jid::parse("me@example.org");
  options.plain_on_loopback = true;
  EXPECT_FALSE(ClientSession::make(options).ok());
  options.host = "127.0.0.1";
  EXPECT_TRUE(ClientSession::make(options).ok());
  options.jid = *domain::Jid::parse("example.org");
  EXPECT_FALSE(ClientSession::make(options).ok());
}

struct Case {
  const char* name;
  std::string xml;
  const char* expected;  // part of the error; empty: it parses
};
class OfferFile : public testing::TestWithParam<Case> {};
TEST_P(OfferFile, Parses) {
  const auto offer = offer_from_xml(GetParam().xml);
  if (*GetParam().expected == '\0') {
    ASSERT_TRUE(offer.ok()) << offer.error().text;
    EXPECT_EQ(offer->resources.amount("cpu"), 4000);
  } else {
    ASSERT_FALSE(offer.ok());
    EXPECT_NE(offer.error().text.find(GetParam().expected), std::string::npos) << offer.error().text;
  }
}
const std::string kOpen = "<offer xmlns='urn:bourse:market:1'>";
INSTANTIATE_TEST_SUITE_P(
    Table, OfferFile,
    testing::Values(Case{"plain", kOpen + "<resource name='cpu' quantity='4'/></offer>", ""},
                    Case{"declaration_and_comments",
                         "<?xml version='1.0'?>\n<!-- mine -->\n" + kOpen +
                             "<!-- x\n --><resource name='cpu' quantity='4'/></offer>\n",
                         ""},
                    Case{"empty", " \n", "the file is empty"}, Case{"not_xml", "cpu = 4", "XML"},
                    Case{"unfinished", kOpen, "does not end"},
                    Case{"wrong_end", kOpen + "\n\n</resource>", "not well-formed"},
                    Case{"other_element", "<request xmlns='urn:bourse:market:1'/>", "expected <offer"},
                    Case{"other_namespace", "<offer><resource name='cpu' quantity='4'/></offer>", "expected <offer"},
                    Case{"bad_quantity", kOpen + "<resource name='cpu' quantity='-4'/></offer>", "-4"},
                    Case{"too_deep",
                         kOpen +
                             [] {
                               std::string nested;
                               for (int i = 0; i < 50'000; ++i) nested += "<a>";
                               return nested;
                             }(),
                         "too deeply"}),
    [](const auto& at) { return at.param.name; });

}  // namespace
}  // namespace bourse::xmpp
