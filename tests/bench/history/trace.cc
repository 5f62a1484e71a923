#include "bench/history/trace.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>

#include "history/fta.h"

namespace bourse::bench {
namespace {

using base::Errc;
using history::FtaEvent;
using history::FtaReader;

const base::Timestamp kNow = base::Timestamp(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1));

bool comes_back_the_same(const std::vector<FtaEvent>& events) {
  FtaReader reader(kNow);
  bool same = reader.line(history::fta_heading()).ok();
  for (std::size_t i = 0; i < events.size() && same; ++i) {
    std::string line = history::fta_line(events[i], i);
    line.pop_back();
    const auto again = reader.line(line);
    same = again.ok() && *again == events[i];
  }
  return same;
}

}  // namespace

base::Result<Trace> read_trace(const std::string& path) {
  std::ifstream file;
  if (path != "-") {
    file.open(path);
    if (!file) return {Errc::kNotFound, path + ": cannot be read"};
  }
  std::istream& in = path == "-" ? std::cin : file;
  FtaReader reader(kNow);
  std::vector<FtaEvent> events;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("\x1f\x8b")) return {Errc::kInvalidPayload, path + ": unpack it first: gzip -dc"};
    auto event = reader.line(line);
    if (!event) return {event.error().code, path + ": " + event.error().text};
    if (*event) events.push_back(**std::move(event));
  }
  if (events.empty()) return {Errc::kInvalidPayload, path + ": there are no intervals in it"};
  Trace trace;
  trace.lines = events.size();
  trace.same_again = comes_back_the_same(events);
  trace.span = {base::Timestamp::max(), base::Timestamp::min()};
  std::map<std::string, history::Intervals> nodes;
  for (const FtaEvent& event : events) {
    nodes[event.node].push_back(event.interval);
    trace.span.since = std::min(trace.span.since, event.interval.since);
    trace.span.until = std::max(trace.span.until, *event.interval.until);
  }
  for (auto& [node, intervals] : nodes) trace.nodes.push_back(history::merge(std::move(intervals)));
  return trace;
}

}  // namespace bourse::bench
