// Whole markets from a seed: offers come, change, drain, shrink and go, sessions vanish and return, requests of every
// kind come and are cancelled, grants are confirmed, declined, renewed, taken back and released, operators drain and
// ban, the clock jumps, the process restarts, and its log is signed meanwhile; after every step the invariants hold.
// BOURSE_SIMULATION_SEED replays one seed and tells what happened; BOURSE_SIMULATION_SECONDS sets how long to look for
// others, BOURSE_SIMULATION_FROM the first.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "domain/date_time.h"
#include "invariants.h"
#include "market/decide.h"
#include "market/sequencer.h"
#include "market_generator.h"
#include "matching/index_engine.h"
#include "shadow_market.h"
#include "shadow_replay.h"
#include "support/reference_engine.h"

namespace bourse::simulation {
namespace {

using namespace market;

constexpr int kStepsPerMarket = 400;

class Keeper final : public CheckpointKeeper {
 public:
  base::Result<std::optional<std::string>> last() override { return kept_; }
  base::Status keep(const std::string& note) override {
    kept_ = note;
    return base::Done{};
  }

 private:
  std::optional<std::string> kept_;
};

// What a seed decides once: every fourth market is one of each kind.
struct Kind {
  bool index;   // the index decides, or the plain engine
  bool holds;   // starving requests hold offers; a restart forgets holds, so that nothing restarts then
  bool quotas;  // some consumers are in a group that has one
};

class Simulation {
 public:
  Simulation(std::uint64_t seed, bool tells)
      : kind_{seed % 2 == 0, seed / 2 % 4 == 0, seed / 8 % 3 == 0},
        tells_(tells),
        log_chance_(seed),
        generator_(seed),
        rules_(generator_.rules(kind_.holds, kind_.quotas)) {}

  // The first broken rule, or nothing.
  std::string run() {
    if (const auto why = restart(); !why.empty()) return why;
    for (int step = 0; step < kStepsPerMarket; ++step) {
      const auto broken = take_step();
      if (!broken.empty()) return "step " + std::to_string(step) + ": " + broken;
    }
    return sign_all();
  }

  [[nodiscard]] const std::map<std::string, std::uint64_t>& seen() const { return shadow_.seen(); }

 private:
  std::string take_step() {
    now_ = generator_.next_moment(now_, state_->next_timer());
    latest_ = std::max(latest_, now_);
    if (const auto command = generator_.next_command(shadow_, now_)) decide_and_apply(*command);
    decide_and_apply({{"commons"}, {}, {}, Tick{}});
    sign_some();
    const auto broken = violations(shadow_, *state_, now_);
    if (!broken.empty()) return broken.front();
    if (auto why = replay_.broken(shadow_); !why.empty()) return why;
    if (state_->history.looks()) {
      if (const auto wrong = shadow_.judge_history(); !wrong.empty()) return wrong;
    }
    // While the clock is behind, a lease may fit before a closing hour that did not before.
    if (now_ == latest_) {
      const auto idle = kind_.holds ? servable_around_holds(shadow_, *state_, now_) : servable(shadow_, *state_, now_);
      if (!idle.empty()) return idle;
    }
    return !kind_.holds && generator_.one_in(60) ? restart() : std::string();
  }

  void decide_and_apply(const Command& command) {
    const auto plan = decide(*state_, command, now_);
    if (tells_) tell(command, plan);
    shadow_.apply(plan, now_);
    replay_.apply(plan);
    if (!sequencer_) return;
    std::vector<AuditRow> rows;
    for (const auto& [index, entry] : plan.audit) rows.push_back({index, audit::encode(entry)});
    clock_.set(now_);
    sequencer_->take(std::move(rows));
  }

  bool chance(unsigned one_in) { return log_chance_() % one_in == 0; }

  // Now and then what was signed and kept is lost with the process that did.
  void sign_some() {
    if (!chance(4)) return;
    const auto command = sequencer_->integrate(now_);
    if (!command) return;
    if (chance(4)) return start_log(shadow_.log().head());
    decide_and_apply(*command);
  }

  // Twice the longest wait, and as much as the last step may have set the clock back without it being noticed.
  std::string sign_all() {
    now_ = latest_ + std::chrono::seconds(2);
    while (const auto command = sequencer_->integrate(now_)) decide_and_apply(*command);
    if (const auto refuses = sequencer_->status().refuses) return "the sequencer refuses: " + *refuses;
    if (shadow_.log().integrated() != shadow_.log().size()) return "entries that nobody signs";
    const auto& broken = shadow_.broken();
    return broken.empty() ? std::string() : broken.front();
  }

  void start_log(LogHead head) {
    state_->log_epoch = ++epoch_;
    head.epoch = epoch_;
    SequencerConfig config{{signer_}};
    config.most_leaves = 1 + log_chance_() % 300;
    sequencer_ = std::make_unique<Sequencer>(
        domain::PoolName{"commons"}, std::move(config), keeper_, [](Command&&) { return base::Done{}; }, clock_);
    sequencer_->start(std::move(head));
  }

