// The contract of market::Store and market::Reader for the audit log: the same for the fake and for PostgreSQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <utility>

#include "audit/tile.h"
#include "store_under_test.h"

namespace bourse::test {
namespace {

using audit::EntryKind;
using base::Errc;
using market::CommitOutcome;
using market::ItemKind;
using market::Viewer;
using testing::ElementsAre;

constexpr auto kHuge = std::numeric_limits<std::uint64_t>::max();
const domain::PoolName kPool{"commons"};
const domain::PoolName kNowhere{"nowhere"};

// `width` hashes, each unlike the others; none is text.
std::string hashes(unsigned width, char first = '\0') {
  std::string bytes;
  for (unsigned i = 0; i < width; ++i) {
    bytes += std::string(29, static_cast<char>(0xff)) + first + static_cast<char>(i) + '\\';
  }
  return bytes;
}

market::CheckpointRow checkpoint(std::uint64_t size) {
  return {.size = size,
          .at = kStart + std::chrono::seconds(size),
          .note = "bourse.example.org/commons\n" + std::to_string(size) + "\nAA==\n\n\u2014 x \"\\'{,}é\n"};
}

void add_entry(market::Batch& batch, EntryKind kind, const std::string& reason = {}) {
  audit::Entry entry;
  entry.at = kStart;
  entry.kind = kind;
  entry.reason = reason;
  batch.audit.push_back({{batch.counters.next_audit.value++}, audit::encode(entry)});
  batch.audit_entries.push_back(std::move(entry));
}

market::Batch with_entries(market::Batch batch, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) add_entry(batch, EntryKind::kOfferPublished, "no. " + std::to_string(i));
  return batch;
}

template <class Rows>
std::vector<std::uint64_t> indices(const Rows& rows) {
  std::vector<std::uint64_t> all;
  for (const auto& row : rows) all.push_back(row.index.value);
  return all;
}

using Place = std::pair<unsigned, std::uint64_t>;
std::vector<Place> places(const std::vector<market::LogTileRow>& rows) {
  std::vector<Place> all;
  for (const auto& row : rows) all.emplace_back(row.level, row.index);
  return all;
}

class LogContract : public StoreContract {
 protected:
  // A log of 302 entries, of which the first 300 are in the tree.
  void write_log() {
    market::Batch first = with_entries(batch(), 302);
    first.log_tiles = {{0, 0, hashes(10)}};
    first.checkpoints = {checkpoint(10)};
    write(first);
    market::Batch second = batch();
    second.log_tiles = {{0, 0, hashes(256)}, {0, 1, hashes(44, 'b')}, {1, 0, hashes(1, 'c')}};
    second.checkpoints = {checkpoint(256), checkpoint(300)};
    write(second);
  }
  [[nodiscard]] market::Reader& reader() { return under_test_->reader(); }
};
INSTANTIATE_TEST_SUITE_P(Log, LogContract, testing::Values(Kind::kFake, Kind::kPostgres), name_of);

TEST_P(LogContract, LoadEndsWithTheLog) {
  write_log();
  market::Batch third = batch();
  add_entry(third, EntryKind::kPolicyChanged, "new");
  third.events = {event(1, "a")};
  write(third);
  const Loaded loaded = reload();
  EXPECT_THAT(loaded.order, testing::EndsWith("nekctu"));
  ASSERT_EQ(loaded.checkpoints.size(), 1U);
  EXPECT_EQ(loaded.checkpoints[0].size, 300U);
  EXPECT_EQ(loaded.checkpoints[0].at, checkpoint(300).at);
  EXPECT_EQ(loaded.checkpoints[0].note, checkpoint(300).note);
  EXPECT_THAT(places(loaded.tiles), ElementsAre(Place(0, 1), Place(1, 0)));
  EXPECT_EQ(loaded.tiles[0].hashes, hashes(44, 'b'));
  EXPECT_EQ(loaded.tiles[1].hashes, hashes(1, 'c'));
  EXPECT_THAT(indices(loaded.unintegrated), ElementsAre(300U, 301U, 302U));
  EXPECT_EQ(loaded.unintegrated[2].entry, third.audit[0].entry);
  EXPECT_EQ(lease_.counters.next_audit.value, 303U);
}

TEST_P(LogContract, UnsignedLogIsLoadedFromItsBeginning) {
  write(with_entries(batch(), 4500));  // more than a portion
  const Loaded loaded = reload();
  EXPECT_TRUE(loaded.checkpoints.empty());
  EXPECT_TRUE(loaded.tiles.empty());
  ASSERT_EQ(loaded.unintegrated.size(), 4500U);
  for (std::size_t i = 0; i < loaded.unintegrated.size(); ++i) ASSERT_EQ(loaded.unintegrated[i].index.value, i);
}

TEST_P(LogContract, FullTilesAreNotLoaded) {
  market::Batch first = batch();
  first.counters.next_audit.value = 65536;
  for (std::uint64_t i = 0; i < 256; ++i) first.log_tiles.push_back({0, i, hashes(256)});
  first.log_tiles.push_back({1, 0, hashes(256)});
  first.log_tiles.push_back({2, 0, hashes(1)});
  first.checkpoints = {checkpoint(65536)};
  write(first);
  const Loaded loaded = reload();
  EXPECT_THAT(places(loaded.tiles), ElementsAre(Place(2, 0)));
  EXPECT_TRUE(loaded.unintegrated.empty());
}

// Who put a tile away finds a load without it, and not none at all.
TEST_P(LogContract, MissingTileIsLeftOut) {
  market::Batch first = with_entries(batch(), 257);
  first.log_tiles = {{1, 0, hashes(1)}};
  first.checkpoints = {checkpoint(257)};
  write(first);
  EXPECT_THAT(places(reload().tiles), ElementsAre(Place(1, 0)));
}

TEST_P(LogContract, LastStatementOfEachKindIsLoaded) {
  market::Batch first = batch();
  add_entry(first, EntryKind::kPolicyChanged, "first policy");
  add_entry(first, EntryKind::kKeysChanged, "first key");
  add_entry(first, EntryKind::kPolicyChanged, "second policy");
  add_entry(first, EntryKind::kOfferPublished);
  first.checkpoints = {checkpoint(4)};  // signed or not makes no difference
  write(first);
  market::Batch second = batch();
  add_entry(second, EntryKind::kKeysChanged, "second key");
  add_entry(second, EntryKind::kHistoryImported, "no statement");
  write(second);
  const Loaded loaded = reload();
  ASSERT_EQ(loaded.statements.size(), 2U);
  EXPECT_EQ(loaded.statements[0].index.value, 4U);
  EXPECT_EQ(loaded.statements[0].entry.kind, EntryKind::kKeysChanged);
  EXPECT_EQ(loaded.statements[0].entry.reason, "second key");
  EXPECT_EQ(loaded.statements[1].index.value, 2U);
  EXPECT_EQ(loaded.statements[1].entry.reason, "second policy");
}

TEST_P(LogContract, TilesOnlyGrow) {
  struct Case {
    const char* name;
    market::LogTileRow tile;
    CommitOutcome expected;
  };
  std::string flipped = hashes(100);
  flipped[50] = static_cast<char>(flipped[50] ^ 1);
  constexpr auto kCommitted = CommitOutcome::kCommitted;
  constexpr auto kRejected = CommitOutcome::kRejected;
  const Case cases[] = {
      {"new", {0, 0, hashes(90)}, kCommitted},
      {"the same again", {0, 0, hashes(90)}, kCommitted},
      {"shorter", {0, 0, hashes(89)}, kRejected},
      {"wider, but another", {0, 0, flipped}, kRejected},
      {"as wide, but another", {0, 0, hashes(90, 'x')}, kRejected},
      {"empty", {0, 0, ""}, kRejected},
      {"half a hash", {0, 0, hashes(91).substr(0, 91 * 32 - 1)}, kRejected},
      {"wider", {0, 0, hashes(91)}, kCommitted},
      {"full", {0, 0, hashes(256)}, kCommitted},
      {"partial again", {0, 0, hashes(91)}, kRejected},
      {"too wide", {0, 0, hashes(256) + hashes(1)}, kRejected},
      {"another of the level", {0, 1, hashes(3)}, kCommitted},
      {"another level", {7, 0, hashes(3, 'x')}, kCommitted},
      {"a level that no tree has", {8, 0, hashes(3)}, kRejected},
  };
  std::uint64_t size = 0;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    market::Batch next = batch();
    next.log_tiles = {{3, size, hashes(1)}, c.tile};
    next.checkpoints = {checkpoint(++size)};
    EXPECT_EQ(commit(next).outcome, c.expected);
    const bool committed = c.expected == kCommitted;
    EXPECT_EQ(reader().log_tiles(kPool, {{3, size - 1}}).ok(), committed) << "all of it or nothing";
    EXPECT_EQ(reader().checkpoint(kPool, size).ok(), committed);
  }
  const auto stored = reader().log_tiles(kPool, {{0, 0}, {0, 1}, {7, 0}});
  ASSERT_TRUE(stored.ok()) << stored.error().text;
  EXPECT_EQ((*stored)[0].hashes, hashes(256));
  EXPECT_EQ((*stored)[1].hashes, hashes(3));
  EXPECT_EQ((*stored)[2].hashes, hashes(3, 'x'));
}

