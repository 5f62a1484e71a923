// Questions about the log: everything proved verifies with what a stranger has, and nobody sees what is not theirs.
#include "market/log_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/proof.h"
#include "log_fixture.h"
#include "market_fixture.h"
#include "support/fake_store.h"

namespace bourse::market {
namespace {

using base::Errc;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kSigned = 700;   // entries in the last checkpoint
constexpr std::uint64_t kThere = 710;    // … and in the log
constexpr std::uint64_t kEarlier = 300;  // in the one before

const Viewer kAuditor{jid("auditor@a.test"), true};
const Viewer kAnn{jid("ann@a.test"), false};    // provider of every third entry
const Viewer kCarl{jid("carl@c.test"), false};  // consumer of grant 7's
const Viewer kEve{jid("eve@e.test"), false};    // nothing's

audit::Proof proof_of(const std::vector<std::string>& hashes) {
  audit::Proof proof;
  for (const auto& hash : hashes) proof.push_back(audit::hash_of_bytes(hash));
  return proof;
}

class LogAnswers : public ::testing::Test {
 protected:
  LogAnswers() {
    Pool pool;
    const auto lease = store_.acquire({"commons"}, "test", pool.state);
    std::vector<audit::Entry> entries;
    for (std::uint64_t i = 0; i < kThere; ++i) entries.push_back(entry(i));
    Batch first = batch(lease->epoch, lease->last_batch + 1);
    append(first, entries, 0, kEarlier);
    integrate(first, kEarlier);
    Batch second = batch(lease->epoch, lease->last_batch + 2);
    append(second, entries, kEarlier, kThere);
    integrate(second, kSigned);
    for (const auto& each : {first, second}) {
      const auto result = store_.commit(each);
      EXPECT_EQ(result.outcome, CommitOutcome::kCommitted) << result.text;
    }
  }

  static audit::Entry entry(std::uint64_t i) {
    audit::Entry entry{.kind = audit::EntryKind::kOfferPublished, .provider = jid("bob@b.test"), .offer = {"o"}};
    if (i % 3 == 0) entry.provider = jid("ann@a.test");
    if (i % 5 == 0) entry.actor = jid("dora@d.test/pc");
    if (i % 100 != 7) return entry;
    entry.kind = audit::EntryKind::kGrantRenewed;
    entry.consumer = jid("carl@c.test");
    entry.grant = {7};
    return entry;
  }
  static Batch batch(std::uint64_t epoch, std::uint64_t number) {
    Batch batch;
    batch.epoch = epoch;
    batch.number = number;
    return batch;
  }
  void append(Batch& batch, const std::vector<audit::Entry>& entries, std::uint64_t from, std::uint64_t until) {
    for (auto i = from; i < until; ++i) {
      batch.audit.push_back({{i}, audit::encode(entries[i])});
      batch.audit_entries.push_back(entries[i]);
      leaves_.push_back(audit::leaf_hash(batch.audit.back().entry));
    }
    batch.counters.next_audit = {until};
  }
  void integrate(Batch& batch, std::uint64_t size) {
    while (edge_.size() < size) edge_.append(leaves_[edge_.size()]);
    for (auto& [tile, bytes] : edge_.take_changes()) batch.log_tiles.push_back({tile.level, tile.index, bytes});
    batch.checkpoints.push_back(
        {size, clock_.now(), audit::sign_checkpoint({kOrigin, size, edge_.root(), {}}, log_signer())});
  }

  base::Result<LogAnswer> ask(decltype(LogQuery::what) what, const Viewer& viewer) {
    return answer_log(store_, {{"commons"}, std::move(what)}, viewer);
  }
  static audit::Checkpoint signed_in(const LogAnswer& answer) {
    return audit::open_checkpoint(answer.checkpoint.value().note, log_signer().verifier()).value().checkpoint;
  }
  [[nodiscard]] audit::Hash root_of(std::uint64_t size) const {
    return audit::oracle::root(audit::oracle::Leaves(leaves_).first(size));
  }
  static std::vector<std::uint64_t> indices(const LogAnswer& answer) {
    std::vector<std::uint64_t> found;
    for (const auto& receipt : answer.receipts) found.push_back(receipt.index.value);
    return found;
  }
  static void check(const LogAnswer& answer) {
    const auto head = signed_in(answer);
    for (const auto& receipt : answer.receipts) {
      const auto leaf = audit::leaf_hash(receipt.entry);
      const auto checked =
          audit::check_inclusion(leaf, receipt.index.value, head.size, head.root, proof_of(receipt.hashes));
      EXPECT_TRUE(checked.ok()) << receipt.index.value << ": " << checked.problem;
    }
  }
  LogQuery::Receipts receipts(std::vector<std::uint64_t> wanted) {
    LogQuery::Receipts query;
    for (const auto index : wanted) query.indices.push_back({index});
    return query;
  }

