#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "agent/hook_runner.h"

extern char** environ;  // NOLINT: POSIX's name

namespace bourse::agent {
namespace {

using Steady = std::chrono::steady_clock;

int milliseconds_until(Steady::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
}

// A program that does not read its input must not end us, whatever the process does with SIGPIPE.
class NoPipeSignal {
 public:
  NoPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoPipeSignal() {
    const timespec at_once{};
    while (::sigtimedwait(&pipe_, nullptr, &at_once) > 0) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoPipeSignal(const NoPipeSignal&) = delete;
  NoPipeSignal& operator=(const NoPipeSignal&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
};

struct Child {
  pid_t pid = -1;
  int process_fd = -1;  // readable when it has ended
  int input_fd = -1;    // writing end of its standard input
  int output_fd = -1;   // reading end of its standard output, where it is kept
  int failure = 0;      // errno of starting it
  std::string output;   // the end of what it wrote
};

void close_if_open(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

Child start(const std::string& program, const std::vector<std::string>& arguments, bool keep_output) {
  Child child;
  std::array<int, 2> pipe_ends{};
  if (::pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return child.failure = errno, child;
  std::array<int, 2> output_ends{-1, STDERR_FILENO};
  if (keep_output && ::pipe2(output_ends.data(), O_CLOEXEC) != 0) {
    child.failure = errno;
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
    return child;
  }
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output_ends[1], STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t ignored;
  sigemptyset(&ignored);
  sigaddset(&ignored, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &ignored);
  posix_spawnattr_setpgroup(&attributes, 0);
  sigset_t nothing_blocked;
  sigemptyset(&nothing_blocked);
  posix_spawnattr_setsigmask(&attributes, &nothing_blocked);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  child.failure = ::posix_spawn(&child.pid, program.c_str(), &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe_ends[0]);
  child.input_fd = pipe_ends[1];
  child.output_fd = output_ends[0];
  if (keep_output) ::close(output_ends[1]);
  if (child.failure != 0) {
    close_if_open(child.input_fd);
    close_if_open(child.output_fd);
    return child;
  }
  if (child.output_fd >= 0) ::fcntl(child.output_fd, F_SETFL, O_NONBLOCK);
  ::fcntl(child.input_fd, F_SETFL, O_NONBLOCK);
  child.process_fd = static_cast<int>(::syscall(SYS_pidfd_open, child.pid, 0));
  return child;
}

// Takes what is there, hands it on to our standard error, and keeps its end.
void take_output(Child& child) {
  constexpr std::size_t kKept = 4096;
  constexpr int kMostPieces = 16;  // what a pipe holds; a program that never stops writing has to end in time, too
  std::array<char, 4096> piece{};
  for (int pieces = 0; child.output_fd >= 0 && pieces < kMostPieces; ++pieces) {
    const ssize_t count = ::read(child.output_fd, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return close_if_open(child.output_fd);
    const std::string_view text(piece.data(), static_cast<std::size_t>(count));
    std::fwrite(text.data(), 1, text.size(), stderr);
    child.output.append(text);
    if (child.output.size() > kKept) child.output.erase(0, child.output.size() - kKept);
  }
}

std::string last_line(std::string_view output) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto end = output.find_last_not_of(kSpace);
  if (end == std::string_view::npos) return {};
  output = output.substr(0, end + 1);
  const auto line_end = output.rfind('\n');
  if (line_end != std::string_view::npos) output.remove_prefix(line_end + 1);
  const auto begin = output.find_first_not_of(kSpace);
  return begin == std::string_view::npos ? std::string() : std::string(output.substr(begin));
}

// Feeds the input and waits; false when the time is over.
bool attend(Child& child, std::string_view input, Steady::time_point until) {
  for (;;) {
    if (input.empty()) close_if_open(child.input_fd);
    std::array<pollfd, 3> ready{pollfd{child.process_fd, POLLIN, 0}, pollfd{child.input_fd, POLLOUT, 0},
                                pollfd{child.output_fd, POLLIN, 0}};
    const int count = ::poll(ready.data(), ready.size(), milliseconds_until(until));
    if (count < 0 && errno != EINTR) return false;
    if (count > 0 && ready[2].revents != 0) take_output(child);
    if (count > 0 && ready[0].revents != 0) return true;
    if (Steady::now() >= until) return false;
    if (count > 0 && ready[1].revents != 0) {
      const ssize_t written = ::write(child.input_fd, input.data(), input.size());
      if (written >= 0) {
        input.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno != EAGAIN && errno != EINTR) {
        input = {};  // it does not read (EPIPE): its own business
      }
    }
  }
}

}  // namespace

ProgramEnd run_program(const std::string& program, const std::vector<std::string>& arguments, const std::string& input,
                       base::Duration time_limit, bool keep_output) {
  const NoPipeSignal no_pipe_signal;
  ProgramEnd end;
  Child child = start(program, arguments, keep_output);
  if (child.failure != 0) {
    end.text = fmt::format("cannot start it: {}", std::strerror(child.failure));
    return end;
  }
  end.started = true;
  if (!attend(child, input, Steady::now() + time_limit)) {
    end.timed_out = true;
    ::kill(-child.pid, SIGTERM);
    if (!attend(child, {}, Steady::now() + std::chrono::seconds(2))) ::kill(-child.pid, SIGKILL);
  }
  close_if_open(child.input_fd);
  take_output(child);
  close_if_open(child.output_fd);
  end.said = last_line(child.output);
  int status = 0;
  while (::waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (child.process_fd >= 0) ::close(child.process_fd);
  if (end.timed_out) {
    end.text = fmt::format("not done after {} s, ended it",
                           std::chrono::duration_cast<std::chrono::seconds>(time_limit).count());
  } else if (WIFEXITED(status)) {
    end.exit_code = WEXITSTATUS(status);
    end.text = fmt::format("exit code {}", end.exit_code);
  } else {
    end.text = fmt::format("ended by signal {}", WTERMSIG(status));
  }
  return end;
}

}  // namespace bourse::agent
