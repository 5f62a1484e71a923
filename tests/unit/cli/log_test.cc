// A log behind LogClient, honest or not: exports, their verification, receipts, witnesses and trails.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "audit/entry_bundle.h"
#include "cli/findings.h"
#include "cli/grant_trail.h"
#include "cli/log_folder.h"
#include "cli/log_growth.h"
#include "cli/log_memory.h"
#include "cli/receipt_check.h"
#include "cli/witness.h"
#include "unit/cli/served_log.h"

namespace bourse::cli {
namespace {

TEST(LogFolder, AnExportOfAnySizeIsVerified) {
  for (const std::size_t size : {1U, 255U, 256U, 257U, 700U, 65'536U, 65'537U + 256U}) {
    SCOPED_TRACE(size);
    const Folder place;
    Log log;
    log.grow(size);
    log.at_once = size > 1000 ? 10'000 : 100;
    auto client = log.client();
    const LogFolder folder(place.path());
    const auto exported = export_log(client, size, folder, kQuiet);
    ASSERT_TRUE(exported.ok()) << exported.error().text;
    EXPECT_EQ(exported->written, export_total(size));
    const auto check = check_folder(folder, opened(log).checkpoint, {}, kQuiet);
    EXPECT_EQ(check.problems, std::vector<std::string>());
    EXPECT_EQ(check.entries, size);
    EXPECT_EQ(check.tiles + (size + 255) / 256, export_total(size));
  }
}

TEST(LogFolder, AnExportGoesOnWhereItWas) {
  const Folder place;
  Log log;
  log.grow(600);
  auto client = log.client();
  const LogFolder folder(place.path());
  ASSERT_TRUE(export_log(client, 600, folder, kQuiet).ok());
  log.grow(100);
  const auto again = export_log(client, 700, folder, kQuiet);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->kept, 4U);     // two full bundles, two full tiles
  EXPECT_EQ(again->written, 3U);  // a bundle, a tile, the one above
  EXPECT_EQ(check_folder(folder, opened(log).checkpoint, {}, kQuiet).problems, std::vector<std::string>());
}

TEST(LogFolder, EveryChangeIsFound) {
  struct Case {
    const char* name;
    std::string file;
    std::function<std::string(std::string)> change;  // empty result: the file is gone
    std::string problem;
  };
  const auto flip = [](std::string text) {
    text.back() = static_cast<char>(text.back() ^ 1);
    return text;
  };
  const auto cut = [](std::string text) { return text.substr(0, text.size() - 1); };
  const auto gone = [](const std::string&) { return std::string(); };
  const Case cases[] = {
      {"an entry", "tile/entries/001", flip, "tile/0/001: its hashes"},
      {"the end of a bundle", "tile/entries/002.p/188", cut, "tile/entries/002.p/188"},
      {"no bundle", "tile/entries/000", gone, "tile/entries/000"},
      {"a tile", "tile/0/000", flip, "tile/0/000: its hashes"},
      {"a partial tile", "tile/0/002.p/188", cut, "tile/0/002.p/188: its hashes"},
      {"a tile above", "tile/1/000.p/2", flip, "tile/1/000.p/2: its hashes"},
      {"no tile", "tile/0/001", gone, "tile/0/001"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    const Folder place;
    Log log;
    log.grow(700);
    auto client = log.client();
    const LogFolder folder(place.path());
    ASSERT_TRUE(export_log(client, 700, folder, kQuiet).ok());
    const auto changed = test.change(content(place.path(test.file)));
    if (changed.empty()) {
      std::filesystem::remove(place.path(test.file));
    } else {
      overwrite(place.path(test.file), changed);
    }
    const auto check = check_folder(folder, opened(log).checkpoint, {}, kQuiet);
    ASSERT_FALSE(check.problems.empty());
    EXPECT_NE(check.problems.front().find(test.problem), std::string::npos) << check.problems.front();
  }
}

TEST(LogFolder, AMarketThatHasNotAllItSignedIsCaught) {
  const Folder place;
  Log log;
  log.grow(300);
  auto client = log.client();
  const auto exported = export_log(client, 310, LogFolder(place.path()), kQuiet);
  ASSERT_FALSE(exported.ok());
  EXPECT_EQ(exported.error().code, base::Errc::kCorrupt);
  EXPECT_EQ(exported.error().text, "the log has no entry 300, but its signed checkpoint is of 310 entries");
}

TEST(LogFolder, ARewrittenLogIsFoundByAnOlderCheckpoint) {
  const Folder place;
  Log log;
  log.grow(300);
  const auto older = opened(log).checkpoint;
  log.grow(100);
  const auto later = opened(log).checkpoint;
  Log rewritten;
  rewritten.grow(350);
  rewritten.entries[7] = "something else";
  auto client = rewritten.client();
  const LogFolder folder(place.path());
  ASSERT_TRUE(export_log(client, 350, folder, kQuiet).ok());
  const auto head = opened(rewritten).checkpoint;
  EXPECT_TRUE(check_folder(folder, head, {}, kQuiet).problems.empty());
  EXPECT_EQ(check_folder(folder, head, {{older}}, kQuiet).problems.size(), 1U);
  EXPECT_EQ(check_folder(folder, head, {{later}}, kQuiet).problems.size(), 1U) << "rolled back";
}

TEST(LogClient, AsksAgainForWhatWasCutAndLeavesOutWhatIsNotSigned) {
  Log log;
  log.grow(10);
  log.at_once = 3;
  auto client = log.client();
  const auto proofs = client.receipts({{0}, {11}, {1}, {2}, {3}, {4}, {99}});
  ASSERT_TRUE(proofs.ok());
  std::vector<std::uint64_t> indices;
  for (const auto& proof : *proofs) indices.push_back(proof.index);
  EXPECT_EQ(indices, (std::vector<std::uint64_t>{0, 1, 2, 3, 4}));
  const audit::TrustPolicy trust{log.key.verifier(), {}, 0};
  for (const auto& proof : *proofs) EXPECT_TRUE(audit::check_tlog_proof(proof, proof.extra, trust)->ok());
  EXPECT_EQ(client.entries(10).error().code, base::Errc::kNotFound);
}

TEST(Receipt, IsJudgedWithItsSteps) {
  Log log;
  log.grow(10);
  auto client = log.client();
  auto proof = client.receipts({{6}}).value().front();
  const audit::TrustPolicy trust{log.key.verifier(), {}, 0};
  Findings good(Format::kJson);
  EXPECT_EQ(check_receipt(proof, trust, good), kOk);
  EXPECT_EQ(good.json()["result"], "the entry is in the log");
  EXPECT_EQ(good.json()["step"].size(), 4U);
  EXPECT_EQ(good.json()["computed"], good.json()["expected"]);
  struct Case {
    const char* name;
    std::function<void(audit::TlogProof&, audit::TrustPolicy&)> spoil;
  };
  const Case cases[] = {
      {"entry", [](auto& each, auto&) { each.extra[3] = static_cast<char>(each.extra[3] ^ 1); }},
      {"no entry", [](auto& each, auto&) { each.extra.clear(); }},
      {"index", [](auto& each, auto&) { each.index = 7; }},
      {"hash", [](auto& each, auto&) { each.inclusion[1][5] ^= 1U; }},
      {"another key",
       [](auto&, auto& with) { with.log = signer("yet.example.org/commons", SignatureType::kEd25519).verifier(); }},
      {"quorum", [](auto&, auto& with) { with.quorum = 1; }},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    auto changed = proof;
    auto policy = trust;
    test.spoil(changed, policy);
    Findings findings(Format::kJson);
    EXPECT_EQ(check_receipt(changed, policy, findings), kAuditFailed);
  }
}

TEST(Witness, CosignsWhatGrowsAndAlarmsOfAllElse) {
  const Folder place;
  const auto file = place.path("state");
  Log log;
  log.grow(20);
  auto client = log.client();
  const auto key = signer("witness.example.net/1", SignatureType::kCosignature);
  Witness witness(key, log.key.verifier(), file);
  const auto first = witness.look(client, 1'700'000'000);
  ASSERT_TRUE(first.ok()) << first.error().text;
  EXPECT_EQ(first->growth, std::nullopt);
  log.grow(13);
  EXPECT_EQ(witness.look(client, 1'700'000'001)->growth, Growth::kGrown);
  EXPECT_EQ(witness.look(client, 1'700'000'002)->growth, Growth::kSame);
  const auto kept = content(file);
  const auto note = audit::parse_note(kept).value();
  EXPECT_EQ(note.signatures.size(), 2U);
  const auto own = key.verifier();
  EXPECT_EQ(audit::verify_cosignatures(note, {&own, 1}).value(),
            (std::vector<audit::Witnessed>{{"witness.example.net/1", 1'700'000'002}}));

  struct Case {
    const char* name;
    std::function<void(Log&)> spoil;
    std::optional<Growth> growth;
  };
  const Case cases[] = {
      {"same size", [](Log& each) { each.entries[3] = "x"; }, Growth::kForked},
      {"longer",
       [](Log& each) {
         each.entries[3] = "x";
         each.grow(5);
       },
       Growth::kForked},
      {"shorter", [](Log& each) { each.entries.resize(30); }, Growth::kRolledBack},
      {"another key", [](Log& each) { each.key = signer("other.example.org/commons", SignatureType::kEd25519); },
       std::nullopt},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    Log bad;
    bad.grow(33);
    test.spoil(bad);
    auto other = bad.client();
    const auto found = witness.look(other, 1'700'000'003);
    ASSERT_TRUE(found.ok());
    EXPECT_FALSE(found->alarm.empty());
    EXPECT_EQ(found->growth, test.growth);
    EXPECT_EQ(content(found->evidence), bad.head().note);
    EXPECT_EQ(content(file), kept) << "the state is as it was";
  }
}

TEST(LogMemory, RemembersUnderANameThatIsAFilesName) {
  EXPECT_EQ(file_name_of("a.example/../x y"), "a.example%2F..%2Fx%20y");
  const Folder place;
  const LogMemory memory(place.path("new/folder"), "bourse.example.org/commons");
  EXPECT_EQ(memory.key().value(), std::nullopt);
  EXPECT_EQ(memory.checkpoint().value(), std::nullopt);
  const auto key = Log().key.verifier();
  ASSERT_TRUE(memory.keep_key(key).ok());
  ASSERT_TRUE(memory.keep_checkpoint("a note\n").ok());
  EXPECT_EQ(memory.key().value()->text(), key.text());
  EXPECT_EQ(memory.checkpoint().value(), "a note\n");
  EXPECT_EQ(read_key(memory.key_file())->text(), key.text());
  EXPECT_FALSE(read_key("no such key").ok());
  ASSERT_TRUE(memory.set_aside_checkpoint().ok());
  EXPECT_EQ(memory.checkpoint().value(), std::nullopt);
  EXPECT_EQ(content(memory.checkpoint_file() + ".1"), "a note\n");
}

TEST(GrantTrail, HasTheGrantAndWhatBelongsToIt) {
  using enum audit::EntryKind;
  std::vector<market::AuditRecord> around;
  const auto add = [&](std::uint64_t index, audit::EntryKind kind, const char* offer, const char* request,
                       std::uint64_t grant) {
    audit::Entry entry;
    entry.kind = kind;
    entry.offer = {offer};
    entry.request = {request};
    entry.grant = {grant};
    around.push_back({{index}, entry});
  };
  add(9, kGrantReleased, "o", "r", 2);  // given in no order
  add(1, kOfferPublished, "o", "", 0);  // an earlier life of the offer
  add(2, kOfferWithdrawn, "o", "", 0);
  add(3, kRequestSubmitted, "", "r", 0);
  add(4, kOfferPublished, "o", "", 0);
  add(5, kGrantStarted, "o", "q", 1);  // another's
  add(6, kGrantStarted, "o", "r", 2);
  add(6, kGrantStarted, "o", "r", 2);  // twice: of the grant, and of its request
  add(10, kOfferWithdrawn, "o", "", 0);
  std::vector<std::uint64_t> indices;
  for (const auto& record : grant_trail({2}, around)) indices.push_back(record.index.value);
  EXPECT_EQ(indices, (std::vector<std::uint64_t>{3, 4, 6, 9}));
  EXPECT_TRUE(grant_trail({3}, around).empty());
}

}  // namespace
}  // namespace bourse::cli