  void tell(const Command& command, const Plan& plan) const {
    std::cout << domain::format_date_time(now_) << " " << in_words(command) << "\n";
    for (const auto& record : plan.audit) {
      const auto& entry = record.entry;
      std::cout << "    " << audit::name(entry.kind) << " " << entry.provider.text() << " " << entry.consumer.text()
                << " " << entry.offer.value << " " << entry.request.value << " "
                << (entry.grant.value == 0 ? "" : domain::to_item_id(entry.grant)) << " " << entry.reason << "\n";
    }
    for (const auto& reply : plan.replies) {
      if (const auto* error = std::get_if<base::Error>(&reply.body))
        std::cout << "    refused: " << error->text << "\n";
    }
  }

  // A batch that failed (the network still knows who is there), or the whole process (it is to be asked again).
  std::string restart() {
    std::unique_ptr<matching::Engine> engine;
    if (kind_.index) {
      engine = std::make_unique<matching::IndexEngine>();
    } else {
      engine = std::make_unique<matching::ReferenceEngine>();
    }
    PoolConfig config{{"commons"}, {MarketGenerator::operator_jid().bare()}};
    config.rules = rules_;
    auto state = std::make_unique<State>(std::move(config), std::move(engine), now_);
    if (state_) {
      if (!state_->history.looks()) decide_and_apply({{"commons"}, {}, {}, LinkUp{}});
      state->counters = state_->counters;
    }
    if (const auto status = shadow_.load(*state); !status) return "restart: " + status.error().text;
    const bool reloaded = state_ != nullptr && generator_.one_in(2);
    if (reloaded) state->take_presence_from(*state_);
    if (tells_) std::cout << (reloaded ? "RELOAD\n" : "RESTART\n");
    state_ = std::move(state);
    start_log(std::move(state_->log_head));
    if (!reloaded) ask_who_is_there();
    decide_and_apply({{"commons"}, {}, {}, Tick{}});
    const auto broken = violations(shadow_, *state_, now_);
    return broken.empty() ? std::string() : "restart: " + broken.front();
  }

  void ask_who_is_there() {
    for (const auto& session : state_->sessions()) {
      const bool there = generator_.present().contains(session);
      decide_and_apply({{}, session, {}, there ? CommandBody(SessionAvailable{}) : CommandBody(SessionGone{})});
    }
    for (const auto& session : generator_.present()) decide_and_apply({{}, session, {}, SessionAvailable{}});
  }

  Kind kind_;
  bool tells_;
  std::minstd_rand log_chance_;  // not the generator's, so that the market goes as it would without a log
  MarketGenerator generator_;
  Rules rules_;
  base::Timestamp now_{std::chrono::sys_days{std::chrono::year{2026} / 3 / 27}};
  base::Timestamp latest_ = now_;
  ShadowMarket shadow_;
  ShadowReplay replay_;
  std::unique_ptr<State> state_;
  base::ManualClock clock_{now_};
  Keeper keeper_;
  audit::NoteSigner signer_ = audit::NoteSigner::make("bourse.test/commons", audit::SignatureType::kEd25519,
                                                      base::SigningKey::from_raw(std::string(32, 'k')).value())
                                  .value();
  std::uint64_t epoch_ = 0;
  std::unique_ptr<Sequencer> sequencer_;
};

std::uint64_t setting(const std::string& name, std::uint64_t otherwise) {
  const char* value = std::getenv(("BOURSE_SIMULATION_" + name).c_str());
  return value != nullptr ? std::stoull(value) : otherwise;
}

TEST(MarketSimulation, HoldsItsInvariants) {
  if (const auto seed = setting("SEED", 0); seed != 0) {
    EXPECT_EQ(Simulation(seed, true).run(), "");
    return;
  }
  constexpr std::uint64_t kSeconds = 20;
  constexpr int kMostFindings = 10;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(setting("SECONDS", kSeconds));
  const auto first = setting("FROM", 1);
  std::map<std::string, std::uint64_t> seen;
  auto seed = first;
  for (int findings = 0; std::chrono::steady_clock::now() < until && findings < kMostFindings; ++seed) {
    Simulation simulation(seed, false);
    const auto broken = simulation.run();
    EXPECT_EQ(broken, "") << "replay with BOURSE_SIMULATION_SEED=" << seed;
    if (!broken.empty()) ++findings;
    for (const auto& [what, times] : simulation.seen()) seen[what] += times;
  }
  std::cout << seed - first << " markets of " << kStepsPerMarket << " steps:";
  for (const auto& [what, times] : seen) std::cout << " " << what << " " << times << ";";
  std::cout << "\n";
}

}  // namespace
}  // namespace bourse::simulation
