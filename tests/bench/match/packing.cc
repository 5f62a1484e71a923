#include "bench/match/packing.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "base/check.h"
#include "matching/capacity.h"
#include "matching/feasibility.h"
#include "matching/fragmentation.h"

namespace bourse::bench {
namespace {

using domain::DeviceShare;
using matching::CapacityTable;
using matching::Row;

constexpr std::size_t kGpuColumn = 1;
constexpr std::array<std::string_view, 3> kColumns = {"cpu", domain::kGpu, "memory"};
using Needed = std::array<std::int64_t, kColumns.size()>;

Needed needed_by(const Task& task) { return {task.cpu_milli, task.gpu_milli, task.memory_bytes}; }

domain::Resources resources_of(std::int64_t cpu, std::int64_t gpu, std::int64_t memory) {
  domain::Resources resources;
  const auto add = [&](std::string_view name, std::int64_t amount) {
    if (amount > 0) BOURSE_CHECK(resources.add(name, amount).ok());
  };
  add("cpu", cpu);
  add(domain::kGpu, gpu);
  add("memory", memory);
  return resources;
}

// The machines, and which of them a task fits, without an engine.
class Cluster {
 public:
  explicit Cluster(const PackingTrace& trace) : trace_(trace) {
    for (const Machine& machine : trace.machines) {
      const Needed totals = {machine.cpu_milli, machine.gpus * domain::kMilli, machine.memory_bytes};
      table_.add(totals);
    }
  }

  [[nodiscard]] const CapacityTable& table() const { return table_; }

  [[nodiscard]] bool fits(Row row, const Task& task, const Needed& needed) const {
    const auto& models = task.models;
    if (!models.empty() && std::ranges::find(models, trace_.machines[row].model) == models.end()) return false;
    return matching::amounts_fit(table_.free(row), needed) && table_.devices_fit(row, task.gpu_milli);
  }

  void place(Row row, const Needed& needed, std::optional<std::uint16_t> device) {
    const std::int64_t gpu = needed[kGpuColumn];
    std::vector<DeviceShare> devices;
    if (device && gpu > 0 && gpu < domain::kMilli) {
      devices.push_back({*device, gpu});
    } else {
      devices = table_.choose_devices(row, gpu);
    }
    BOURSE_CHECK(table_.take(row, needed, devices));
  }

