// The log's own commands, and what never gets into an entry.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/entry_bundle.h"
#include "market/batch_builder.h"
#include "market/decide.h"
#include "market_fixture.h"

namespace bourse::market {
namespace {

using audit::EntryKind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

template <class Row>
std::vector<Row> changes(const Plan& plan) {
  std::vector<Row> found;
  for (const auto& change : plan.changes) {
    if (const auto* row = std::get_if<Row>(&change)) found.push_back(*row);
  }
  return found;
}

IntegrateLog integrate(std::uint64_t from, std::uint64_t size, std::uint64_t epoch = 3) {
  return {from, size, {{0, 0, std::string(32 * size, 'h')}}, "note of " + std::to_string(size), epoch};
}

class DecideLog : public ::testing::Test {
 protected:
  DecideLog() {
    pool.state.log_epoch = 3;
    for (const char* id : {"a", "b", "c"}) pool.publish("ann@a.test/pc", id, offer_of({{"cpu", "4"}}));
    entries = pool.state.counters.next_audit.value;
  }
  Plan decide_log(CommandBody body) { return decide(pool.state, {{"commons"}, {}, {}, std::move(body)}, pool.now); }

  Pool pool;
  std::uint64_t entries = 0;
};

TEST_F(DecideLog, AnIntegrationIsWrittenAndTold) {
  pool.act("eve@e.test/x", pubsub::Command(pubsub::Subscribe{{"commons/audit"}, jid("eve@e.test"), {}}));
  const auto plan = decide_log(integrate(0, 2));
  const auto tiles = changes<LogTileRow>(plan);
  ASSERT_THAT(tiles, SizeIs(1));
  EXPECT_EQ(tiles[0].hashes.size(), 64U);
  const auto checkpoints = changes<CheckpointRow>(plan);
  ASSERT_THAT(checkpoints, SizeIs(1));
  EXPECT_EQ(checkpoints[0].size, 2U);
  EXPECT_EQ(checkpoints[0].at, pool.now);
  EXPECT_EQ(checkpoints[0].note, "note of 2");
  ASSERT_THAT(plan.events, SizeIs(1));
  const auto& [event, recipients] = plan.events[0];
  EXPECT_EQ(event.node.value, "commons/audit");
  EXPECT_EQ(event.item_id, "2");
  EXPECT_EQ(event.record, "note of 2");
  EXPECT_EQ(event.kind, EventKind::kPublished);
  ASSERT_EQ(recipients.size(), 1U);
  EXPECT_EQ(recipients.at(0).to, jid("eve@e.test"));
  EXPECT_THAT(plan.audit, IsEmpty()) << "the log says nothing of itself growing";
  EXPECT_THAT(changes<CheckpointRow>(decide_log(integrate(2, entries))), SizeIs(1)) << "and so on";
}

TEST_F(DecideLog, WhatDoesNotFollowIsDropped) {
  static_cast<void>(decide_log(integrate(0, 2)));
  const struct {
    const char* what;
    IntegrateLog command;
  } cases[] = {{"the same again", integrate(0, 2)},
               {"from before", integrate(1, 3)},
               {"a gap", integrate(3, 4)},
               {"nothing", integrate(2, 2)},
               {"less", integrate(2, 1)},
               {"entries that are not there", integrate(2, entries + 1)},
               {"of another load", integrate(2, entries, 2)}};
  for (const auto& [what, command] : cases) {
    EXPECT_FALSE(decide_log(command).writes()) << what;
    EXPECT_EQ(pool.state.log_integrated, 2U) << what;
  }
}

TEST_F(DecideLog, ABatchHasATileOnceAsItIsLast) {
  BatchBuilder builder;
  for (std::uint64_t size = 1; size <= 3; ++size) {
    auto plan = decide_log(integrate(size - 1, size));
    builder.add(plan);
  }
  const auto batch = std::move(builder).finish({});
  ASSERT_THAT(batch.log_tiles, SizeIs(1));
  EXPECT_EQ(batch.log_tiles[0].hashes.size(), 96U);
  ASSERT_THAT(batch.checkpoints, SizeIs(3));
  EXPECT_EQ(batch.checkpoints[2].size, 3U);
  EXPECT_FALSE(batch.empty());
}

TEST_F(DecideLog, AStatementIsRecordedUnlessTheLastOneSaysTheSame) {
  const auto state = [&](EntryKind kind, const std::string& text) {
    std::vector<std::string> reasons;
    for (const auto& record : decide_log(RecordStatement{kind, text}).audit) {
      EXPECT_EQ(record.entry.kind, kind);
      EXPECT_TRUE(record.entry.actor.empty());
      reasons.push_back(record.entry.reason);
    }
    return reasons;
  };
  EXPECT_THAT(state(EntryKind::kPolicyChanged, "one"), ElementsAre("one"));
  EXPECT_THAT(state(EntryKind::kPolicyChanged, "one"), IsEmpty());
  EXPECT_THAT(state(EntryKind::kKeysChanged, "one"), ElementsAre("one")) << "each kind has its own last one";
  EXPECT_THAT(state(EntryKind::kPolicyChanged, "two"), ElementsAre("two"));
  EXPECT_THAT(state(EntryKind::kPolicyChanged, "one"), ElementsAre("one")) << "only the last one counts";
}

TEST_F(DecideLog, StatementsAreLoaded) {
  ASSERT_TRUE(pool.state.on_statement({{7}, {.kind = EntryKind::kKeysChanged, .reason = "key"}}));
  EXPECT_THAT(decide_log(RecordStatement{EntryKind::kKeysChanged, "key"}).audit, IsEmpty());
  EXPECT_THAT(decide_log(RecordStatement{EntryKind::kKeysChanged, "other"}).audit, SizeIs(1));
}

TEST_F(DecideLog, OnlyStatementsAreStated) {
  EXPECT_FALSE(decide_log(RecordStatement{EntryKind::kGrantStarted, "a grant"}).writes());
}

TEST_F(DecideLog, AGapAfterTheHeadIsNoted) {
  Pool loaded;
  ASSERT_TRUE(loaded.state.on_checkpoint({2, {}, "note"}));
  for (const std::uint64_t index : {2U, 4U, 5U}) ASSERT_TRUE(loaded.state.on_unintegrated({{index}, "entry"}));
  EXPECT_EQ(loaded.state.log_head.missing, 3U);
  EXPECT_THAT(loaded.state.log_head.leaves, SizeIs(1));
}

TEST_F(DecideLog, TheHeadIsLoaded) {
  Pool loaded;
  ASSERT_TRUE(loaded.state.on_checkpoint({2, {}, "note"}));
  ASSERT_TRUE(loaded.state.on_log_tile({0, 0, std::string(64, 'h')}));
  ASSERT_TRUE(loaded.state.on_unintegrated({{2}, "entry"}));
  EXPECT_EQ(loaded.state.log_integrated, 2U);
  EXPECT_EQ(loaded.state.log_head.checkpoint->note, "note");
  EXPECT_THAT(loaded.state.log_head.tiles, SizeIs(1));
  EXPECT_THAT(loaded.state.log_head.leaves, SizeIs(1));
}

TEST_F(DecideLog, NobodyPublishesOrRetractsCheckpoints) {
  for (const char* who : {"ann@a.test/pc", "admin@a.test/x"}) {
    const auto retracted = pool.retract(who, "audit", "2");
    ASSERT_THAT(retracted.replies, SizeIs(1)) << who;
    EXPECT_EQ(std::get<base::Error>(retracted.replies[0].body).code, base::Errc::kForbidden) << who;
    pubsub::PublishItems items;
    items.node = {"commons/audit"};
    const auto published = pool.act(who, pubsub::Command(items));
    ASSERT_THAT(published.replies, SizeIs(1)) << who;
    EXPECT_EQ(std::get<base::Error>(published.replies[0].body).code, base::Errc::kNotAllowed) << who;
  }
}

std::string of_bytes(std::size_t size) { return std::string(size, 'x'); }

// Whatever a command says, its entries fit; those that would not are refused before anything changes.
TEST_F(DecideLog, NoEntryIsTooLarge) {
  const auto offer = offer_of({{"cpu", "4"}});
  const auto request = request_of({{"cpu", "1"}});
  const auto fits = kMostLoggedBytes;
  const struct {
    const char* what;
    CommandBody body;
    bool allowed;
  } cases[] = {
      {"an offer", PublishOffer{{of_bytes(1024)}, offer, of_bytes(fits)}, true},
      {"an offer's record", PublishOffer{{"o1"}, offer, of_bytes(fits + 1)}, false},
      {"an offer's id", PublishOffer{{of_bytes(1025)}, offer, "record"}, false},
      {"a request", PublishRequest{{of_bytes(1023)}, request, of_bytes(fits)}, true},
      {"a request's record", PublishRequest{{"r1"}, request, of_bytes(fits + 1)}, false},
      {"a request's id", PublishRequest{{of_bytes(1025)}, request, "record"}, false},
      {"a sanction", Sanction{.jid = jid("bob@b.test"), .drained = true, .reason = of_bytes(512)}, true},
      {"a sanction's reason", Sanction{.jid = jid("eve@b.test"), .banned = true, .reason = of_bytes(513)}, false},
      {"a grant's reason",
       GrantAction{.kind = GrantAction::Kind::kReclaim, .grant = {1}, .duration = {}, .reason = of_bytes(513)}, false},
      {"a statement", RecordStatement{EntryKind::kPolicyChanged, of_bytes(fits)}, true},
      {"a statement's text", RecordStatement{EntryKind::kPolicyChanged, of_bytes(fits + 1)}, false},
  };
  const auto longest = domain::Jid::parse("admin@a.test/" + of_bytes(1023)).value();
  for (const auto& [what, body, allowed] : cases) {
    const auto plan = decide(pool.state, {{"commons"}, longest, {longest, "bourse.test", "id"}, body}, pool.now);
    ASSERT_THAT(plan.replies, SizeIs(1)) << what;
    const auto* error = std::get_if<base::Error>(&plan.replies[0].body);
    EXPECT_EQ(error == nullptr, allowed) << what << (error != nullptr ? ": " + error->text : "");
    EXPECT_EQ(plan.writes(), allowed) << what;
    if (error != nullptr) {
      EXPECT_EQ(error->code, base::Errc::kPayloadTooBig) << what;
    }
    for (const auto& record : plan.audit) {
      EXPECT_LE(audit::encode(record.entry).size(), audit::kMaxEntryBytes) << what;
    }
  }
}

// The largest grant there can be: names, devices and reasons as long as they may.
TEST_F(DecideLog, NoGrantIsTooLarge) {
  domain::Grant grant;
  grant.id = {~std::uint64_t{0}};
  grant.offer = {of_bytes(1024)};
  grant.request = {of_bytes(1024)};
  const auto longest = [](char c) {
    return domain::Jid::parse(std::string(1023, c) + "@" + std::string(1018, c) + ".test").value();
  };
  grant.provider = longest('p');
  grant.consumer = longest('c');
  // A whole offer that is not divisible.
  for (std::size_t i = 0; i < domain::kMaxResources + domain::kMaxOfferServices; ++i) {
    const auto length = i < domain::kMaxResources ? 314U : 68U;
    grant.resources.increase(of_bytes(length) + std::to_string(i), std::int64_t{1} << 62);
  }
  for (std::uint16_t i = 0; i < domain::kMaxDevices; ++i) grant.devices.push_back({i, 1000});
  grant.state_until = grant.ended = grant.started = grant.expires = pool.now;
  grant.reason = of_bytes(domain::kMaxReason + 100);
  const audit::Entry entry{.at = pool.now,
                           .kind = EntryKind::kGrantRevoked,
                           .actor = domain::Jid::parse(longest('p').text() + "/" + of_bytes(1023)).value(),
                           .provider = grant.provider,
                           .consumer = grant.consumer,
                           .offer = grant.offer,
                           .request = grant.request,
                           .grant = grant.id,
                           .reason = grant.reason,
                           .record = domain::encode(grant)};
  EXPECT_LE(audit::encode(entry).size(), audit::kMaxEntryBytes);
}

}  // namespace
}  // namespace bourse::market
