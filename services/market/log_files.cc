#include "market/log_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace bourse::boursed {
namespace {

using base::Done;
using base::Errc;
using base::Error;
using base::Result;
using base::Status;

struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

Error from_errno(const std::string& path, std::string_view doing) {
  const int reason = errno;
  const Errc code = reason == ENOENT ? Errc::kNotFound : reason == EACCES ? Errc::kForbidden : Errc::kUnavailable;
  return {code, fmt::format("{}: cannot {}: {}", path, doing, std::strerror(reason))};
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Root may look at everybody's; anyone else's files must be his own, or root's.
Status ours_alone(const struct stat& about, const std::string& path) {
  if ((about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return {Errc::kForbidden, fmt::format("{}: others may change it (mode {:03o}): run `chmod go-w {}`", path,
                                          about.st_mode & 0777U, path)};
  }
  if (::geteuid() != 0 && about.st_uid != 0 && about.st_uid != ::geteuid()) {
    return {Errc::kForbidden, fmt::format("{}: belongs to another user, who may change it: give it to the user that "
                                          "runs boursed",
                                          path)};
  }
  return Done{};
}

Status write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return from_errno(path, "write it");
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(fd) != 0) return from_errno(path, "write it to disk");
  return Done{};
}

Status give_to_owner_of_folder(int fd, const std::string& path) {
  if (::geteuid() != 0) return Done{};
  struct stat about {};
  if (::stat(folder_of(path).c_str(), &about) != 0) return from_errno(folder_of(path), "look at it");
  if (::fchown(fd, about.st_uid, about.st_gid) != 0) return from_errno(path, "give it to the owner of its folder");
  return Done{};
}

Status sync_folder_of(const std::string& path) {
  const Descriptor folder{::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder.fd < 0 || ::fsync(folder.fd) != 0) return from_errno(folder_of(path), "write it to disk");
  return Done{};
}

}  // namespace

Result<LogFiles> log_files(const std::string& directory, const domain::PoolName& pool) {
  const auto& name = pool.value;
  const bool odd = name.empty() || name.size() > 64 || name.front() == '.' ||
                   std::any_of(name.begin(), name.end(),
                               [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '/'; });
  if (odd) {
    return {Errc::kBadRequest,
            fmt::format("the pool '{}' cannot have an audit log: a pool's name is part of its files' names and of its "
                        "key's, so it has 1 to 64 bytes, no space, no '/', and no '.' at its beginning",
                        name)};
  }
  const auto path = [&](const char* end) { return fmt::format("{}/{}.{}", directory, name, end); };
  return LogFiles{name, path("key"), path("pub"), path("last"), path("restarted"), path("former"), path("lock")};
}

Status prepare_log_directory(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0755) == 0) {
    const Descriptor folder{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.fd < 0) return from_errno(directory, "open it");
    if (auto given = give_to_owner_of_folder(folder.fd, directory); !given) return given;
    return sync_folder_of(directory);
  }
  if (errno != EEXIST) return from_errno(directory, "make the folder of the audit log");
  struct stat about {};
  if (::stat(directory.c_str(), &about) != 0) return from_errno(directory, "look at it");
  if (!S_ISDIR(about.st_mode)) return {Errc::kBadRequest, directory + ": is not a folder ([audit] directory)"};
  return ours_alone(about, directory);
}

Result<std::string> read_guarded_file(const std::string& path, std::size_t most) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) return from_errno(path, "read it");
  struct stat about {};
  if (::fstat(file.fd, &about) != 0) return from_errno(path, "look at it");
  if (!S_ISREG(about.st_mode)) return {Errc::kBadRequest, path + ": is not a file"};
  if (const auto guarded = ours_alone(about, path); !guarded) return guarded.error();
  std::string content;
  std::array<char, 4096> block;
  for (;;) {
    const ssize_t got = ::read(file.fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return from_errno(path, "read it");
    if (got == 0) return content;
    content.append(block.data(), static_cast<std::size_t>(got));
    if (content.size() > most) return {Errc::kPayloadTooBig, fmt::format("{}: longer than {} bytes", path, most)};
  }
}

Status replace_file(const std::string& path, std::string_view content, mode_t mode) {
  // Of its own, so that two processes never write the same one.
  const std::string draft = fmt::format("{}.new-{}", path, ::getpid());
  ::unlink(draft.c_str());  // of one that ended in the middle
  {
    const Descriptor file{::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)};
    if (file.fd < 0) return from_errno(path, "create it");
    if (::fchmod(file.fd, mode) != 0) return from_errno(path, "set who may read it");
    if (auto given = give_to_owner_of_folder(file.fd, path); !given) return given;
    if (auto written = write_all(file.fd, content, path); !written) {
      ::unlink(draft.c_str());
      return written;
    }
  }
  return rename_file(draft, path);
}

Status rename_file(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return from_errno(from, "rename it to " + to);
  return sync_folder_of(to);
}

Result<FileLock> FileLock::take(const std::string& path, Kind kind) {
  Descriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (file.fd < 0) return from_errno(path, "open it");
  if (auto given = give_to_owner_of_folder(file.fd, path); !given) return given.error();
  if (::flock(file.fd, (kind == Kind::kShared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return {Errc::kConflict, path + ": another process has it"};
    return from_errno(path, "lock it");
  }
  return FileLock(std::exchange(file.fd, -1));
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace bourse::boursed