 private:
  const PackingTrace& trace_;
  CapacityTable table_{kColumns.size(), kGpuColumn};
};

// place(task) is true when it found a machine.
template <class Place>
double fill(const PackingTrace& trace, std::uint64_t seed, Place place) {
  std::int64_t allocated = 0;
  for (const std::size_t task : arrivals(trace, seed)) {
    if (place(trace.tasks[task])) allocated += trace.tasks[task].gpu_milli;
  }
  return 100 * static_cast<double>(allocated) / static_cast<double>(trace.gpu_milli());
}

// The machine of the least rank(row); none when the task fits nowhere.
template <class Rank>
std::optional<Row> least(const Cluster& cluster, const Task& task, const Needed& needed, Rank rank) {
  std::optional<Row> best;
  double best_rank = std::numeric_limits<double>::infinity();
  for (Row row = 0; row < cluster.table().rows(); ++row) {
    if (!cluster.fits(row, task, needed)) continue;
    const double of_row = rank(row);
    if (of_row < best_rank) {
      best = row;
      best_rank = of_row;
    }
  }
  return best;
}

double percentile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

domain::Jid jid(const std::string& text) { return domain::Jid::parse(text).value(); }

void publish(const PackingTrace& trace, matching::Engine& engine) {
  for (std::size_t i = 0; i < trace.machines.size(); ++i) {
    const Machine& machine = trace.machines[i];
    domain::Offer offer;
    offer.resources = resources_of(machine.cpu_milli, machine.gpus * domain::kMilli, machine.memory_bytes);
    offer.gpu_model = machine.model;
    engine.put_offer(static_cast<matching::OfferHandle>(i), jid("m" + std::to_string(i) + "@openb.example"), offer);
  }
}

domain::Request request_for(const Task& task) {
  domain::Request request;
  request.resources = resources_of(task.cpu_milli, task.gpu_milli, task.memory_bytes);
  if (task.models.empty()) return request;
  std::string needs = "(|";
  for (const std::string& model : task.models) needs += "(gpu.model=" + model + ")";
  request.needs = domain::Filter::parse(needs + ")").value();
  return request;
}

}  // namespace

double pack_random(const PackingTrace& trace, std::uint64_t seed) {
  Cluster cluster(trace);
  std::mt19937_64 dice(~seed);
  const auto any_device = [&](Row row, std::int64_t part) {
    const auto devices = cluster.table().devices(row);
    std::vector<std::uint16_t> fitting;
    for (std::uint16_t d = 0; d < devices.size(); ++d) {
      if (devices[d] >= part) fitting.push_back(d);
    }
    return fitting[dice() % fitting.size()];
  };
  return fill(trace, seed, [&](const Task& task) {
    const Needed needed = needed_by(task);
    const auto row = least(cluster, task, needed, [&](Row) { return static_cast<double>(dice() >> 11); });
    if (!row) return false;
    const bool part = task.gpu_milli > 0 && task.gpu_milli < domain::kMilli;
    cluster.place(*row, needed, part ? std::optional(any_device(*row, task.gpu_milli)) : std::nullopt);
    return true;
  });
}

double pack_best_fit(const PackingTrace& trace, std::uint64_t seed) {
  Cluster cluster(trace);
  std::int64_t most_cpu = 1;
  std::int64_t most_gpu = 1;
  for (const Machine& machine : trace.machines) {
    most_cpu = std::max(most_cpu, machine.cpu_milli);
    most_gpu = std::max(most_gpu, machine.gpus * domain::kMilli);
  }
  return fill(trace, seed, [&](const Task& task) {
    const Needed needed = needed_by(task);
    const auto row = least(cluster, task, needed, [&](Row candidate) {
      const auto free = cluster.table().free(candidate);
      return static_cast<double>(free[0]) / static_cast<double>(most_cpu) +
             static_cast<double>(free[kGpuColumn]) / static_cast<double>(most_gpu);
    });
    if (row) cluster.place(*row, needed, std::nullopt);
    return row.has_value();
  });
}

double pack_by_worth(const PackingTrace& trace, std::uint64_t seed) {
  Cluster cluster(trace);
  matching::DemandMix mix;
  matching::Appraiser appraiser(mix, kColumns);
  return fill(trace, seed, [&](const Task& task) {
    mix.learn(resources_of(task.cpu_milli, task.gpu_milli, task.memory_bytes));
    if (appraiser.version() != mix.version()) appraiser = matching::Appraiser(mix, kColumns);
    const Needed needed = needed_by(task);
    const auto cost = [&](Row row) {
      const CapacityTable& table = cluster.table();
      return appraiser.cost(table.free(row), table.devices(row), needed, task.gpu_milli);
    };
    const auto row = least(cluster, task, needed, [&](Row candidate) { return cost(candidate).cost; });
    if (row) cluster.place(*row, needed, cost(*row).device);
    return row.has_value();
  });
}

double pack_by_engine(const PackingTrace& trace, std::uint64_t seed, matching::Engine& engine,
                      std::vector<double>* decisions_us) {
  constexpr matching::RequestHandle kHandle = 0;
  const base::Timestamp now{std::chrono::hours(24 * 365 * 50)};
  const domain::Jid consumer = jid("c@openb.example");
  publish(trace, engine);
  std::uint64_t order = 0;
  return fill(trace, seed, [&](const Task& task) {
    const domain::Request request = request_for(task);
    ++order;
    engine.put_request(kHandle, order, consumer, {}, request);
    const auto began = std::chrono::steady_clock::now();
    const auto placement = engine.best(kHandle, now, {});
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - began;
    if (decisions_us != nullptr) decisions_us->push_back(took.count());
    if (placement) {
      BOURSE_CHECK(engine.book(
          placement->offer,
          {domain::GrantId{order}, placement->resources, placement->devices, {now, now + request.duration}}));
    }
    engine.remove_request(kHandle);
    return placement.has_value();
  });
}

base::Result<Packing> run_packing(const std::filesystem::path& folder, std::uint64_t seeds,
                                  const NewEngine& new_engine) {
  const auto trace = read_packing_trace(folder);
  if (!trace.ok()) return trace.error();
  BOURSE_CHECK(seeds > 0);
  Packing sums;
  sums.least_of_ours = 100;
  std::vector<double> decisions_us;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    sums.random += pack_random(*trace, seed);
    sums.best_fit += pack_best_fit(*trace, seed);
    sums.by_worth += pack_by_worth(*trace, seed);
    const auto engine = new_engine();
    const double ours = pack_by_engine(*trace, seed, *engine, &decisions_us);
    sums.ours += ours;
    sums.least_of_ours = std::min(sums.least_of_ours, ours);
  }
  for (double* const sum : {&sums.random, &sums.best_fit, &sums.by_worth, &sums.ours})
    *sum /= static_cast<double>(seeds);
  sums.decision_p50_us = percentile(decisions_us, 0.5);
  sums.decision_p99_us = percentile(decisions_us, 0.99);
  return sums;
}

}  // namespace bourse::bench
