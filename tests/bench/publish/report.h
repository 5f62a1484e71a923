// Purpose: the measures of one run as a table for people and as the one JSON line for machines.
// Lifetime: one run. Threads: none.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace bourse::bench {

enum class Target { kAtLeast, kAtMost };

struct Measure {
  std::string name;
  double value = 0;
  std::string unit;
  std::optional<double> target;
  Target direction = Target::kAtLeast;

  [[nodiscard]] bool ok() const;  // true as well without a target
};

class Report {
 public:
  void add(Measure measure) { measures_.push_back(std::move(measure)); }
  [[nodiscard]] std::string table() const;
  // DESIGN §9's line, without the newline.
  [[nodiscard]] std::string json(const std::string& bench, const std::string& commit) const;

 private:
  std::vector<Measure> measures_;
};

[[nodiscard]] double median(std::vector<double> values);

}  // namespace bourse::bench
