#include "bench/grants/session.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <utility>

#include "bench/grants/workload.h"
#include "domain/records.h"
#include "matching/index_engine.h"

namespace bourse::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto kLongestLoad = 300s;

market::SpineConfig config(const std::string& pool, market::Sequencer* sequencer) {
  market::SpineConfig config;
  config.pool.pool.value = pool;
  config.holder = "bench";
  config.sequencer = sequencer;
  return config;
}

}  // namespace

void CountingOutbox::deliver(std::vector<market::Reply>&& replies) {
  const std::lock_guard lock(mutex_);
  replies_ += replies.size();
  for (const auto& reply : replies) {
    if (const auto* error = std::get_if<base::Error>(&reply.body)) first_error_ = error->text;
  }
  changed_.notify_all();
}

void CountingOutbox::wait_for(std::uint64_t replies) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, 120s, [&] { return replies_ >= replies; })) {
    throw std::runtime_error(fmt::format("only {} of {} commands were answered", replies_, replies));
  }
  if (!first_error_.empty()) throw std::runtime_error("the market refused: " + first_error_);
}

domain::Jid jid(const std::string& text) { return domain::Jid::parse(text).value(); }

GrantSession::GrantSession(market::Store& store, std::string pool, market::Sequencer* sequencer)
    : pool_(std::move(pool)),
      spine_(
          config(pool_, sequencer), store, [] { return std::make_unique<matching::IndexEngine>(); }, outbox_, clock_),
      decider_([this](const std::stop_token& stop) { spine_.run(stop); }) {
  const auto latest = std::chrono::steady_clock::now() + kLongestLoad;
  while (!spine_.ready()) {
    if (std::chrono::steady_clock::now() > latest) throw std::runtime_error("the pool was not loaded in time");
    std::this_thread::sleep_for(1ms);
  }
}

double GrantSession::run(std::vector<market::Command>&& commands) {
  const auto start = std::chrono::steady_clock::now();
  for (auto& one : commands) {
    while (!spine_.submit(std::move(one)).ok()) std::this_thread::sleep_for(200us);
  }
  answered_ += commands.size();
  outbox_.wait_for(answered_);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::vector<market::Command> GrantSession::requests(std::uint64_t requests, std::uint32_t count) {
  std::vector<market::Command> commands;
  commands.reserve(requests);
  for (std::uint64_t i = 0; i < requests; ++i) {
    auto request = request_of(number_ + 1);
    request.count = count;
    commands.push_back(ask(consumer_of(number_ + 1), std::move(request)));
  }
  return commands;
}

market::Command GrantSession::command(const domain::Jid& actor, market::CommandBody body) const {
  return {{pool_}, actor, {actor, "bourse.example", "id"}, std::move(body)};
}

market::Command GrantSession::ask(const domain::Jid& consumer, domain::Request request) {
  ++number_;
  auto record = domain::encode(request);
  return command(jid(consumer.text() + "/desk"),
                 market::PublishRequest{{request_id()}, std::move(request), std::move(record)});
}

std::string GrantSession::request_id() const { return fmt::format("request-{}", number_); }

}  // namespace bourse::bench
