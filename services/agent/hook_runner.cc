#include "agent/hook_runner.h"

#include <spdlog/spdlog.h>

namespace bourse::agent {

HookRunner::HookRunner(base::Duration time_limit) : time_limit_(time_limit), thread_([this] { work(); }) {}

HookRunner::~HookRunner() { finish(); }

bool HookRunner::run(Hook hook) { return queue_.try_push(std::move(hook)); }

void HookRunner::finish() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

void HookRunner::work() {
  while (!queue_.closed_and_empty()) {
    for (auto& hook : queue_.pop_some(1, std::chrono::hours(1))) {
      const ProgramEnd end = run_program(hook.program, hook.arguments, hook.input, time_limit_, hook.keep_output);
      const bool succeeded = end.exit_code == 0;
      if (succeeded) {
        spdlog::info("{}: {} done", hook.subject, hook.program);
      } else {
        spdlog::error("{}: {} failed: {}", hook.subject, hook.program, end.text);
      }
      if (hook.finished) hook.finished(succeeded, end.said);
    }
  }
}

}  // namespace bourse::agent
