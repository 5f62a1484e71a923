// Purpose: runs the programs that act on grants, one after another, away from the session's thread: a hook
//   that hangs or fails costs a log line, never the connection.
// Lifetime: owns its thread; finish() or the destructor lets queued hooks end first. Threads: run() from any.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/bounded_queue.h"
#include "base/clock.h"

namespace bourse::agent {

struct Hook {
  std::string program;  // run without a shell
  std::vector<std::string> arguments;
  std::string input;                                                      // its standard input
  std::string subject;                                                    // for the log: "on-grant g42"
  std::function<void(bool succeeded, const std::string& said)> finished;  // on the runner's thread
  bool keep_output = false;                                               // ProgramEnd::said
};

class HookRunner {
 public:
  explicit HookRunner(base::Duration time_limit);
  ~HookRunner();

  // False when 1024 hooks wait already; the hook is then not run.
  bool run(Hook hook);
  // Waits for what is queued; run() gives false from then on.
  void finish();

 private:
  void work();
  const base::Duration time_limit_;
  base::BoundedQueue<Hook> queue_{1024};
  std::thread thread_;
};

struct ProgramEnd {
  bool started = false;
  bool timed_out = false;
  int exit_code = -1;  // -1: ended by a signal or never started
  std::string text;    // for the log: "exit code 3", "killed after 30 s", "cannot start: …"
  std::string said;    // the last line of its output that is not empty, where it was to be kept
};

// Runs a program to its end or its time limit (then its process group is ended), `input` on its standard
// input; its output goes to our standard error. With `keep_output` by way of us: what it leaves running in the
// background then finds its output closed.
[[nodiscard]] ProgramEnd run_program(const std::string& program, const std::vector<std::string>& arguments,
                                     const std::string& input, base::Duration time_limit, bool keep_output = false);

}  // namespace bourse::agent
