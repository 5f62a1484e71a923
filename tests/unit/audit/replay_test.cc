#include "audit/replay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "audit/live_state.h"
#include "written_log.h"

namespace bourse::audit {
namespace {

using domain::GrantState;
using namespace std::chrono_literals;

std::string all_of(const Replay& replay) {
  std::string text;
  for (const auto& [index, finding] : replay.findings()) text += std::to_string(index.value) + ": " + finding + "\n";
  return text;
}

TEST(Replay, RebuildsWhatIsOpenAndLive) {
  const auto log = eventful_log();
  const auto replay = replayed(log.entries);
  EXPECT_EQ(all_of(replay), "");
  EXPECT_EQ(replay.entries(), log.entries.size());
  EXPECT_EQ(replay.last_grant().value, 5);

  ASSERT_EQ(replay.live_grants().size(), 3);
  for (const std::uint64_t id : {1, 4, 5}) {
    ASSERT_TRUE(replay.live_grants().contains({id})) << id;
    EXPECT_EQ(replay.live_grants().at({id}).grant, log.grants.at(id)) << id;
  }
  EXPECT_FALSE(replay.live_grants().at({5}).booked);  // its lease begins later
  ASSERT_EQ(replay.offers().size(), 2);
  EXPECT_TRUE(replay.offers().at({"node-1"}).open);
  EXPECT_EQ(replay.offers().at({"node-1"}).capacity, resources({{"cpu", "8"}, {"memory", "64Gi"}, {"gpu", "2"}}));
  EXPECT_FALSE(replay.offers().at({"node-2"}).open);
  ASSERT_EQ(replay.requests().size(), 4);
  for (const auto* id : {"sim", "later", "next", "waits"}) EXPECT_TRUE(replay.requests().contains({id})) << id;
}

TEST(Replay, TellsEveryStateOfEveryGrant) {
  const auto log = eventful_log();
  std::map<std::uint64_t, std::string> lives;
  std::map<std::uint64_t, domain::Grant> last;
  Replay replay([&](const domain::Grant& grant) {
    lives[grant.id.value] += std::string(domain::name(grant.state)) + " ";
    last[grant.id.value] = grant;
  });
  for (std::size_t i = 0; i < log.entries.size(); ++i) replay.take({i}, log.entries[i]);
  EXPECT_EQ(lives[1], "active active ");
  EXPECT_EQ(lives[2], "proposed active reclaiming revoked ");
  EXPECT_EQ(lives[3], "active suspect active released ");
  EXPECT_EQ(lives[4], "reserved suspect reserved active suspect ");
  EXPECT_EQ(lives[5], "reserved ");
  EXPECT_EQ(last, log.grants);
}

struct Wrong {
  const char* name;
  std::function<void(WrittenLog&)> write;
  const char* finding;  // part of the first
};

class ReplayFinds : public ::testing::TestWithParam<Wrong> {};

// An offer of 4 cpus and one gpu, requests "r" and "q" that may have two grants of 2 cpus, grant g1 of the first.
TEST_P(ReplayFinds, IsSaidWhereItIs) {
  WrittenLog log;
  log.offer("o", "lab@a.test", resources({{"cpu", "4"}, {"gpu", "1"}}));
  log.request("r", "ana@b.test", resources({{"cpu", "2"}}), 2);
  log.request("q", "ana@b.test", resources({{"cpu", "2"}, {"gpu", "500m"}}), 3);
  log.start(log.make_grant("o", "lab@a.test", "r", "ana@b.test", resources({{"cpu", "2"}})));
  log.pass(1min);
  ASSERT_EQ(all_of(replayed(log.entries)), "");
  const auto good = log.entries.size();

  GetParam().write(log);
  const auto replay = replayed(log.entries);
  ASSERT_FALSE(replay.findings().empty());
  EXPECT_GE(replay.findings()[0].index.value, good);
  EXPECT_NE(replay.findings()[0].text.find(GetParam().finding), std::string::npos) << all_of(replay);
}

domain::Grant of_r(const WrittenLog& log, const std::string& cpu = "2") {
  return log.make_grant("o", "lab@a.test", "r", "ana@b.test", resources({{"cpu", cpu}}));
}
domain::Grant of_q(const WrittenLog& log) {
  return log.make_grant("o", "lab@a.test", "q", "ana@b.test", resources({{"cpu", "1"}, {"gpu", "500m"}}));
}
// g1 written as of `kind`, for longer, after `change`.
auto rewritten(EntryKind kind, std::function<void(domain::Grant&)> change) {
  return [kind, change = std::move(change)](WrittenLog& log) {
    auto grant = log.grants.at(1);
    if (kind == EntryKind::kGrantRenewed) grant.expires += 1s;
    change(grant);
    log.write_grant(kind, grant);
  };
}

const std::vector<Wrong> kWrong = {
    {"MoreThanTheOfferHas",
     [](WrittenLog& log) {
       log.start(of_r(log));
       auto third = log.make_grant("o", "lab@a.test", "q", "ana@b.test", resources({{"cpu", "2"}, {"gpu", "500m"}}));
       log.start(third);
     },
     "more than offer o has: 2 of cpu"},
    {"TheSameDeviceTwice",
     [](WrittenLog& log) {
       log.offer("o2", "lab@a.test", resources({{"cpu", "100"}, {"gpu", "2"}}));
       for (int i = 0; i < 3; ++i) {
         auto grant = log.make_grant("o2", "lab@a.test", "q", "ana@b.test", resources({{"cpu", "2"}, {"gpu", "500m"}}));
         log.start(grant);
       }
     },
     "500 thousandths of gpu 0, of which 1000 are taken"},
    {"ADeviceThatIsNotThere",
     [](WrittenLog& log) {
       auto grant = log.make_grant("o", "lab@a.test", "q", "ana@b.test", resources({{"cpu", "2"}, {"gpu", "500m"}}));
       grant.devices[0].index = 1;
       log.start(grant);
     },
     "gpu 1, which the offer has not"},
    {"DevicesThatAreNotItsGpus",
     [](WrittenLog& log) {
       auto grant = log.make_grant("o", "lab@a.test", "q", "ana@b.test", resources({{"cpu", "2"}, {"gpu", "500m"}}));
       grant.devices[0].milli = 400;
       log.start(grant);
     },
     "devices of 400 thousandths"},
    {"AnUnknownOffer",
     [](WrittenLog& log) {
       log.start(log.make_grant("x", "lab@a.test", "r", "ana@b.test", resources({{"cpu", "2"}})));
     },
     "offer x, which is not open"},
    {"AClosedOffer",
     [](WrittenLog& log) {
       log.withdraw("o", "lab@a.test");
       log.start(of_r(log));
     },
     "offer o, which is not open"},
    {"AnothersOffer",
     [](WrittenLog& log) {
       log.start(log.make_grant("o", "eve@a.test", "r", "ana@b.test", resources({{"cpu", "2"}})));
     },
     "of lab@a.test's offer o"},
    {"AnUnknownRequest",
     [](WrittenLog& log) {
       log.start(log.make_grant("o", "lab@a.test", "x", "ana@b.test", resources({{"cpu", "2"}})));
     },
     "request x, which is not open"},
    {"AnothersRequest",
     [](WrittenLog& log) {
       log.start(log.make_grant("o", "lab@a.test", "r", "eve@b.test", resources({{"cpu", "2"}})));
     },
     "for ana@b.test's request r"},
    {"LessThanAskedFor", [](WrittenLog& log) { log.start(of_q(log)); }, "not what request q asks for"},
    {"ALongerLease",
     [](WrittenLog& log) {
       auto grant = of_r(log);
       grant.expires += 1us;
       log.start(grant);
     },
     "not what request r asks for"},
    {"MoreGrantsThanAskedFor",
     [](WrittenLog& log) {
       log.offer("o2", "lab@a.test", resources({{"cpu", "100"}}));
       for (int i = 0; i < 2; ++i) {
         log.start(log.make_grant("o2", "lab@a.test", "r", "ana@b.test", resources({{"cpu", "2"}})));
       }
     },
     "more than request r asks for"},
    {"AGrantTwice", [](WrittenLog& log) { log.start(log.grants.at(1)); }, "g1 starts, but is live already"},
    {"AGrantLeftOut",
     [](WrittenLog& log) {
       auto grant = of_r(log);
       grant.id = {3};
       log.start(grant);
     },
     "grant g3 follows grant g1"},
    {"AStartInThePast",
     [](WrittenLog& log) {
       auto grant = of_r(log);
       grant.started -= 1s;
       grant.expires -= 1s;
       log.start(grant);
     },
     "times that a grant which starts then has not"},
    {"TheWrongState",
     [](WrittenLog& log) {
       auto grant = of_r(log);
       grant.state = GrantState::kSuspect;
       log.write_grant(EntryKind::kGrantStarted, grant);
     },
     "is suspect after grant-started"},
    {"RecoveredWithoutSuspect", rewritten(EntryKind::kGrantRecovered, [](auto&) {}), "was active"},
    {"ConfirmedTwice", rewritten(EntryKind::kGrantConfirmed, [](auto&) {}), "was active"},
    {"DeclinedWhileActive", [](WrittenLog& log) { log.end(1, EntryKind::kGrantDeclined, GrantState::kDeclined); },
     "was active: grant-declined cannot follow"},
    {"EndedTwice",
     [](WrittenLog& log) {
       log.end(1, EntryKind::kGrantReleased, GrantState::kReleased);
       log.end(1, EntryKind::kGrantReleased, GrantState::kReleased);
     },
     "g1, which is not live"},
    {"EndedAtAnotherTime",
     [](WrittenLog& log) {
       auto grant = log.grants.at(1);
       grant.state = GrantState::kReleased;
       grant.ended = log.now - 1us;
       log.write_grant(EntryKind::kGrantReleased, grant);
     },
     "times that grant-released at that moment does not give it"},
    {"RenewedForLess", rewritten(EntryKind::kGrantRenewed, [](auto& grant) { grant.expires -= 1min; }),
     "g1 is renewed, but for no longer"},
    {"MovedToAnother", rewritten(EntryKind::kGrantRenewed, [](auto& grant) { grant.consumer = jid("eve@b.test"); }),
     "not what it was"},
    {"GrownMeanwhile",
     rewritten(EntryKind::kGrantRenewed,
               [](auto& grant) {
                 grant.resources = resources({{"cpu", "3"}});
               }),
     "not what it was"},
    {"EntryAndRecordDiffer",
     [](WrittenLog& log) {
       log.change(1, EntryKind::kGrantRenewed, GrantState::kActive);
       log.entries.back().consumer = jid("eve@b.test");
     },
     "not of one grant"},
    {"ARecordThatIsNone",
     [](WrittenLog& log) {
       log.change(1, EntryKind::kGrantRenewed, GrantState::kActive);
       log.entries.back().record = "\xFF";
     },
     "a stored record is damaged"},
    {"AnOfferTooSmallForItsGrants",
     [](WrittenLog& log) {
       log.offer("o", "lab@a.test", resources({{"cpu", "1"}}));
       log.pass(1s);
       log.write({.kind = EntryKind::kProviderUp, .provider = jid("lab@a.test")});
     },
     "offer o became smaller"},
    {"AnOfferTooSmallAtTheEnd",
     [](WrittenLog& log) {
       log.offer("o", "lab@a.test", resources({{"cpu", "1"}}));
     },
     "offer o became smaller"},
    {"AnothersOfferPublished",
     [](WrittenLog& log) {
       log.offer("o", "eve@a.test", resources({{"cpu", "4"}}));
     },
     "which is lab@a.test's"},
    {"WithdrawnTwice",
     [](WrittenLog& log) {
       log.withdraw("o", "lab@a.test");
       log.withdraw("o", "lab@a.test");
     },
     "offer o is withdrawn, but is not open"},
    {"SubmittedTwice",
     [](WrittenLog& log) {
       log.request("r", "ana@b.test", resources({{"cpu", "2"}}));
     },
     "open already"},
    {"ClosedWithGrants", [](WrittenLog& log) { log.close(EntryKind::kRequestCancelled, "r", "ana@b.test"); },
     "ends while 1 of its grants live"},
    {"ClosedTwice",
     [](WrittenLog& log) {
       log.close(EntryKind::kRequestCancelled, "q", "ana@b.test");
       log.close(EntryKind::kRequestDone, "q", "ana@b.test");
     },
     "request q ends, but is not open"},
    {"ClosedByAnother", [](WrittenLog& log) { log.close(EntryKind::kRequestCancelled, "q", "eve@b.test"); },
     "but is ana@b.test's"},
};
INSTANTIATE_TEST_SUITE_P(All, ReplayFinds, ::testing::ValuesIn(kWrong),
                         [](const auto& wrong) { return wrong.param.name; });

TEST(Replay, AnOfferMayBeSmallerWhileItsGrantsEndInTheSameCommand) {
  WrittenLog log;
  log.offer("o", "lab@a.test", resources({{"cpu", "4"}}));
  log.request("r", "ana@b.test", resources({{"cpu", "2"}}));
  log.start(log.make_grant("o", "lab@a.test", "r", "ana@b.test", resources({{"cpu", "2"}})));
  log.pass(1min);
  log.offer("o", "lab@a.test", resources({{"cpu", "1"}}));
  log.end(1, EntryKind::kGrantRevoked, GrantState::kRevoked);
  log.entries.back().actor = jid("lab@a.test/agent");
  log.pass(1min);
  log.withdraw("o", "lab@a.test");
  EXPECT_EQ(all_of(replayed(log.entries)), "");
}

TEST(Replay, SaysWhichIndexIsMissingOrTwice) {
  const Entry up{.kind = EntryKind::kProviderUp, .provider = jid("lab@a.test")};
  Replay replay;
  for (const std::uint64_t index : {0, 1, 3, 4, 4}) replay.take({index}, up);
  EXPECT_EQ(all_of(replay), "3: it stands where entry 2 should\n4: it stands where entry 5 should\n");
}

TEST(Replay, AClockThatWasSetBackIsCountedOnly) {
  WrittenLog log;
  log.offer("o", "lab@a.test", resources({{"cpu", "4"}}));
  log.pass(-1h);
  log.withdraw("o", "lab@a.test");
  const auto replay = replayed(log.entries);
  EXPECT_EQ(all_of(replay), "");
  EXPECT_EQ(replay.set_back(), 1);
}

TEST(Replay, BytesThatAreNoEntryAreAFinding) {
  Replay replay;
  replay.take({0}, "\xFF\xFF");
  replay.take({1}, encode(Entry{.kind = EntryKind::kProviderUp, .provider = jid("lab@a.test")}));
  EXPECT_EQ(replay.finding_count(), 1);
  EXPECT_EQ(replay.entries(), 2);
}

TEST(Replay, KeepsSomeFindingsAndCountsAll) {
  Replay replay;
  for (std::uint64_t index = 0; index < 2 * Replay::kMostFindings; ++index) replay.take({index}, "\xFF");
  EXPECT_EQ(replay.findings().size(), Replay::kMostFindings);
  EXPECT_EQ(replay.finding_count(), 2 * Replay::kMostFindings);
}

struct Difference {
  const char* name;
  std::function<void(LiveState&)> spoil;
  const char* line;
};

domain::Grant& grant_of(LiveState& state, std::uint64_t id) {
  return *std::ranges::find(state.grants, domain::GrantId{id}, &domain::Grant::id);
}
LiveOffer& offer_of(LiveState& state, const std::string& id) {
  return *std::ranges::find(state.offers, domain::OfferId{id}, &LiveOffer::id);
}

class LiveStateDiffers : public ::testing::TestWithParam<Difference> {};

TEST_P(LiveStateDiffers, InOneLine) {
  auto log = eventful_log();
  log.write({.kind = EntryKind::kSanctioned, .provider = jid("bad@example.org"), .reason = "drained"});
  log.write({.kind = EntryKind::kSanctioned, .provider = jid("bad@example.org"), .reason = "banned: for lies"});
  log.write({.kind = EntryKind::kSanctionLifted, .provider = jid("bad@example.org"), .reason = "not drained any more"});
  const auto replay = replayed(log.entries);
  auto state = state_of(replay);
  ASSERT_EQ(differences(replay, state), std::vector<std::string>{});
  GetParam().spoil(state);
  EXPECT_EQ(differences(replay, state), std::vector<std::string>{GetParam().line});
}

const std::vector<Difference> kDifferences = {
    {"GrantGone", [](auto& state) { std::erase(state.grants, grant_of(state, 1)); },
     "grant g1: the log has it, the database has not"},
    {"GrantAdded",
     [](auto& state) {
       auto grant = grant_of(state, 1);
       grant.id = {9};
       state.grants.push_back(grant);
     },
     "grant g9: the database has it, the log has not"},
    {"GrantTwice", [](auto& state) { state.grants.push_back(grant_of(state, 1)); },
     "grant g1: the database has it twice"},
    {"GrantState", [](auto& state) { grant_of(state, 4).state = GrantState::kActive; },
     "grant g4: it is active in the database, suspect in the log"},
    {"GrantConsumer", [](auto& state) { grant_of(state, 1).consumer = jid("eve@b.test"); },
     "grant g1: its consumer is eve@b.test in the database, ana@example.org in the log"},
    {"GrantResources",
     [](auto& state) {
       grant_of(state, 5).resources = resources({{"cpu", "3"}});
     },
     "grant g5: what it holds is cpu 3 in the database, cpu 2 in the log"},
    {"GrantDevice", [](auto& state) { grant_of(state, 1).devices[0].index = 1; },
     "grant g1: its share of devices is 1:1000 in the database, 0:1000 in the log"},
    {"GrantReason", [](auto& state) { grant_of(state, 1).reason = "because"; },
     "grant g1: its reason is another than in the log"},
    {"OfferGone",
     [](auto& state) { std::erase_if(state.offers, [](auto& offer) { return offer.id.value == "node-1"; }); },
     "offer node-1: the log has it, the database has not"},
    {"OfferOpen", [](auto& state) { offer_of(state, "node-2").open = true; },
     "offer node-2: it is open in the database, closed in the log"},
    {"OfferCapacity",
     [](auto& state) {
       offer_of(state, "node-2").capacity = resources({{"cpu", "5"}});
     },
     "offer node-2: its capacity is cpu 5 in the database, cpu 4 in the log"},
    {"OfferRecord", [](auto& state) { offer_of(state, "node-2").record += "x"; },
     "offer node-2: its content is another than in the log"},
    {"RequestGone",
     [](auto& state) { std::erase_if(state.requests, [](auto& request) { return request.id.value == "waits"; }); },
     "request waits: the log has it, the database has not"},
    {"SanctionGone", [](auto& state) { state.sanctions.clear(); },
     "sanction of bad@example.org: the log has it, the database has not"},
    {"SanctionAdded",
     [](auto& state) {
       state.sanctions.push_back({jid("eve@b.test"), false, true});
     },
     "sanction of eve@b.test: the database has it, the log has not"},
    {"SanctionOther", [](auto& state) { state.sanctions.at(0).drained = true; },
     "bad@example.org: it is drained and banned in the database, banned in the log"},
};
INSTANTIATE_TEST_SUITE_P(All, LiveStateDiffers, ::testing::ValuesIn(kDifferences),
                         [](const auto& difference) { return difference.param.name; });

}  // namespace
}  // namespace bourse::audit
