#include "agent/machine.h"

#include <sched.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string_view>

namespace bourse::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 14> kCpuFlags{"aes",      "avx",  "avx2", "avx512f", "avx512_vnni",
                                                     "amx_tile", "bmi2", "fma",  "sha_ni",  "sse4_2",
                                                     "asimd",    "sve",  "sve2", "neon"};
constexpr std::size_t kMostBytes = 1024 * 1024;  // /proc/cpuinfo of a machine with hundreds of cores

std::string unquoted(std::string_view text) {
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) {
    text = text.substr(1, text.size() - 2);
  }
  return std::string(text);
}

// This process's cgroup (v2) and its parents, innermost first: each may lower what there is.
std::vector<fs::path> cgroup_folders(const fs::path& root) {
  std::vector<fs::path> folders;
  const fs::path mount = root / "sys/fs/cgroup";
  std::string_view lines;
  const std::string text = read_some(root / "proc/self/cgroup");
  const auto at = text.find("0::/");
  if (at != std::string::npos) lines = std::string_view(text).substr(at + 4);
  fs::path inside(lines.substr(0, lines.find('\n')));
  for (;; inside = inside.parent_path()) {
    folders.push_back(inside.empty() ? mount : mount / inside);
    if (inside.empty() || folders.size() > 32) return folders;
  }
}

std::int64_t lowest_cpu_milli(const fs::path& root, std::int64_t milli) {
  for (const auto& folder : cgroup_folders(root)) {
    const std::string text = read_some(folder / "cpu.max");  // "200000 100000" or "max 100000"
    const auto space = text.find(' ');
    if (space == std::string::npos) continue;
    const auto quota = number(std::string_view(text).substr(0, space));
    const auto period = number(std::string_view(text).substr(space));
    if (quota && period && *period > 0) milli = std::min(milli, *quota * 1000 / *period);
  }
  return milli;
}

std::int64_t lowest_memory(const fs::path& root, std::int64_t bytes) {
  for (const auto& folder : cgroup_folders(root)) {
    if (const auto most = number(read_some(folder / "memory.max"))) bytes = std::min(bytes, *most);
  }
  return bytes;
}

std::vector<std::string> flags_that_matter(std::string_view cpuinfo) {
  std::string_view line = field(cpuinfo, "flags", ':');
  if (line.empty()) line = field(cpuinfo, "Features", ':');  // arm
  std::vector<std::string> flags;
  std::istringstream words{std::string(line)};
  for (std::string word; words >> word;) {
    if (std::find(kCpuFlags.begin(), kCpuFlags.end(), word) != kCpuFlags.end()) flags.push_back(word);
  }
  std::sort(flags.begin(), flags.end());
  flags.erase(std::unique(flags.begin(), flags.end()), flags.end());
  return flags;
}

std::vector<std::string> gpu_models(const fs::path& root) {
  std::vector<std::string> models;
  std::error_code failure;
  for (fs::directory_iterator at(root / "proc/driver/nvidia/gpus", failure), end; !failure && at != end;
       at.increment(failure)) {
    const std::string text = read_some(at->path() / "information");
    if (const auto model = field(text, "Model", ':'); !model.empty()) models.emplace_back(model);
  }
  std::sort(models.begin(), models.end());
  return models;
}

}  // namespace

std::string read_some(const fs::path& path) {
  std::ifstream file(path);
  std::string text(kMostBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return text;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string_view field(std::string_view text, std::string_view key, char separator) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const auto at = line.find(separator);
    if (at != std::string_view::npos && trimmed(line.substr(0, at)) == key) return trimmed(line.substr(at + 1));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

std::optional<std::int64_t> number(std::string_view text) {
  text = trimmed(text);
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> free_bytes(const std::string& folder) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) return std::nullopt;
  return static_cast<std::int64_t>(disk.f_bavail * disk.f_frsize);
}

MachineSources machine_sources(const std::string& storage_path) {
  MachineSources sources;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  sources.affinity_cores =
      ::sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : ::sysconf(_SC_NPROCESSORS_ONLN);
  sources.storage_path = storage_path;
  sources.free_storage = free_bytes(storage_path).value_or(0);
  struct utsname system {};
  if (::uname(&system) == 0) sources.arch = system.machine;
  return sources;
}

Machine read_machine(const MachineSources& sources) {
  const fs::path root = sources.root.empty() ? fs::path("/") : fs::path(sources.root);
  Machine machine;
  machine.cpu_milli = lowest_cpu_milli(root, sources.affinity_cores * 1000);
  const std::string meminfo = read_some(root / "proc/meminfo");
  machine.memory_bytes = lowest_memory(root, number(field(meminfo, "MemTotal", ':')).value_or(0) * 1024);
  machine.storage_bytes = sources.free_storage;
  machine.arch = sources.arch;
  machine.os = "linux";
  const std::string os_release = read_some(root / "etc/os-release");
  machine.distribution = unquoted(field(os_release, "ID", '='));
  machine.distribution_version = unquoted(field(os_release, "VERSION_ID", '='));
  machine.kernel = trimmed(read_some(root / "proc/sys/kernel/osrelease"));
  machine.hostname = trimmed(read_some(root / "proc/sys/kernel/hostname"));
  const std::string cpuinfo = read_some(root / "proc/cpuinfo");
  machine.cpu_model = field(cpuinfo, "model name", ':');
  machine.cpu_flags = flags_that_matter(cpuinfo);
  machine.gpu_models = gpu_models(root);
  return machine;
}

}  // namespace bourse::agent