TEST_P(LogContract, CheckpointsStay) {
  write_log();
  market::Batch again = batch();
  again.checkpoints = {checkpoint(300)};
  again.checkpoints[0].note = "another";
  EXPECT_EQ(commit(again).outcome, CommitOutcome::kRejected);
  EXPECT_EQ(reader().checkpoint(kPool, 300)->note, checkpoint(300).note);
}

TEST_P(LogContract, CheckpointIsTheFirstThatCovers) {
  EXPECT_EQ(reader().checkpoint(kPool, {}).error().code, Errc::kNotFound);
  EXPECT_EQ(reader().checkpoint(kPool, 0).error().code, Errc::kNotFound);
  write_log();
  struct Case {
    std::optional<std::uint64_t> least;
    std::uint64_t expected;  // 0: not found
  };
  for (const auto& [least, expected] :
       {Case{{}, 300}, Case{0, 10}, Case{1, 10}, Case{10, 10}, Case{11, 256}, Case{256, 256}, Case{257, 300},
        Case{300, 300}, Case{301, 0}, Case{audit::kMaxTreeSize, 0}, Case{audit::kMaxTreeSize + 1, 0}, Case{kHuge, 0}}) {
    SCOPED_TRACE(least ? std::to_string(*least) : "the last");
    const auto found = reader().checkpoint(kPool, least);
    if (expected == 0) {
      EXPECT_EQ(found.error().code, Errc::kNotFound);
      continue;
    }
    ASSERT_TRUE(found.ok()) << found.error().text;
    EXPECT_EQ(found->size, expected);
    EXPECT_EQ(found->at, checkpoint(expected).at);
    EXPECT_EQ(found->note, checkpoint(expected).note);
  }
  EXPECT_EQ(reader().checkpoint(kNowhere, {}).error().code, Errc::kNotFound);
}