  base::ManualClock clock_{base::Timestamp(std::chrono::hours(24))};
  test::FakeStore store_{clock_};
  audit::TileEdge edge_;
  std::vector<audit::Hash> leaves_;
};

TEST_F(LogAnswers, CheckpointsAreAnybodys) {
  const auto last = ask(LogQuery::LastCheckpoint{}, kEve);
  ASSERT_TRUE(last.ok()) << last.error().text;
  EXPECT_EQ(signed_in(*last), (audit::Checkpoint{kOrigin, kSigned, root_of(kSigned), {}}));
  const std::pair<std::uint64_t, std::uint64_t> cases[] = {{0, kEarlier}, {kEarlier, kEarlier}, {301, kSigned}};
  for (const auto& [least, size] : cases) {
    const auto found = ask(LogQuery::CheckpointOf{least}, kEve);
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(signed_in(*found).size, size);
  }
  EXPECT_EQ(ask(LogQuery::CheckpointOf{kSigned + 1}, kAuditor).error().code, Errc::kNotFound);
}

TEST_F(LogAnswers, ConsistencyFromEverySize) {
  for (std::uint64_t from = 0; from <= kSigned; ++from) {
    const auto answer = ask(LogQuery::Consistency{from}, kEve);
    ASSERT_TRUE(answer.ok()) << from << ": " << answer.error().text;
    const auto head = signed_in(*answer);
    const auto checked =
        audit::check_consistency(from, root_of(from), head.size, head.root, proof_of(answer->consistency));
    EXPECT_TRUE(checked.ok()) << from << ": " << checked.problem;
  }
  EXPECT_EQ(ask(LogQuery::Consistency{kSigned + 1}, kEve).error().code, Errc::kBadRequest);
}

TEST_F(LogAnswers, ReceiptsVerifyAndHaveTheEntriesBytes) {
  for (std::uint64_t from = 0; from < kSigned; from += kMostReceipts) {
    std::vector<std::uint64_t> wanted;
    for (auto i = from; i < std::min(from + kMostReceipts, kSigned); ++i) wanted.push_back(i);
    const auto answer = ask(receipts(wanted), kAuditor);
    ASSERT_TRUE(answer.ok()) << answer.error().text;
    EXPECT_EQ(indices(*answer), wanted);
    check(*answer);
  }
  const auto few = ask(receipts({7, 9, 256, 699, 7}), kAuditor);
  ASSERT_TRUE(few.ok());
  EXPECT_THAT(indices(*few), ElementsAre(7, 9, 256, 699)) << "each once";
  check(*few);
  EXPECT_EQ(few->receipts[0].entry, audit::encode(entry(7)));
}

TEST_F(LogAnswers, EntriesNotCoveredYetHaveNoReceipt) {
  const auto answer = ask(receipts({699, 700, 705, 5'000'000'000}), kAuditor);
  ASSERT_TRUE(answer.ok()) << answer.error().text;
  EXPECT_THAT(indices(*answer), ElementsAre(699));
}

TEST_F(LogAnswers, ReceiptsByIndexAreForThePartiesOnly) {
  const struct {
    const char* what;
    Viewer viewer;
    std::vector<std::uint64_t> wanted;
    bool allowed;
  } cases[] = {{"provider", kAnn, {0, 3, 6}, true},
               {"somebody else's among them", kAnn, {0, 3, 4}, false},
               {"consumer", kCarl, {7, 107}, true},
               {"not of the grant", kCarl, {8}, false},
               {"actor, by another session", {jid("dora@d.test"), false}, {5, 10}, true},
               {"nobody", kEve, {7}, false},
               {"auditor", kAuditor, {7, 8, 9}, true}};
  for (const auto& [what, viewer, wanted, allowed] : cases) {
    const auto answer = ask(receipts(wanted), viewer);
    EXPECT_EQ(answer.ok(), allowed) << what;
    if (answer.ok()) {
      check(*answer);
    } else {
      EXPECT_EQ(answer.error().code, Errc::kForbidden) << what;
    }
  }
}

TEST_F(LogAnswers, ReceiptsOfAGrantAreThoseTheViewerMayHave) {
  LogQuery::Receipts query;
  query.grant = domain::GrantId{7};
  const auto of = [&](const Viewer& viewer) {
    const auto answer = ask(query, viewer);
    EXPECT_TRUE(answer.ok());
    check(*answer);
    return indices(*answer);
  };
  EXPECT_THAT(of(kCarl), ElementsAre(7, 107, 207, 307, 407, 507, 607)) << "707 is not signed yet";
  EXPECT_EQ(of(kAuditor), of(kCarl));
  EXPECT_THAT(of(kAnn), ElementsAre(207, 507)) << "the provider of these only";
  EXPECT_THAT(of(kEve), IsEmpty());
  query.grant = domain::GrantId{8};
  EXPECT_THAT(of(kAuditor), IsEmpty());
}

TEST_F(LogAnswers, TilesAreAnybodys) {
  const auto answer = ask(LogQuery::Tiles{{{0, 1}, {1, 0}, {0, 2}}}, kEve);
  ASSERT_TRUE(answer.ok()) << answer.error().text;
  ASSERT_THAT(answer->tiles, SizeIs(3));
  EXPECT_EQ(answer->tiles[0].hashes.size(), 256U * 32);
  EXPECT_EQ(answer->tiles[1].hashes.size(), 2U * 32);
  EXPECT_EQ(answer->tiles[2].hashes.size(), 188U * 32);
  EXPECT_TRUE(answer->tiles[2].hashes.starts_with(audit::bytes_of(leaves_[512])));
  EXPECT_EQ(answer->checkpoint->size, kSigned);
  EXPECT_EQ(ask(LogQuery::Tiles{{{0, 3}}}, kAuditor).error().code, Errc::kNotFound);
}

TEST_F(LogAnswers, EntriesAreForAuditors) {
  const auto answer = ask(LogQuery::Entries{690}, kAuditor);
  ASSERT_TRUE(answer.ok());
  ASSERT_THAT(answer->entries, SizeIs(20)) << "those not signed yet as well";
  EXPECT_EQ(answer->entries[0].index.value, 690U);
  EXPECT_EQ(answer->checkpoint->size, kSigned);
  for (const auto& viewer : {kAnn, kCarl, kEve}) {
    EXPECT_EQ(ask(LogQuery::Entries{0}, viewer).error().code, Errc::kForbidden);
  }
  for (const auto from : {kThere, audit::kMaxTreeSize, ~std::uint64_t{0}}) {
    const auto none = ask(LogQuery::Entries{from}, kAuditor);
    ASSERT_TRUE(none.ok());
    EXPECT_THAT(none->entries, IsEmpty());
  }
}

TEST_F(LogAnswers, AsksForSomethingAndNotForTooMuch) {
  const decltype(LogQuery::what) bad[] = {LogQuery::Receipts{}, receipts(std::vector<std::uint64_t>(kMostReceipts + 1)),
                                          LogQuery::Tiles{}, LogQuery::Tiles{std::vector<LogTileId>(kMostLogTiles + 1)},
                                          LogQuery::Tiles{{{audit::kTileLevels, 0}}}};
  for (const auto& what : bad) {
    EXPECT_EQ(ask(what, kAuditor).error().code, Errc::kBadRequest) << what.index();
  }
}

TEST_F(LogAnswers, OfAPoolThatIsNotThereOrHasNothingSigned) {
  test::FakeStore empty(clock_);
  const decltype(LogQuery::what) all[] = {LogQuery::LastCheckpoint{}, LogQuery::CheckpointOf{}, LogQuery::Consistency{},
                                          receipts({0}), LogQuery::Tiles{{{0, 0}}}};
  for (const auto& what : all) {
    EXPECT_EQ(answer_log(empty, {{"commons"}, what}, kAuditor).error().code, Errc::kNotFound) << what.index();
    EXPECT_EQ(answer_log(store_, {{"other"}, what}, kAuditor).error().code, Errc::kNotFound) << what.index();
  }
  const auto entries = answer_log(empty, {{"commons"}, LogQuery::Entries{}}, kAuditor);
  ASSERT_TRUE(entries.ok());
  EXPECT_EQ(entries->checkpoint, std::nullopt);
}

}  // namespace
}  // namespace bourse::market
