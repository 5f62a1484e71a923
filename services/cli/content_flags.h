// Purpose: an offer or a request as flags of a command line, or as a file.
// Lifetime: values that CLI11 fills. Threads: none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/offer.h"
#include "domain/request.h"

namespace CLI {
class App;
}

namespace bourse::cli {

struct ResourceFlags {
  std::string cpu;
  std::string memory;
  std::string storage;
  std::string gpu;
  std::vector<std::string> others;  // "name=quantity"
  void add_to(CLI::App& app);
  [[nodiscard]] base::Result<domain::Resources> resources() const;
};

struct OfferFlags {
  ResourceFlags resources;
  std::string gpu_model;
  std::vector<std::string> attributes;  // "name=value"
  std::vector<std::string> services;    // "name[=version][:seats]"
  std::string serves;
  std::string schedule;
  std::string zone;
  std::string min_lease;
  std::string max_lease;
  std::string confirm = "auto";
  std::string grace;
  std::string starts;
  std::string expires;
  bool indivisible = false;
  bool drain = false;
  void add_to(CLI::App& app);
  [[nodiscard]] base::Result<domain::Offer> offer(base::Timestamp now) const;

 private:
  [[nodiscard]] base::Status set_terms(domain::Offer& offer, base::Timestamp now) const;
};

struct RequestFlags {
  ResourceFlags resources;
  std::vector<std::string> services;
  std::string needs;
  std::string prefers = "best-fit";
  std::uint32_t count = 1;
  std::uint32_t spares = 0;
  double assurance = 0;
  bool gang = false;
  std::optional<std::string> spread;  // empty: by provider
  std::vector<std::string> apart;     // "request[:by]"
  std::int32_t priority = 0;
  std::string start;
  std::string duration = "1h";
  std::string deadline;
  void add_to(CLI::App& app);
  [[nodiscard]] base::Result<domain::Request> request(base::Timestamp now) const;

 private:
  void add_placement_to(CLI::App& app);
  [[nodiscard]] base::Status set_times(domain::Request& request, base::Timestamp now) const;
};

// Makes `source` (a file that holds all of the content) refuse the options `verb` has so far, except --help
// and those named.
void instead_of_flags(CLI::App& verb, const std::vector<std::string>& sources, const std::vector<std::string>& except);

}  // namespace bourse::cli
