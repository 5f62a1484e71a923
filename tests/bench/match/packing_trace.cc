#include "bench/match/packing_trace.h"

#include <charconv>
#include <fstream>
#include <random>
#include <sstream>
#include <utility>

namespace bourse::bench {
namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;
constexpr std::int64_t kWholeGpu = 1000;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

std::int64_t number(const std::string& text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Every line but the first, with at least `fields` fields.
base::Result<std::vector<std::vector<std::string>>> rows_of(const std::filesystem::path& file, std::size_t fields) {
  std::ifstream in(file);
  if (!in) return base::Error{base::Errc::kNotFound, "cannot read " + file.string()};
  std::vector<std::vector<std::string>> rows;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    if (line.empty()) continue;
    auto row = split(line, ',');
    if (row.size() < fields) return base::Error{base::Errc::kInvalidPayload, file.string() + ": a short line: " + line};
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

std::int64_t PackingTrace::gpu_milli() const {
  std::int64_t sum = 0;
  for (const Machine& machine : machines) sum += machine.gpus * kWholeGpu;
  return sum;
}

base::Result<PackingTrace> read_packing_trace(const std::filesystem::path& folder) {
  const auto machines = rows_of(folder / "openb_node_list_gpu_node.csv", 5);
  if (!machines.ok()) return machines.error();
  const auto tasks = rows_of(folder / "openb_pod_list_default.csv", 6);
  if (!tasks.ok()) return tasks.error();
  PackingTrace trace;
  for (const auto& row : *machines) {
    trace.machines.push_back({number(row[1]), number(row[2]) * kMiB, number(row[3]), row[4]});
  }
  for (const auto& row : *tasks) {
    trace.tasks.push_back({number(row[1]), number(row[2]) * kMiB, number(row[3]) * number(row[4]), split(row[5], '|')});
  }
  return trace;
}

std::vector<std::size_t> arrivals(const PackingTrace& trace, std::uint64_t seed) {
  // The generator is the same everywhere; the standard's distributions and shuffle are not.
  std::mt19937_64 dice(seed);
  std::vector<std::size_t> order(trace.tasks.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[dice() % i]);

  const std::int64_t most = trace.gpu_milli() * 13 / 10;
  std::int64_t asked = 0;
  std::vector<std::size_t> arriving;
  while (!order.empty()) {
    const std::size_t i = arriving.size();
    const std::size_t task = i < order.size() ? order[i] : dice() % order.size();
    asked += trace.tasks[task].gpu_milli;
    if (asked > most) break;
    arriving.push_back(task);
  }
  return arriving;
}

}  // namespace bourse::bench
