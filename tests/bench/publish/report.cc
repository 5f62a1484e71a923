#include "bench/publish/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

namespace bourse::bench {
namespace {

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(std::min(line.size(), line.find(':') + 2));
  }
  return "unknown";
}

double rounded(double value) { return std::round(value * 1000) / 1000; }

}  // namespace

bool Measure::ok() const {
  if (!target) return true;
  return direction == Target::kAtLeast ? value >= *target : value <= *target;
}

std::string Report::table() const {
  std::string text = fmt::format("{:<46} {:>12} {:<6} {:>12}\n", "measure", "value", "unit", "target");
  for (const Measure& one : measures_) {
    const std::string target =
        one.target ? fmt::format("{} {:g}", one.direction == Target::kAtLeast ? "≥" : "≤", *one.target) : "";
    const char* const verdict = !one.target ? "" : one.ok() ? "ok" : "MISSED";
    text += fmt::format("{:<46} {:>12.{}f} {:<6} {:>12} {}\n", one.name, one.value, one.value >= 100 ? 0 : 3, one.unit,
                        target, verdict);
  }
  return text;
}

std::string Report::json(const std::string& bench, const std::string& commit) const {
  nlohmann::ordered_json line{
      {"bench", bench}, {"commit", commit}, {"cpu", cpu_model()}, {"measures", nlohmann::json::array()}};
  for (const Measure& one : measures_) {
    nlohmann::ordered_json entry{{"name", one.name}, {"value", rounded(one.value)}, {"unit", one.unit}};
    entry["target"] = one.target ? nlohmann::ordered_json(*one.target) : nlohmann::ordered_json(nullptr);
    entry["ok"] = one.ok();
    line["measures"].push_back(std::move(entry));
  }
  return line.dump();
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace bourse::bench
