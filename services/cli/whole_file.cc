#include "cli/whole_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace bourse::cli {
namespace {

using base::Errc;
using base::Status;

Status failure(const std::string& path) {
  return {Errc::kUnavailable, fmt::format("cannot write {}: {}", path, std::strerror(errno))};
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool sync_folder(const std::filesystem::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool synced = ::fsync(fd) == 0;
  ::close(fd);
  return synced;
}

}  // namespace

Status replace_file(const std::string& path, std::string_view content, Durability durability) {
  auto folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return {Errc::kUnavailable, fmt::format("cannot make {}: {}", folder.string(), error.message())};
  const std::string draft = fmt::format("{}.{}.new", path, ::getpid());
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0) return failure(path);
  const bool synced = durability == Durability::kSynced;
  const bool written = write_all(fd, content) && (!synced || ::fsync(fd) == 0);
  const bool closed = ::close(fd) == 0;
  if (!written || !closed || ::rename(draft.c_str(), path.c_str()) != 0) {
    auto failed = failure(path);
    ::unlink(draft.c_str());
    return failed;
  }
  return !synced || sync_folder(folder) ? Status(base::Done{}) : failure(path);
}

}  // namespace bourse::cli
