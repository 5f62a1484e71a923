#include "cli/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace bourse::cli {
namespace {

std::string witness_time(std::uint64_t seconds) {
  constexpr std::uint64_t kMost = 253'402'300'799;  // the year 9999
  if (seconds > kMost) return "a time after the year 9999";
  return short_time(base::Timestamp(std::chrono::seconds(seconds)));
}

}  // namespace

void Findings::add(const std::string& label, const std::string& text) { lines_.push_back({label, text}); }

void Findings::add_steps(const std::string& label, const std::vector<audit::HashStep>& steps) {
  for (const auto& step : steps) {
    add(label, fmt::format("SHA-256(01 {}{} {}{}) = {}", audit::hash_text(step.left), step.left_given ? "*" : "",
                           audit::hash_text(step.right), step.left_given ? "" : "*", audit::hash_text(step.parent)));
  }
}

void Findings::add_roots(const std::string& label, const audit::RootCheck& check) {
  add_steps("step", check.steps);
  add("computed", label + audit::hash_text(check.computed));
  add("expected", label + audit::hash_text(check.expected));
}

void Findings::add_witnesses(const std::vector<audit::Witnessed>& witnesses, std::size_t known, std::size_t quorum) {
  for (const auto& each : witnesses) add("witness", fmt::format("{} at {}", each.witness, witness_time(each.seconds)));
  add("witnesses", fmt::format("{} of {} known, {} must have cosigned", witnesses.size(), known, quorum));
}

std::string Findings::text() const {
  std::size_t width = 0;
  for (const auto& line : lines_) width = std::max(width, line.label.size());
  std::string text;
  for (const auto& line : lines_) text += fmt::format("{:<{}}  {}\n", line.label, width, printable(line.text));
  return text;
}

xmpp::Json Findings::json() const {
  xmpp::Json json = xmpp::Json::object();
  for (const auto& line : lines_) {
    const bool list = std::ranges::count_if(lines_, [&](const Line& other) { return other.label == line.label; }) > 1;
    if (list) {
      json[line.label].push_back(line.text);
    } else {
      json[line.label] = line.text;
    }
  }
  return json;
}

void Findings::print() const {
  if (format_ == Format::kJson) {
    print_record(format_, json());
  } else {
    std::fputs(text().c_str(), stdout);
  }
}

ExitCode Findings::finish(const std::string& good, const std::string& problem) {
  add("result", problem.empty() ? good : "FAILED: " + problem);
  print();
  return problem.empty() ? kOk : kAuditFailed;
}

ExitCode Findings::finish(const base::Error& error) { return finish({}, error.text); }

}  // namespace bourse::cli
