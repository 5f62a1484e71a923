// A log that has changed its mind, a hostile folder, a wrong key: what verify, witnesses, export and usage make of it.
#include "cli/log_check.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "cli/log_folder.h"
#include "cli/log_growth.h"
#include "cli/usage_reader.h"
#include "cli/witness.h"
#include "unit/audit/written_log.h"
#include "unit/cli/served_log.h"

namespace bourse::cli {
namespace {

using base::Errc;
using base::Result;
using namespace std::chrono_literals;

const auto kNoCheckpoint = base::Error{Errc::kNotFound, "the pool has no checkpoint"};

audit::NoteSigner log_key(char seed) {
  return audit::NoteSigner::make("bourse.example.org/commons", SignatureType::kEd25519,
                                 base::SigningKey::from_raw(std::string(32, seed)).value())
      .value();
}

// Answers as `log` does, but for those questions that `instead` answers.
template <class Kind>
xmpp::LogClient client_but(const Log& log, std::function<Result<LogAnswer>(LogAnswer)> instead) {
  return xmpp::LogClient([&log, instead](const LogQuery& query) -> Result<LogAnswer> {
    if (std::holds_alternative<Kind>(query.what)) return instead(log.answer(query));
    return log.answer(query);
  });
}

xmpp::LogClient empty_market() {
  return xmpp::LogClient([](const LogQuery&) -> Result<LogAnswer> { return kNoCheckpoint; });
}

Result<std::vector<std::string>> nothing_announced() { return std::vector<std::string>(); }

struct Checked {
  Result<ExitCode> code;
  std::string result;
};
Checked check(xmpp::LogClient client, const LogMemory& memory, const LogCheckFlags& flags) {
  Findings findings(Format::kJson);
  auto code = check_log(client, flags, nothing_announced, memory, findings);
  return {code, findings.json().value("result", "")};
}

TEST(Witness, AlarmsWhenAllCheckpointsAreGone) {
  const Folder place;
  Log log;
  Witness witness(signer("witness.example.net/1", SignatureType::kCosignature), log.key.verifier(),
                  place.path("state"));
  auto empty = empty_market();
  const auto nothing_yet = witness.look(empty, 1);
  ASSERT_FALSE(nothing_yet.ok());
  EXPECT_EQ(nothing_yet.error().code, Errc::kNotFound);

  log.grow(33);
  auto client = log.client();
  ASSERT_TRUE(witness.look(client, 2).ok());
  const auto gone = witness.look(empty, 3);
  ASSERT_TRUE(gone.ok()) << gone.error().text;
  EXPECT_EQ(gone->growth, Growth::kRolledBack);
  EXPECT_EQ(gone->alarm, "the log is gone: it had 33 entries, and now the pool has no checkpoint");
  EXPECT_EQ(gone->evidence, place.path("state"));

  log.grow(3);
  auto no_proof = client_but<LogQuery::Consistency>(log, [](auto) { return kNoCheckpoint; });
  const auto unproven = witness.look(no_proof, 4);
  ASSERT_TRUE(unproven.ok());
  EXPECT_NE(unproven->alarm.find("has no proof that its 36 entries begin with the 33"), std::string::npos)
      << unproven->alarm;
}

TEST(Witness, IsNotAlarmedByAServersRefusal) {
  const Folder place;
  Log log;
  log.grow(33);
  Witness witness(signer("witness.example.net/1", SignatureType::kCosignature), log.key.verifier(),
                  place.path("state"));
  auto client = log.client();
  ASSERT_TRUE(witness.look(client, 1).ok());
  log.grow(1);
  auto refusing = client_but<LogQuery::Consistency>(log, [](auto) { return base::Error{Errc::kForbidden, "not you"}; });
  const auto refused = witness.look(refusing, 2);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kForbidden);
  EXPECT_FALSE(std::filesystem::exists(place.path("state.alarm")));
}

TEST(Witness, CanReadItsStateWhateverTheMarketAdded) {
  const Folder place;
  Log log;
  log.grow(5);
  const auto own = signer("witness.example.net/1", SignatureType::kCosignature);
  Witness witness(own, log.key.verifier(), place.path("state"));
  auto full = client_but<LogQuery::LastCheckpoint>(log, [](LogAnswer answer) {
    auto note = audit::parse_note(answer.checkpoint->note).value();
    while (note.signatures.size() < audit::kMaxNoteSignatures) {
      note.signatures.push_back({"other" + std::to_string(note.signatures.size()), 7, std::string(64, 'x')});
    }
    answer.checkpoint->note = audit::format_note(note);
    return answer;
  });
  ASSERT_TRUE(witness.look(full, 1).ok());
  const auto again = witness.look(full, 2);
  ASSERT_TRUE(again.ok()) << again.error().text;
  EXPECT_EQ(again->growth, Growth::kSame);
  const auto note = audit::parse_note(content(place.path("state"))).value();
  ASSERT_EQ(note.signatures.size(), 2U);
  EXPECT_EQ(note.signatures[0].name, log.key.verifier().name());
  EXPECT_EQ(note.signatures[1].name, own.verifier().name());
}

TEST(LogGrowth, TwoTreesOfOneSizeInOneBreathAreAFork) {
  Log log;
  log.grow(20);
  const auto older = opened(log).checkpoint;
  Log forked = log;
  forked.entries.push_back("one");
  log.entries.push_back("another");
  // Both follow from the older one; the proof comes with the other tree.
  auto client = forked.client();
  const auto growth = follow(client, older, opened(log), log.head().note, log.key.verifier());
  ASSERT_TRUE(growth.ok());
  EXPECT_EQ(growth->growth, Growth::kForked);
  EXPECT_NE(growth->problem.find("two roots are signed for its 21 entries"), std::string::npos) << growth->problem;
}

TEST(LogCheck, AnEmptyLogWhereThereWasOneFails) {
  const Folder place;
  Log log;
  log.grow(20);
  const LogMemory memory(place.path(), "bourse.example.org/commons");
  const LogCheckFlags flags{{{log.key.verifier().text()}, {}, 0}, {}};
  const auto first = check(empty_market(), memory, flags);
  ASSERT_FALSE(first.code.ok());
  EXPECT_EQ(first.code.error().code, Errc::kNotFound);

  EXPECT_EQ(check(log.client(), memory, flags).code.value(), kOk);
  const auto gone = check(empty_market(), memory, flags);
  EXPECT_EQ(gone.code.value(), kAuditFailed);
  EXPECT_EQ(gone.result, "FAILED: the log is gone: it had 20 entries, and now the pool has no checkpoint");
}

TEST(LogCheck, WhatKeepsItFromBeingVerifiedIsNoFailedVerification) {
  const Folder place;
  Log log;
  log.grow(20);
  const LogMemory memory(place.path(), "bourse.example.org/commons");
  LogCheckFlags flags{{{log.key.verifier().text()}, {}, 0}, place.path("no such file")};
  const auto missing = check(log.client(), memory, flags);
  ASSERT_FALSE(missing.code.ok());
  EXPECT_EQ(missing.code.error().code, Errc::kNotFound);

  overwrite(place.path("older"), log.head().note);
  flags.older = place.path("older");
  log.grow(5);
  const auto refused = check(client_but<LogQuery::Consistency>(log,
                                                               [](auto) {
                                                                 return base::Error{Errc::kForbidden, "not you"};
                                                               }),
                             memory, flags);
  ASSERT_FALSE(refused.code.ok());
  EXPECT_EQ(refused.code.error().code, Errc::kForbidden);

  auto other = log;
  other.key = log_key('x');
  EXPECT_EQ(check(client_but<LogQuery::Consistency>(log,
                                                    [&](LogAnswer answer) {
                                                      answer.checkpoint = other.head();
                                                      return answer;
                                                    }),
                  memory, flags)
                .code.value(),
            kAuditFailed)
      << "signed by somebody else";
  overwrite(place.path("older"), other.head().note);
  EXPECT_EQ(check(log.client(), memory, flags).code.value(), kAuditFailed) << "an older one by somebody else";
}

TEST(LogCheck, AWrongKeyIsNotPinned) {
  const Folder place;
  Log log;
  log.grow(20);
  const LogMemory memory(place.path(), "bourse.example.org/commons");
  const auto right = log.key.verifier().text();
  const auto wrong = log_key('w').verifier().text();
  EXPECT_EQ(check(log.client(), memory, {{{wrong}, {}, 0}, {}}).code.value(), kAuditFailed);
  EXPECT_EQ(memory.key().value(), std::nullopt);
  EXPECT_EQ(check(log.client(), memory, {{{right}, {}, 0}, {}}).code.value(), kOk);
  EXPECT_EQ(check(log.client(), memory, {{{wrong}, {}, 0}, {}}).code.value(), kAuditFailed);
  EXPECT_EQ(memory.key().value()->text(), right);
  EXPECT_EQ(check(log.client(), memory, {}).code.value(), kOk) << "with the pinned one";
}

TEST(LogCheck, AnOlderCheckpointMayBeByAKeyTheLogHadBefore) {
  const Folder place;
  Log log;
  log.grow(20);
  const auto former = log.key.verifier().text();
  overwrite(place.path("older"), log.head().note);
  log.grow(5);
  log.key = log_key('n');
  const auto present = log.key.verifier().text();
  const LogMemory memory(place.path(), "bourse.example.org/commons");
  EXPECT_EQ(check(log.client(), memory, {{{present}, {}, 0}, place.path("older")}).code.value(), kAuditFailed);
  const auto both = check(log.client(), memory, {{{present, former}, {}, 0}, place.path("older")});
  EXPECT_EQ(both.code.value(), kOk) << both.result;
  EXPECT_EQ(memory.key().value()->text(), present);
  EXPECT_EQ(check(log.client(), memory, {{{former, present}, {}, 0}, {}}).code.value(), kAuditFailed)
      << "the head is by the present key alone";
  overwrite(place.path("older"), content(place.path("older")).replace(30, 1, "9"));
  EXPECT_EQ(check(log.client(), memory, {{{present, former}, {}, 0}, place.path("older")}).code.value(), kAuditFailed);
}

TEST(LogFolder, APipeInsteadOfAFileKeepsNobodyWaiting) {
  const Folder place;
  const LogFolder folder(place.path());
  const audit::TileId tile{false, 0, 0, 5};
  std::filesystem::create_directories(std::filesystem::path(folder.file_of(tile)).parent_path());
  ASSERT_EQ(::mkfifo(folder.checkpoint_file().c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo(folder.file_of(tile).c_str(), 0600), 0);
  ::alarm(20);  // instead of for ever
  const auto note = folder.read_checkpoint();
  const auto hashes = folder.read(tile);
  ::alarm(0);
  EXPECT_EQ(note.error().text, folder.checkpoint_file() + ": is not a file");
  EXPECT_EQ(hashes.error().code, Errc::kBadRequest);
}

TEST(LogFolder, AnExportGoesOnOnlyWithTheSameLog) {
  const Folder place;
  const LogFolder folder(place.path());
  Log log;
  log.grow(20);
  auto client = log.client();
  EXPECT_EQ(head_to_export(client, folder)->size, 20U) << "nothing is there";
  ASSERT_TRUE(folder.write_checkpoint(log.head().note).ok());
  EXPECT_EQ(head_to_export(client, folder)->size, 20U);
  struct Case {
    const char* name;
    std::function<void(Log&)> change;
    std::optional<Errc> refused;
  };
  const Case cases[] = {
      {"grown", [](Log& each) { each.grow(3); }, std::nullopt},
      {"grown, with a new key",
       [](Log& each) {
         each.grow(3);
         each.key = log_key('n');
       },
       std::nullopt},
      {"rolled back", [](Log& each) { each.entries.pop_back(); }, Errc::kCorrupt},
      {"forked", [](Log& each) { each.entries[3] = "x"; }, Errc::kCorrupt},
      {"forked and grown",
       [](Log& each) {
         each.entries[3] = "x";
         each.grow(3);
       },
       Errc::kCorrupt},
      {"another log",
       [](Log& each) {
         each.grow(3);
         each.key = signer("bourse.example.org/commons/2", SignatureType::kEd25519);
       },
       Errc::kConflict},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    Log changed = log;
    test.change(changed);
    auto changed_client = changed.client();
    const auto head = head_to_export(changed_client, folder);
    EXPECT_EQ(head.ok(), !test.refused.has_value());
    if (head) {
      EXPECT_EQ(head->note, changed.head().note);
    } else {
      EXPECT_EQ(head.error().code, test.refused) << head.error().text;
    }
  }
  ASSERT_TRUE(folder.write_checkpoint("something else").ok());
  EXPECT_EQ(head_to_export(client, folder).error().code, Errc::kConflict);
}

// Two grants for an hour, each released after half of it: one whose end is missed counts as an hour.
Log used_log() {
  audit::WrittenLog written;
  for (const std::uint64_t grant : {1U, 2U}) {
    written.start(written.make_grant("o", "lab@a.test", "r", "ana@b.test", audit::resources({{"cpu", "1"}})));
    written.pass(30min);
    written.end(grant, audit::EntryKind::kGrantReleased, domain::GrantState::kReleased);
  }
  Log log;
  for (const auto& entry : written.entries) log.entries.push_back(audit::encode(entry));
  return log;
}

double hours(const audit::Usage& usage) {
  double sum = 0;
  for (const auto& line : usage.lines(base::Timestamp(std::chrono::sys_days{std::chrono::year(2026) / 12 / 1}))) {
    sum += line.given;
  }
  return sum;
}
const auto kLater = base::Timestamp(std::chrono::sys_days{std::chrono::year(2027) / 1 / 1});

TEST(UsageReader, AsksAgainForWhatDidNotFitIntoAnAnswer) {
  auto log = used_log();
  log.at_once = 1;
  auto client = log.client();
  std::vector<domain::AuditIndex> all;
  for (std::uint64_t i = log.entries.size(); i-- > 0;) all.push_back({i});
  audit::Usage some(audit::UsageBy::kProvider);
  ASSERT_TRUE(count_some(client, all, some, kLater).ok());
  EXPECT_DOUBLE_EQ(hours(some), 1.0);
  log.at_once = 100;
  auto backwards = client_but<LogQuery::Receipts>(log, [](LogAnswer answer) {
    std::ranges::reverse(answer.receipts);
    return answer;
  });
  audit::Usage in_order(audit::UsageBy::kProvider);
  ASSERT_TRUE(count_some(backwards, all, in_order, kLater).ok());
  EXPECT_DOUBLE_EQ(hours(in_order), 1.0) << "whatever the order of the answer";
  audit::Usage whole(audit::UsageBy::kProvider);
  ASSERT_TRUE(count_all(client, whole, kLater).ok());
  EXPECT_DOUBLE_EQ(hours(whole), 1.0);
}

TEST(UsageReader, AMarketThatAnswersSomethingElseIsToldOf) {
  const auto log = used_log();
  std::size_t asked = 0;
  auto first_again = client_but<LogQuery::Entries>(log, [&](LogAnswer) -> Result<LogAnswer> {
    if (++asked > 10) return base::Error{Errc::kInternal, "asked for ever"};
    LogAnswer answer;
    answer.entries.push_back({{0}, log.entries[0]});
    return answer;
  });
  audit::Usage usage(audit::UsageBy::kProvider);
  const auto counted = count_all(first_again, usage, kLater);
  ASSERT_FALSE(counted.ok());
  EXPECT_EQ(counted.error().code, Errc::kCorrupt);
  EXPECT_EQ(counted.error().text, "the log has no entry 1, but its signed checkpoint is of 4 entries");
}

}  // namespace
}  // namespace bourse::cli
