#include "cli/trace_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <unordered_map>

#include "history/fta.h"

namespace bourse::cli {
namespace {

using base::Errc;
using base::Error;
using base::Result;

constexpr std::size_t kMostEvents = 10'000'000;

// Lines of a file that may be compressed.
class LineFile {
 public:
  explicit LineFile(const std::string& file) : file_(file) {
    const int fd = file == "-" ? ::dup(STDIN_FILENO) : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    gz_.reset(::gzdopen(fd, "rb"));
    if (gz_ == nullptr) ::close(fd);
  }

  // Nothing at the end. A line longer than the buffer comes in pieces.
  Result<std::optional<std::string_view>> next() {
    if (gz_ == nullptr)
      return Error{Errc::kUnavailable, fmt::format("cannot read {}: {}", file_, std::strerror(errno))};
    if (::gzgets(gz_.get(), buffer_.data(), static_cast<int>(buffer_.size())) != nullptr) {
      return std::optional<std::string_view>(buffer_.data());
    }
    int fault = Z_OK;
    const char* why = ::gzerror(gz_.get(), &fault);
    if (fault == Z_OK || fault == Z_STREAM_END) return std::optional<std::string_view>();
    return Error{Errc::kUnavailable,
                 fmt::format("cannot read {} to its end: {}", file_, fault == Z_ERRNO ? std::strerror(errno) : why)};
  }

 private:
  struct Close {
    void operator()(gzFile file) const { ::gzclose(file); }
  };
  const std::string file_;
  std::unique_ptr<gzFile_s, Close> gz_;
  std::array<char, 4096> buffer_{};
};

// "line 7: what" → "what": the file's name and the number stand in front of it.
std::string_view without_line(std::string_view text) {
  if (!text.starts_with("line ")) return text;
  const auto colon = text.find(": ");
  return colon == std::string_view::npos ? text : text.substr(colon + 2);
}

Result<domain::Jid> provider_of(const history::FtaEvent& event, const std::string& domain) {
  if (event.node.find('@') != std::string::npos) {
    auto jid = domain::Jid::parse(event.node);
    if (jid && jid->is_bare()) return jid;
    return Error{Errc::kInvalidJid, fmt::format("node '{}' is no address", event.node)};
  }
  if (domain.empty()) {
    return Error{Errc::kBadRequest,
                 fmt::format("node '{}' is no address: say with --domain where the nodes are", event.node)};
  }
  return history::fta_provider(event, domain);
}

class Reading {
 public:
  Reading(const TraceOptions& options, base::Timestamp now) : options_(options), reader_(now) {}

  // What is wrong with the line; empty: nothing.
  std::string take(std::string_view line) {
    const auto event = reader_.line(line);
    if (!event) return std::string(without_line(event.error().text));
    if (!*event) return {};
    const std::string key = (*event)->platform + '\t' + (*event)->node;
    auto found = numbers_.find(key);
    if (found == numbers_.end()) {
      const auto provider = provider_of(**event, options_.domain);
      if (!provider) return provider.error().text;
      const auto [other, is_new] = owners_.try_emplace(provider->text(), key);
      if (!is_new) {
        return fmt::format("node {} of platform {} stands for {} as a node of another platform does", (*event)->node,
                           (*event)->platform, provider->text());
      }
      found = numbers_.emplace(key, static_cast<std::uint32_t>(trace_.nodes.size())).first;
      trace_.nodes.push_back(*provider);
    }
    trace_.events.push_back({found->second, (*event)->interval});
    return {};
  }

  [[nodiscard]] std::uint64_t lines() const { return reader_.lines(); }
  Trace& trace() { return trace_; }

 private:
  const TraceOptions& options_;
  history::FtaReader reader_;
  std::unordered_map<std::string, std::uint32_t> numbers_;  // by platform and node
  std::unordered_map<std::string, std::string> owners_;     // by address: whose it is
  Trace trace_;
};

}  // namespace

Result<Trace> read_trace(const TraceOptions& options, base::Timestamp now,
                         const std::function<void(const std::string&)>& complain) {
  LineFile file(options.file);
  Reading reading(options, now);
  Trace& trace = reading.trace();
  bool within_line = false;  // the rest of one that was too long
  for (;;) {
    const auto line = file.next();
    if (!line) return line.error();
    if (!*line) break;
    const bool ends = (*line)->ends_with('\n');
    if (!std::exchange(within_line, !ends && (*line)->size() + 1 >= 4096)) {
      if (const std::string wrong = reading.take(**line); !wrong.empty()) {
        ++trace.bad;
        complain(fmt::format("{}:{}: {}", options.file, reading.lines(), wrong));
      }
    }
    if (trace.events.size() > kMostEvents) {
      return Error{Errc::kNotAcceptable,
                   fmt::format("{} has more than {} intervals: split it", options.file, kMostEvents)};
    }
  }
  trace.lines = reading.lines();
  std::ranges::stable_sort(trace.events, [](const Trace::Event& a, const Trace::Event& b) {
    return std::pair(a.node, a.interval.since) < std::pair(b.node, b.interval.since);
  });
  return std::move(trace);
}

Result<std::vector<std::size_t>> trace_groups(const Trace& trace, std::size_t most) {
  std::vector<std::size_t> ends;
  std::size_t begin = 0;       // of the group
  std::size_t node_begin = 0;  // of the node
  for (std::size_t i = 1; i <= trace.events.size(); ++i) {
    if (i < trace.events.size() && trace.events[i].node == trace.events[node_begin].node) continue;
    if (i - node_begin > most) {
      return Error{Errc::kNotAcceptable,
                   fmt::format("{} has {} intervals, and at most {} can be imported at once",
                               trace.nodes[trace.events[node_begin].node].text(), i - node_begin, most)};
    }
    if (i - begin > most) {
      ends.push_back(node_begin);
      begin = node_begin;
    }
    node_begin = i;
  }
  if (begin < trace.events.size()) ends.push_back(trace.events.size());
  return ends;
}

market::ClosedInterval closed_interval(const Trace& trace, std::size_t event) {
  const auto& each = trace.events.at(event);
  return {trace.nodes.at(each.node), each.interval};
}

}  // namespace bourse::cli
