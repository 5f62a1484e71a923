#include "agent/hook_runner.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace bourse::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

ProgramEnd shell(const std::string& script, const std::string& input = {}, base::Duration limit = seconds(20)) {
  return run_program("/bin/sh", {"-c", script}, input, limit);
}

TEST(RunProgram, GivesTheExitCode) {
  EXPECT_EQ(shell("exit 0").exit_code, 0);
  const auto failed = shell("exit 3");
  EXPECT_EQ(failed.exit_code, 3);
  EXPECT_EQ(failed.text, "exit code 3");
}

TEST(RunProgram, FeedsMoreThanAPipeHolds) {
  const std::string input(300'000, 'x');
  EXPECT_EQ(shell("test $(wc -c) -eq 300000", input).exit_code, 0);
}

TEST(RunProgram, DoesNotMindAProgramThatDoesNotRead) {
  EXPECT_EQ(shell("exit 0", std::string(300'000, 'x')).exit_code, 0);
}

TEST(RunProgram, EndsItsWholeGroupWhenTheTimeIsOver) {
  const auto start = std::chrono::steady_clock::now();
  const auto end = shell("sleep 1000 & sleep 1000", {}, milliseconds(200));
  EXPECT_TRUE(end.timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(15));
}

TEST(RunProgram, KillsWhatIgnoresTheSignal) {
  const auto end = shell("trap '' TERM; while :; do sleep 0.1; done", {}, milliseconds(200));
  EXPECT_TRUE(end.timed_out);
  EXPECT_EQ(end.exit_code, -1);
}

TEST(RunProgram, SaysWhyItDidNotStart) {
  const auto end = run_program("/nowhere/hook", {}, {}, seconds(1));
  EXPECT_FALSE(end.started);
  EXPECT_EQ(end.text, "cannot start it: No such file or directory");
}

TEST(RunProgram, KeepsTheLastLineItSaid) {
  const std::pair<std::string, std::string> cases[] = {
      {"echo first; echo ' the second '; echo", "the second"},
      {"printf 'no end of line'", "no end of line"},
      {"printf '\n\n'", ""},
      {"true", ""},
      {"yes | head -c 300000; echo done", "done"},
  };
  for (const auto& [script, said] : cases) {
    const auto end = run_program("/bin/sh", {"-c", script}, {}, seconds(20), true);
    EXPECT_EQ(end.exit_code, 0) << script;
    EXPECT_EQ(end.said, said) << script;
  }
  EXPECT_EQ(shell("echo not asked for").said, "");
}

TEST(RunProgram, EndsOneThatNeverStopsWriting) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(
      run_program("/bin/sh", {"-c", "while :; do echo x; done 2>/dev/null"}, {}, milliseconds(200), true).timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(15));
}

TEST(RunProgram, DoesNotWaitForWhatItLeavesRunning) {
  const auto start = std::chrono::steady_clock::now();
  const auto end = run_program("/bin/sh", {"-c", "sleep 5 & echo left"}, {}, seconds(20), true);
  EXPECT_EQ(end.said, "left");
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(4));
}

TEST(HookRunner, RunsAllThatWaitBeforeItFinishes) {
  const auto file = std::filesystem::temp_directory_path() / ("bourse-hooks-" + std::to_string(::getpid()));
  std::filesystem::remove(file);
  std::atomic<int> good = 0;
  std::atomic<int> bad = 0;
  const auto count = [&](bool succeeded, const std::string&) { ++(succeeded ? good : bad); };
  {
    HookRunner runner(seconds(20));
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(runner.run({"/bin/sh", {"-c", "cat >> " + file.string()}, std::to_string(i), "test", count}));
    }
    EXPECT_TRUE(runner.run({"/bin/false", {}, "", "test", count}));
    runner.finish();
    EXPECT_FALSE(runner.run({"/bin/true", {}, "", "test", count}));
  }
  EXPECT_EQ(good, 3);
  EXPECT_EQ(bad, 1);
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  EXPECT_EQ(text.str(), "012");  // in order
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace bourse::agent
