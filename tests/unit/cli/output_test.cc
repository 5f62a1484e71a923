#include "cli/output.h"

#include <gtest/gtest.h>

#include "cli/exit_code.h"
#include "cli/grant_output.h"

namespace bourse::cli {
namespace {

Table sample() {
  Table table({{"ID"}, {"STATE"}, {"NOTE", true}});
  table.add({"g1", "active", "x"});
  table.add({"größer", "revoked", "y\033[2J"});
  return table;
}

TEST(Output, TableAlignsByCharacters) {
  EXPECT_EQ(sample().text(false, false),
            "ID      STATE\n"
            "g1      active\n"
            "größer  revoked\n");
}

TEST(Output, WideShowsAllAndNoControlCharacters) {
  EXPECT_EQ(sample().text(true, false),
            "ID      STATE    NOTE\n"
            "g1      active   x\n"
            "größer  revoked  y?[2J\n");
}

TEST(Output, NoControlCharacterIsLeft) {
  EXPECT_EQ(printable("a\x7F\xC2\x80"
                      "b\xC2\x9B"
                      "2J\xC2\x9F\xC2"),
            "a??b?2J?\xC2");
  EXPECT_EQ(printable("\u00A0\u00FC\u2014\u041B"), "\u00A0\u00FC\u2014\u041B") << "letters that share bytes with them";
  EXPECT_EQ(printable_lines("a\u009B1m\n\n\u2014 b\n"), "a?1m\n\n\u2014 b\n");
  EXPECT_EQ(printable_lines("no end\r"), "no end?");
}

TEST(Output, ColourDoesNotMoveColumns) {
  EXPECT_EQ(sample().text(false, true),
            "\033[1mID\033[0m      \033[1mSTATE\033[0m\n"
            "g1      \033[32mactive\033[0m\n"
            "größer  \033[31mrevoked\033[0m\n");
}

TEST(Output, WithoutRowsTheTitles) { EXPECT_EQ(Table({{"A"}, {"B"}}).text(false, false), "A  B\n"); }

TEST(Output, Record) {
  const xmpp::Json record{{"id", "g1"}, {"devices", {1, 2}}, {"fence", 42}};
  EXPECT_EQ(record_text(record, false), "id       g1\ndevices  [1,2]\nfence    42\n");
}

domain::Grant grant() {
  domain::Grant made;
  made.id = {42};
  made.offer = {"desk"};
  made.request = {"r1"};
  made.provider = *domain::Jid::parse("lab@example.org");
  made.consumer = *domain::Jid::parse("me@example.org");
  EXPECT_TRUE(made.resources.add("cpu", 1500).ok());
  EXPECT_TRUE(made.resources.add("gpu", 500).ok());
  made.devices = {{1, 500}};
  made.expires = made.started + std::chrono::hours(2);
  return made;
}

TEST(Output, GrantRowNeverShowsTheTicket) {
  Table table = grant_table();
  add_grant(table, {grant(), "secret-ticket"});
  const std::string wide = table.text(true, false);
  EXPECT_EQ(wide.find("secret-ticket"), std::string::npos);
  EXPECT_NE(wide.find("g42  active  lab@example.org  desk   cpu 1500m, gpu 500m  1970-01-01T02:00:00Z"),
            std::string::npos)
      << wide;
  EXPECT_NE(wide.find("1:500m"), std::string::npos) << wide;
}

TEST(Output, GrantAsJson) {
  const auto json = xmpp::to_json(xmpp::GrantPayload{grant(), "t"});
  EXPECT_EQ(json.dump(),
            R"({"id":"g42","offer":"desk","request":"r1","provider":"lab@example.org","consumer":"me@example.org",)"
            R"("state":"active","resources":{"cpu":"1500m","gpu":"500m"},"devices":[{"index":1,"quantity":"500m"}],)"
            R"("ahead":false,)"
            R"("started":"1970-01-01T00:00:00Z","expires":"1970-01-01T02:00:00Z","fence":42,"ticket":"t"})");
}

struct CodeCase {
  base::Errc code;
  ExitCode expected;
};

TEST(ExitCodes, AreThePromisedOnes) {
  using base::Errc;
  for (const auto& [code, expected] :
       {CodeCase{Errc::kBadRequest, kUsage}, CodeCase{Errc::kInvalidPayload, kUsage},
        CodeCase{Errc::kPayloadRequired, kUsage}, CodeCase{Errc::kItemRequired, kUsage},
        CodeCase{Errc::kNodeRequired, kUsage}, CodeCase{Errc::kInvalidJid, kUsage},
        CodeCase{Errc::kNotAcceptable, kUsage}, CodeCase{Errc::kPayloadTooBig, kUsage},
        CodeCase{Errc::kNotSubscribed, kNotFound}, CodeCase{Errc::kNotFound, kNotFound},
        CodeCase{Errc::kForbidden, kNotAllowed}, CodeCase{Errc::kConflict, kConflict},
        CodeCase{Errc::kCorrupt, kAuditFailed}, CodeCase{Errc::kResourceConstraint, kTryAgain},
        CodeCase{Errc::kUnavailable, kTryAgain}, CodeCase{Errc::kUnsupported, kFailure},
        CodeCase{Errc::kInternal, kFailure}}) {
    EXPECT_EQ(exit_code(code), expected) << static_cast<int>(code);
  }
  EXPECT_EQ(static_cast<int>(kTryAgain), 75);
  EXPECT_EQ(static_cast<int>(kAuditFailed), 6);
}

}  // namespace
}  // namespace bourse::cli
