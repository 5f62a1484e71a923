#include "xmpp/config_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

namespace bourse::xmpp {
namespace {

using base::Config;
using base::Errc;
using base::Result;

// $`variable`/bourse, or ~/`under_home`/bourse.
std::string xdg_folder(const Config::Environment& environment, const char* variable, const char* under_home) {
  if (const auto folder = environment(variable); folder && !folder->empty()) return *folder + "/bourse";
  if (const auto home = environment("HOME"); home && !home->empty()) {
    return fmt::format("{}/{}/bourse", *home, under_home);
  }
  return {};
}

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

base::Error cannot_read(const std::string& path) {
  const Errc code = errno == ENOENT ? Errc::kNotFound : errno == EACCES ? Errc::kForbidden : Errc::kUnavailable;
  return {code, fmt::format("{}: cannot read it: {}", path, std::strerror(errno))};
}

Result<std::string> read_all(const File& file, const std::string& path, std::size_t most) {
  std::string content;
  std::string block(64 * 1024, '\0');
  while (const std::size_t got = std::fread(block.data(), 1, block.size(), file.get())) {
    content.append(block, 0, got);
    if (content.size() > most) {
      return {Errc::kPayloadTooBig, fmt::format("{}: longer than {} bytes", path, most)};
    }
  }
  if (std::ferror(file.get()) != 0) return {Errc::kUnavailable, fmt::format("{}: cannot read it", path)};
  return content;
}

}  // namespace

Config::Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

Result<std::string> read_text_file(const std::string& path, std::size_t most) {
  std::error_code is_directory_failure;
  if (std::filesystem::is_directory(path, is_directory_failure)) {
    return {Errc::kBadRequest, fmt::format("{}: is a folder, not a file", path)};
  }
  const File file(std::fopen(path.c_str(), "re"), &std::fclose);
  if (!file) return cannot_read(path);
  return read_all(file, path, most);
}

Result<std::string> read_regular_file(const std::string& path, std::size_t most) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return cannot_read(path);
  const File file(::fdopen(descriptor, "r"), &std::fclose);
  if (!file) {
    ::close(descriptor);
    return {Errc::kUnavailable, fmt::format("{}: cannot read it", path)};
  }
  struct stat about {};
  if (::fstat(descriptor, &about) != 0) return cannot_read(path);
  if (!S_ISREG(about.st_mode)) return {Errc::kBadRequest, fmt::format("{}: is not a file", path)};
  return read_all(file, path, most);
}

Result<Config> load_config(std::vector<std::string> known, const std::string& name,
                           const std::optional<std::string>& config_flag, const Config::Environment& environment) {
  Config config(std::move(known));
  config.set_environment(environment);
  std::vector<std::string> paths;
  if (config_flag) {
    paths.push_back(*config_flag);
  } else {
    if (const auto folder = xdg_folder(environment, "XDG_CONFIG_HOME", ".config"); !folder.empty()) {
      paths.push_back(folder + "/" + name);
    }
    paths.push_back("/etc/bourse/" + name);
  }
  for (const auto& path : paths) {
    const auto text = read_text_file(path);
    if (!text && text.error().code == Errc::kNotFound && !config_flag) continue;
    if (!text) return text.error();
    if (const auto added = config.add_file(path, *text); !added) return added.error();
  }
  return config;
}

std::string default_state_folder(const Config::Environment& environment) {
  return xdg_folder(environment, "XDG_STATE_HOME", ".local/state");
}

}  // namespace bourse::xmpp