TEST_P(LogContract, TilesComeInTheOrderAsked) {
  write_log();
  const auto found = reader().log_tiles(kPool, {{1, 0}, {0, 1}, {0, 0}, {0, 1}});
  ASSERT_TRUE(found.ok()) << found.error().text;
  EXPECT_THAT(places(*found), ElementsAre(Place(1, 0), Place(0, 1), Place(0, 0), Place(0, 1)));
  EXPECT_EQ((*found)[1].hashes, hashes(44, 'b'));
  EXPECT_EQ((*found)[2].hashes, hashes(256));
  EXPECT_TRUE(reader().log_tiles(kPool, {})->empty());
  const std::vector<market::LogTileId> missing[] = {{{0, 0}, {0, 2}},           {{2, 0}},    {{8, 0}}, {{1U << 31U, 0}},
                                                    {{0, audit::kMaxTreeSize}}, {{0, kHuge}}};
  for (const auto& tiles : missing) {
    SCOPED_TRACE(std::to_string(tiles.back().level) + "/" + std::to_string(tiles.back().index));
    EXPECT_EQ(reader().log_tiles(kPool, tiles).error().code, Errc::kNotFound);
  }
  EXPECT_EQ(reader().log_tiles(kNowhere, {}).error().code, Errc::kNotFound);
}

