// Purpose: what this machine really has: the facts an offer is made of.
// Lifetime: values. Threads: free functions, no state.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bourse::agent {

struct Machine {
  std::int64_t cpu_milli = 0;  // cores this process may run on, and less where a cgroup gives less
  std::int64_t memory_bytes = 0;
  std::int64_t storage_bytes = 0;    // free for us where storage_path is
  std::string arch;                  // "x86_64"
  std::string os;                    // "linux"
  std::string distribution;          // ID of os-release: "debian"
  std::string distribution_version;  // VERSION_ID: "12"; may be empty
  std::string kernel;                // "6.1.0-18-amd64"
  std::string hostname;
  std::string cpu_model;
  std::vector<std::string> cpu_flags;   // of those that matter to programs: see kCpuFlags
  std::vector<std::string> gpu_models;  // one entry a device
  friend bool operator==(const Machine&, const Machine&) = default;
};

// Where the facts are read; what comes from system calls is given, so that a test can say it.
struct MachineSources {
  std::string root;  // prefix of /proc, /sys and /etc; empty on a real machine
  std::int64_t affinity_cores = 0;
  std::int64_t free_storage = 0;
  std::string arch;
  std::string storage_path = {};  // whose file system free_storage is of
};

// From this machine's system calls. `storage_path` is the folder whose file system is asked for free space;
// 0 when there is no such folder.
[[nodiscard]] MachineSources machine_sources(const std::string& storage_path);
[[nodiscard]] Machine read_machine(const MachineSources& sources);

// Free for us on that folder's file system; none: there is no such folder.
[[nodiscard]] std::optional<std::int64_t> free_bytes(const std::string& folder);

// What the readers of facts share: a file's beginning (empty when there is none), and text in it.
[[nodiscard]] std::string read_some(const std::filesystem::path& path);
[[nodiscard]] std::string_view trimmed(std::string_view text);
// The value of the first line "<key> <separator> value".
[[nodiscard]] std::string_view field(std::string_view text, std::string_view key, char separator);
[[nodiscard]] std::optional<std::int64_t> number(std::string_view text);

}  // namespace bourse::agent
