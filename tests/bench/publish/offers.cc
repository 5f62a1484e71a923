#include "bench/publish/offers.h"

#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "bench/publish/connection.h"

namespace bourse::bench {
namespace {

constexpr const char* kNamespace = "urn:bourse:market:1";

std::string resource(const std::string& name, const std::string& quantity) {
  return "<resource name='" + name + "' quantity='" + quantity + "'/>";
}

std::string attribute_element(const std::string& name, const std::string& value) {
  std::string text = "<attribute name='" + name + "'>";
  for (const char c : value) {
    if (c == '<') {
      text += "&lt;";
    } else if (c == '&') {
      text += "&amp;";
    } else {
      text += c;
    }
  }
  return text + "</attribute>";
}

std::string cpu_field(const std::string& field) {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with(field)) return line.substr(std::min(line.size(), line.find(':') + 2));
  }
  return "unknown";
}

std::string platform_attributes() {
  utsname system{};
  uname(&system);
  return attribute_element("arch", system.machine) + attribute_element("os", "linux") +
         attribute_element("kernel", system.release) + attribute_element("cpu.model", cpu_field("model name"));
}

std::string own_offer() {
  struct sysinfo memory {};
  sysinfo(&memory);
  const std::uint64_t mebibytes = memory.totalram * memory.mem_unit / (1024 * 1024);
  return std::string("<offer xmlns='") + kNamespace + "'>" +
         resource("cpu", std::to_string(sysconf(_SC_NPROCESSORS_ONLN))) +
         resource("memory", std::to_string(mebibytes) + "Mi") + resource("disk", "20Gi") + platform_attributes() +
         "<service name='blast' version='2.14'/><terms divisible='true' max-lease='PT8H'/></offer>";
}

std::string trace_offer(const std::string& line) {
  std::istringstream row(line);
  std::string name;
  std::string cpu;
  std::string memory;
  std::string gpu;
  std::string model;
  std::getline(row, name, ',');
  std::getline(row, cpu, ',');
  std::getline(row, memory, ',');
  std::getline(row, gpu, ',');
  std::getline(row, model, ',');
  while (!model.empty() && model.back() == '\r') model.pop_back();
  if (name.empty() || cpu.empty() || memory.empty() || gpu.empty())
    throw BenchError("not a machine of the trace: " + line);
  std::string devices;
  if (gpu != "0") devices = "<resource name='gpu' quantity='" + gpu + "' model='" + model + "'/>";
  return std::string("<offer xmlns='") + kNamespace + "'>" + resource("cpu", cpu + "m") +
         resource("memory", memory + "Mi") + devices + attribute_element("host", name) +
         attribute_element("arch", "x86_64") + attribute_element("os", "linux") +
         "<terms divisible='true' max-lease='PT8H'/></offer>";
}

}  // namespace

std::vector<std::string> make_offers(const std::string& csv_path) {
  std::vector<std::string> offers{own_offer()};
  if (csv_path.empty()) return offers;
  std::ifstream file(csv_path);
  std::string line;
  if (!std::getline(file, line) || !line.starts_with("sn,cpu_milli,memory_mib,gpu,model")) {
    throw BenchError(csv_path + " does not begin with the columns sn,cpu_milli,memory_mib,gpu,model");
  }
  while (std::getline(file, line)) {
    if (!line.empty()) offers.push_back(trace_offer(line));
  }
  return offers;
}

}  // namespace bourse::bench
