// When checkpoints are made, of what, and when none may be.
#include "market/sequencer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "log_fixture.h"

namespace bourse::market {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(Sequencer, NothingCommittedNothingSigned) {
  Log log;
  log.clock.advance(1h);
  EXPECT_FALSE(log.step());
  EXPECT_EQ(log.keeper.kept, std::nullopt);
  EXPECT_EQ(log.sequencer->status().size, 0U);
}

TEST(Sequencer, SignsWhatWaitedLongEnoughAndKeepsItFirst) {
  Log log;
  log.commit(3);
  EXPECT_FALSE(log.step());
  log.clock.advance(299ms);
  EXPECT_FALSE(log.step());
  log.commit(1);
  EXPECT_EQ(log.sequencer->status().waiting, 4U);
  log.clock.advance(1ms);
  const auto command = log.step();
  ASSERT_TRUE(command);
  EXPECT_EQ(command->from, 0U);
  EXPECT_EQ(command->size, 4U) << "all there is, not only the oldest";
  EXPECT_EQ(log.keeper.kept, command->checkpoint);
  log.write(*command);
  EXPECT_FALSE(log.step());
  EXPECT_EQ(log.sequencer->status().size, 4U);
  EXPECT_EQ(log.sequencer->status().waiting, 0U);
}

TEST(Sequencer, AFullCheckpointDoesNotWait) {
  Log log;
  log.commit(9'999);
  EXPECT_FALSE(log.step());
  log.commit(12'002);
  auto command = log.step();
  ASSERT_TRUE(command);
  EXPECT_EQ(command->size, 10'000U);
  log.write(*command);
  command = log.step();
  ASSERT_TRUE(command);
  EXPECT_EQ(command->size, 20'000U);
  log.write(*command);
  EXPECT_FALSE(log.step()) << "the rest is young";
  EXPECT_EQ(log.sequencer->status().waiting, 2'001U);
  log.clock.advance(800ms);
  EXPECT_EQ(log.settle(), 1);
  EXPECT_EQ(log.integrated(), 22'001U);
}

TEST(Sequencer, AClockThatIsSetBackDelaysNothing) {
  Log log;
  log.commit(1);
  log.clock.advance(-1h);
  EXPECT_EQ(log.settle(), 1);
}

TEST(Sequencer, WhatIsLoadedIsDueAtOnce) {
  Log log;
  log.commit(300);
  log.restart();
  EXPECT_EQ(log.settle(), 1);
  EXPECT_EQ(log.integrated(), 300U);
}

TEST(Sequencer, HurriesBeforeAStopUntilAllIsDurable) {
  Log log;
  const auto wait = [&] { return log.sequencer->wait_stored(std::chrono::steady_clock::now()); };
  log.sequencer->hurry();
  EXPECT_TRUE(wait()) << "there is nothing";
  log.commit(12'000);
  log.sequencer->hurry();
  log.commit(5);
  for (const std::uint64_t size : {10'000, 12'005}) {
    const auto command = log.step();
    ASSERT_TRUE(command) << "though young";
    EXPECT_EQ(command->size, size);
    log.write(*command);
    EXPECT_FALSE(wait()) << "handed over, but not durable";
    log.sequencer->stored(command->size);
  }
  EXPECT_TRUE(wait());
  log.commit(1);
  EXPECT_FALSE(log.step()) << "after it was told to";
}

TEST(Sequencer, SignsNothingSmallerThanItIsTold) {
  Log log;
  log.commit(10'500);
  log.restart();
  log.sequencer->sign_from(Sequencer::kNothing);
  log.clock.advance(1h);
  EXPECT_FALSE(log.step());
  log.commit(1);
  log.sequencer->sign_from(10'502);
  log.clock.advance(1h);
  EXPECT_FALSE(log.step());
  EXPECT_EQ(log.keeper.kept, std::nullopt);
  log.commit(1);
  log.clock.advance(1h);
  const auto command = log.step();
  ASSERT_TRUE(command);
  EXPECT_EQ(command->size, 10'502U) << "though more than are signed at once";
  log.write(*command);
}

TEST(Sequencer, EveryCommandNamesTheLoadItWasMadeAfter) {
  Log log;
  log.commit(1);
  auto head = log.head();
  head.epoch = 7;
  log.sequencer->start(std::move(head));
  const auto command = log.step();
  ASSERT_TRUE(command);
  EXPECT_EQ(command->epoch, 7U);
}

TEST(Sequencer, GoesOnWhereItCrashedBetweenKeepingAndCommitting) {
  for (const std::size_t more : {0, 1, 500}) {
    Log log;
    log.commit(700);
    log.clock.advance(1s);
    EXPECT_EQ(log.settle(), 1);
    log.commit(20);
    log.clock.advance(1s);
    ASSERT_TRUE(log.step());  // kept, and lost
    const auto kept = log.keeper.kept;
    log.commit(more);
    log.restart();
    EXPECT_EQ(log.settle(), 1);
    EXPECT_EQ(log.refusal(), "");
    EXPECT_EQ(log.integrated(), 720U + more);
    EXPECT_EQ(log.keeper.kept == kept, more == 0) << "the same note, or one of another size";
  }
}

TEST(Sequencer, NeverSignsLessThanWhatIsKept) {
  Log log;
  log.commit(50);
  log.clock.advance(1s);
  ASSERT_TRUE(log.step());
  log.restart(log_config(800ms, 10));
  auto command = log.step();
  ASSERT_TRUE(command);
  EXPECT_EQ(command->size, 50U) << "though only 10 at once are wished for now";
}

TEST(Sequencer, AnOlderCopyOfWhatIsKeptIsNoHarm) {
  Log log;
  log.commit(10);
  log.clock.advance(1s);
  log.settle();
  const auto older = log.keeper.kept;
  log.commit(10);
  log.clock.advance(1s);
  log.settle();
  log.commit(10);
  for (const auto& kept : {older, std::optional<std::string>()}) {
    log.keeper.kept = kept;
    log.restart();
    auto command = log.step();
    ASSERT_TRUE(command) << log.refusal();
    EXPECT_EQ(command->size, 30U);
  }
}

// The service's own last checkpoint, and what became of the database meanwhile.
struct Restored {
  const char* name;
  std::function<void(Log&)> damage;
  const char* refusal;
};
class SequencerRefuses : public ::testing::TestWithParam<Restored> {};

TEST_P(SequencerRefuses, AfterARestore) {
  Log log;
  log.commit(600);
  log.clock.advance(1s);
  log.settle();
  log.commit(40);
  log.clock.advance(1s);
  ASSERT_TRUE(log.step());  // kept, not committed
  GetParam().damage(log);
  const auto kept = log.keeper.kept;
  log.restart();
  EXPECT_FALSE(log.step());
  EXPECT_THAT(log.refusal(), HasSubstr(GetParam().refusal));
  log.commit(20'000);
  log.clock.advance(1h);
  EXPECT_FALSE(log.step()) << "it goes on refusing";
  EXPECT_EQ(log.keeper.kept, kept) << "what it signed once stays there as evidence";
  EXPECT_GT(log.sequencer->status().waiting, 20'000U - 1);
}

void swap_hash(std::string& hashes) { hashes[0] = static_cast<char>(hashes[0] ^ 1); }

INSTANTIATE_TEST_SUITE_P(
    Damages, SequencerRefuses,
    ::testing::Values(
        Restored{"FewerEntries", [](Log& log) { log.entries.resize(639); }, "only 639 entries"},
        Restored{"AnOlderState",
                 [](Log& log) {
                   log.entries.resize(100);
                   log.tiles.clear();
                   log.checkpoint.reset();
                 },
                 "only 100 entries"},
        Restored{"OtherEntries", [](Log& log) { log.entries[610] = "another"; }, "not those that were signed"},
        Restored{"EntriesInAnotherOrder", [](Log& log) { std::swap(log.entries[638], log.entries[639]); },
                 "not those that were signed"},
        Restored{"AnotherTree",
                 [](Log& log) {
                   swap_hash(log.tiles.at({0, 2}));
                 },
                 "not the one that was signed"},
        Restored{"AMissingTile",
                 [](Log& log) {
                   log.tiles.at({1, 0}).clear();
                 },
                 "the stored tree is damaged"},
        Restored{"ACheckpointByAnotherKey",
                 [](Log& log) {
                   log.checkpoint->note = audit::sign_checkpoint({kOrigin, 600, log.root_of(600), {}}, log_signer('x'));
                 },
                 "not by the key in use"},
        Restored{"AKeptOneByAnotherKey",
                 [](Log& log) {
                   log.keeper.kept = audit::sign_checkpoint({kOrigin, 640, log.root_of(640), {}}, log_signer('x'));
                 },
                 "not by the key in use"},
        Restored{"AKeptOneOfAnotherLog",
                 [](Log& log) {
                   const std::string other = "bourse.test/other";
                   log.keeper.kept = audit::sign_checkpoint({other, 640, log.root_of(640), {}}, log_signer('k', other));
                 },
                 "not by the key in use"},
        Restored{"AKeptOneThatIsNone", [](Log& log) { log.keeper.kept = "garbage"; }, "not by the key in use"},
        Restored{"AKeptOneThatCannotBeRead", [](Log& log) { log.keeper.readable = false; }, "cannot be read"},
        Restored{"ASizeThatWasNotSigned", [](Log& log) { log.checkpoint->note = *log.keeper.kept; },
                 "not the one that was signed"}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(Sequencer, TheDatabaseOfALogThatEndedIsNotSignedUnderTheNewName) {
  Log log;
  log.commit(30);
  log.clock.advance(1s);
  ASSERT_EQ(log.settle(), 1);
  // Meanwhile another one, put back to ten entries, was called bourse.test/commons/2 and signed up to twenty.
  const std::string next = std::string(kOrigin) + "/2";
  SequencerConfig config{{log_signer('n', next)}};
  config.former.push_back(log_signer().verifier());
  log.keeper.kept = audit::sign_checkpoint({next, 20, log.root_of(20), {}}, log_signer('n', next));
  log.restart(std::move(config));
  log.commit(1);
  log.clock.advance(1s);
  EXPECT_FALSE(log.step());
  EXPECT_THAT(log.refusal(), HasSubstr("not the database that was signed last"));
}

TEST(Sequencer, ATreeThatTheDatabaseRejectsAgainAndAgainIsGivenUp) {
  Log log;
  log.commit(5);
  log.clock.advance(1s);
  for (int i = 0; i < 2; ++i) log.sequencer->decided(false, "tile 0 of level 0 can only grow");
  log.sequencer->decided(true, "");
  for (int i = 0; i < 2; ++i) log.sequencer->decided(false, "tile 0 of level 0 can only grow");
  EXPECT_EQ(log.refusal(), "") << "not when something was stored in between";
  log.sequencer->decided(false, "tile 0 of level 0 can only grow");
  EXPECT_THAT(log.refusal(), HasSubstr("tile 0 of level 0"));
  EXPECT_FALSE(log.step());
  log.reload();
  EXPECT_FALSE(log.step()) << "a load does not mend the database";
  EXPECT_THAT(log.refusal(), HasSubstr("tile 0 of level 0"));
}

TEST(Sequencer, AMissingEntryEndsIt) {
  Log log;
  log.commit(1);
  log.entries.emplace_back("lost on the way");
  log.commit(1);
  log.clock.advance(1s);
  EXPECT_FALSE(log.step());
  EXPECT_THAT(log.refusal(), HasSubstr("entry 1 is missing"));
  log.reload();
  EXPECT_EQ(log.settle(), 1) << "what is stored is judged anew";
  EXPECT_EQ(log.refusal(), "");
}

TEST(Sequencer, EntriesTheLoadHadAlreadyAreNotCountedTwice) {
  Log log;
  log.commit(5);
  log.reload();
  log.sequencer->take({{{3}, log.entries[3]}, {{4}, log.entries[4]}});
  log.commit(1);
  log.clock.advance(1s);
  EXPECT_EQ(log.settle(), 1);
  EXPECT_EQ(log.integrated(), 6U);
}

TEST(Sequencer, WhatCannotBeKeptDoesNotLeaveItAndIsTriedAgain) {
  Log log;
  log.commit(5);
  log.clock.advance(1s);
  log.keeper.writable = false;
  EXPECT_FALSE(log.step());
  EXPECT_THAT(log.refusal(), HasSubstr("cannot be kept"));
  EXPECT_EQ(log.sequencer->status().size, 0U);
  log.keeper.writable = true;
  log.commit(5);
  EXPECT_FALSE(log.step()) << "not at once";
  log.clock.advance(1s);
  const auto command = log.step();
  ASSERT_TRUE(command);
  EXPECT_EQ(command->size, 5U) << "the note that may be half written already";
  log.write(*command);
  EXPECT_EQ(log.refusal(), "");
  EXPECT_EQ(log.settle(), 1);
  EXPECT_EQ(log.integrated(), 10U);
}

TEST(Sequencer, TwoKeysSignWhileTheyRotate) {
  Log log;
  log.commit(5);
  log.clock.advance(1s);
  log.settle();
  const auto turn = [&](std::vector<audit::NoteSigner> signers, std::size_t signatures) {
    log.commit(1);
    log.restart(log_config(std::move(signers)));
    const auto command = log.step();
    ASSERT_TRUE(command) << log.refusal();
    const auto note = audit::parse_note(command->checkpoint);
    ASSERT_TRUE(note.ok());
    EXPECT_EQ(note->signatures.size(), signatures);
    log.tiles.clear();
    for (const auto& tile : command->tiles) log.tiles[{tile.level, tile.index}] = tile.hashes;
    log.checkpoint = CheckpointRow{command->size, log.clock.now(), command->checkpoint};
  };
  turn({log_signer('k'), log_signer('n')}, 2);
  const auto both = audit::open_checkpoint(log.checkpoint->note, log_signer('n').verifier());
  EXPECT_TRUE(both.ok());
  EXPECT_TRUE(audit::open_checkpoint(log.checkpoint->note, log_signer('k').verifier()).ok());
  turn({log_signer('n'), log_signer('k')}, 2);
  turn({log_signer('n')}, 1);
  log.restart();
  EXPECT_FALSE(log.step()) << "the old key has not signed this any more";
  EXPECT_THAT(log.refusal(), HasSubstr("not by the key in use"));
}

TEST(Sequencer, GoesOnUnderANewNameWhereAFormerLogEnded) {
  Log log;
  log.commit(300);
  log.clock.advance(1s);
  log.settle();
  log.commit(5);
  log.keeper.kept.reset();  // as an operator decided
  auto config = log_config({log_signer('n', "bourse.test/commons/2")});
  log.restart(config);
  EXPECT_FALSE(log.step());
  EXPECT_THAT(log.refusal(), HasSubstr("not by the key in use")) << "nobody said whose the stored one is";

  config.former = {log_signer('o').verifier(), log_signer().verifier()};
  log.restart(config);
  const auto command = log.step();
  ASSERT_TRUE(command) << log.refusal();
  EXPECT_EQ(command->from, 300U);
  EXPECT_EQ(command->size, 305U);
  const auto opened = audit::open_checkpoint(command->checkpoint, config.signers.front().verifier());
  ASSERT_TRUE(opened.ok()) << opened.error().text;
  EXPECT_EQ(opened->checkpoint.root, log.root_of(305));
}

TEST(Sequencer, IsWhatItWouldBeWithoutLoadsAndCrashes) {
  rc::check("root and tiles do not depend on how it came about", [](const std::vector<std::uint8_t>& steps) {
    Log log;
    for (const auto step : steps) {
      switch (step % 5) {
        case 0:
        case 1:
          log.commit(step * 3U);
          break;
        case 2:
          log.clock.advance(1s);
          log.settle();
          break;
        case 3:
          log.clock.advance(1s);
          static_cast<void>(log.step());  // lost
          log.restart();
          break;
        default:
          log.reload();
      }
    }
    log.clock.advance(1s);
    log.settle();
    RC_ASSERT(log.refusal().empty());
    RC_ASSERT(log.integrated() == log.entries.size());
    audit::TileEdge plain;
    for (const auto& entry : log.entries) plain.append(audit::leaf_hash(entry));
    for (const auto& [tile, bytes] : plain.take_changes()) RC_ASSERT(log.tiles.at({tile.level, tile.index}) == bytes);
  });
}

// With its thread: a queue that is full twice, then takes it.
TEST(Sequencer, SubmitsAgainWhatAFullQueueRefused) {
  base::SystemClock clock;
  MemoryKeeper keeper;
  std::atomic<int> tries{0};
  std::atomic<std::uint64_t> submitted{0};
  Sequencer sequencer(
      {"commons"}, log_config(1ms, 10'000), keeper,
      [&](Command&& command) -> base::Status {
        if (++tries <= 2) return {base::Errc::kResourceConstraint, "full"};
        const auto taken = std::move(command);
        const auto& integrate = std::get<IntegrateLog>(taken.body);
        if (!integrate.checkpoint.empty()) submitted = integrate.size;
        return base::Done{};
      },
      clock);
  std::jthread thread([&](const std::stop_token& stop) { sequencer.run(stop); });
  sequencer.start({});
  sequencer.take({{{0}, "one"}, {{1}, "two"}});
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (submitted == 0 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_EQ(submitted, 2U);
  EXPECT_EQ(tries, 3);
}

}  // namespace
}  // namespace bourse::market
