#include "xmpp/secret_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace bourse::xmpp {
namespace {

using base::Done;
using base::Errc;
using base::Error;
using base::Result;
using base::Status;

constexpr std::size_t kMostBytes = 64 * 1024;

struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd > STDERR_FILENO) ::close(fd);
  }
};

Error from_errno(const std::string& path, std::string_view doing) {
  const int reason = errno;
  const Errc code = reason == ENOENT ? Errc::kNotFound : reason == EACCES ? Errc::kForbidden : Errc::kUnavailable;
  return {code, fmt::format("{}: cannot {}: {}", path, doing, std::strerror(reason))};
}

Status private_to_us(int fd, const std::string& path) {
  struct stat about {};
  if (::fstat(fd, &about) != 0) return from_errno(path, "look at it");
  if (S_ISDIR(about.st_mode)) return {Errc::kBadRequest, fmt::format("{}: is a folder, not a file", path)};
  if (S_ISREG(about.st_mode) && (about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return {Errc::kForbidden,
            fmt::format("{}: holds a secret but others may access it (mode {:03o}): run `chmod 600 {}`", path,
                        about.st_mode & 0777U, path)};
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

}  // namespace

Result<std::string> read_secret_file(const std::string& path) {
  const bool from_stdin = path == "-";
  const Descriptor file{from_stdin ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) return from_errno(path, "read it");
  if (!from_stdin) {
    if (const auto status = private_to_us(file.fd, path); !status) return status.error();
  }
  std::string content;
  std::array<char, 4096> block;
  for (;;) {
    const ssize_t got = ::read(file.fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return from_errno(path, "read it");
    if (got == 0) break;
    content.append(block.data(), static_cast<std::size_t>(got));
    if (content.size() > kMostBytes) {
      return {Errc::kBadRequest, fmt::format("{}: longer than {} bytes: this is no secret", path, kMostBytes)};
    }
  }
  if (content.ends_with('\n')) content.pop_back();
  if (content.empty()) return {Errc::kBadRequest, fmt::format("{}: is empty, a secret was expected", path)};
  return content;
}

Status write_secret_file(const std::string& path, std::string_view content) {
  // Written under a name of our own and linked into place: link() refuses to replace, rename() would not.
  const std::string draft = fmt::format("{}.{}.new", path, ::getpid());
  ::unlink(draft.c_str());
  const Descriptor file{::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (file.fd < 0) return from_errno(path, "create it");
  auto status = write_all(file.fd, content, path);
  if (status && ::link(draft.c_str(), path.c_str()) != 0) {
    status = errno == EEXIST ? Status(Errc::kConflict, fmt::format("{}: exists already", path))
                             : Status(from_errno(path, "create it"));
  }
  ::unlink(draft.c_str());
  return status;
}

}  // namespace bourse::xmpp
