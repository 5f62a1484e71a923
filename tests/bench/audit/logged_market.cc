#include "bench/audit/logged_market.h"

#include <stdexcept>
#include <utility>

namespace bourse::bench {

audit::NoteSigner new_key() {
  return audit::NoteSigner::make("bourse.example/commons", audit::SignatureType::kEd25519, base::SigningKey::generate())
      .value();
}

LoggedMarket::LoggedMarket(const std::string& uri, const std::string& checkpoint)
    : store_({uri, "bench_audit"}), keeper_(checkpoint) {
  if (!checkpoint.empty()) {
    sequencer_ = std::make_unique<market::Sequencer>(
        domain::PoolName{"commons"}, market::SequencerConfig{.signers = {new_key()}}, keeper_,
        [this](market::Command&& command) { return session_->submit(std::move(command)); }, clock_);
  }
  session_ = std::make_unique<GrantSession>(watched_, "commons", sequencer_.get());
  if (!sequencer_) return;
  signing_ = std::jthread([this](const std::stop_token& stop) { sequencer_->run(stop); });
}

void LoggedMarket::check_signing() const {
  if (!sequencer_) return;
  if (const auto refuses = sequencer_->status().refuses) throw std::runtime_error("it does not sign: " + *refuses);
}

}  // namespace bourse::bench
