#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace bourse::cli {
namespace {

// With commas: numbers of this length are read by people.
std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

}  // namespace

std::string progress_line(std::uint64_t done, std::uint64_t total, const std::string& unit, double seconds) {
  constexpr std::size_t kCells = 24;
  const double share = total == 0 ? 1 : std::min(static_cast<double>(done) / static_cast<double>(total), 1.0);
  const auto full = static_cast<std::size_t>(share * kCells);
  std::string line = "[" + std::string(full, '#') + std::string(kCells - full, '.') + "]";
  line += fmt::format(" {:3.0f} %  {} of {} {}", std::max(share * 100 - 0.5, 0.0), grouped(done), grouped(total), unit);
  if (seconds > 0.5)
    line += fmt::format(", {}/s", grouped(static_cast<std::uint64_t>(static_cast<double>(done) / seconds)));
  return line;
}

Progress::Progress(std::uint64_t total, std::string unit, bool shown)
    : total_(total), unit_(std::move(unit)), shown_(shown && ::isatty(STDERR_FILENO) != 0) {}

void Progress::at(std::uint64_t done) {
  const auto now = Steady::now();
  if (!shown_ || now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  const double seconds = std::chrono::duration<double>(now - started_).count();
  std::fprintf(stderr, "\r%s\033[K", progress_line(done, total_, unit_, seconds).c_str());
  drawn_ = true;
}

void Progress::clear() {
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

}  // namespace bourse::cli