TEST_P(LogContract, EntriesComeAsTheyWereWritten) {
  market::Batch first = with_entries(batch(), 1100);
  write(first);
  struct Case {
    std::uint64_t from, until, first, count;
  };
  for (const auto& [from, until, begin, count] :
       {Case{0, 1, 0, 1}, Case{0, 0, 0, 0}, Case{7, 10, 7, 3}, Case{10, 7, 0, 0}, Case{0, 1100, 0, 1024},
        Case{0, kHuge, 0, 1024}, Case{76, 1100, 76, 1024}, Case{1090, 2000, 1090, 10}, Case{1100, 1200, 0, 0},
        Case{kHuge, kHuge, 0, 0}}) {
    SCOPED_TRACE(std::to_string(from) + " to " + std::to_string(until));
    const auto found = reader().log_entries(kPool, from, until);
    ASSERT_TRUE(found.ok()) << found.error().text;
    ASSERT_EQ(found->size(), count);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ((*found)[i].index.value, begin + i);
      EXPECT_EQ((*found)[i].entry, first.audit[begin + i].entry);
    }
  }
  EXPECT_EQ(reader().log_entries(kNowhere, 0, 1).error().code, Errc::kNotFound);
}

TEST_P(LogContract, LastCheckpointIsTheNodesItem) {
  const Viewer eve{jid("eve@x.example"), false};
  market::ItemQuery query{kPool, ItemKind::kCheckpoint, {}, false, false, {}};
  EXPECT_EQ(reader().items(query, eve)->count, 0U);
  write_log();
  const auto page = reader().items(query, eve);
  ASSERT_TRUE(page.ok()) << page.error().text;
  ASSERT_EQ(page->rows.size(), 1U);
  EXPECT_EQ(page->count, 1U);
  EXPECT_EQ(page->rows[0].id, "300");
  EXPECT_EQ(page->rows[0].kind, ItemKind::kCheckpoint);
  EXPECT_EQ(page->rows[0].record, checkpoint(300).note);
  EXPECT_EQ(page->rows[0].published, checkpoint(300).at);
  EXPECT_TRUE(page->rows[0].publisher.empty());

  query.own = true;
  EXPECT_TRUE(reader().items(query, eve)->rows.empty());
  query.own = false;
  query.ids = {"10", "0300", "+300", " 300", "", "x", "99999999999999999999", "-1", "300"};
  const auto named = reader().items(query, eve);
  ASSERT_TRUE(named.ok()) << named.error().text;
  ASSERT_EQ(named->rows.size(), 1U);
  EXPECT_EQ(named->rows[0].id, "300");
  query.ids = {};
  query.page.after = "300";
  EXPECT_TRUE(reader().items(query, eve)->rows.empty());
  for (const char* unknown : {"256", "0300", "x"}) {
    SCOPED_TRACE(unknown);
    query.page.after = unknown;
    EXPECT_EQ(reader().items(query, eve).error().code, Errc::kNotFound);
  }
}

TEST_P(LogContract, ArchiveIsEverybodys) {
  const auto told = [](std::uint64_t seq, const char* node, const char* id, const char* consumer) {
    market::Event row = event(seq, id);
    row.node.value = node;
    row.publisher = row.provider = {};
    if (*consumer != '\0') row.consumer = jid(consumer);
    return row;
  };
  market::Batch first = batch();
  first.events = {event(1, "o1"), told(2, "commons/requests", "r1", "cy@three.example"),
                  told(3, "commons/audit", "10", ""), told(4, "commons/audit", "300", "")};
  first.counters.last_event.value = 4;
  write(first);
  const auto ids = [&](const char* node, const Viewer& viewer, const char* with = "") {
    market::ArchiveQuery query;
    query.pool = kPool;
    query.node.value = node;
    if (*with != '\0') query.with = jid(with);
    std::vector<std::string> found;
    const auto page = reader().archive(query, viewer);
    EXPECT_TRUE(page.ok()) << (page.ok() ? "" : page.error().text);
    if (page.ok()) {
      for (const auto& row : page->rows) found.push_back(row.item_id);
    }
    return found;
  };
  const Viewer eve{jid("eve@x.example"), false};
  EXPECT_THAT(ids("commons/audit", eve), ElementsAre("10", "300"));
  EXPECT_THAT(ids("commons/audit", kOperator), ElementsAre("10", "300"));
  EXPECT_THAT(ids("commons/audit", eve, "cy@three.example"), ElementsAre());
  EXPECT_THAT(ids("commons/requests", kOperator), ElementsAre("r1"));
  EXPECT_THAT(ids("commons/requests", {jid("cy@three.example"), false}), ElementsAre("r1"));
}

}  // namespace
}  // namespace bourse::test
