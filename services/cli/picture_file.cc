#include "cli/picture_file.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

extern char** environ;  // NOLINT: POSIX's name

namespace bourse::cli {
namespace {

using base::Done;
using base::Errc;
using base::Status;

// Gone when its time is over.
class TemporaryFile {
 public:
  TemporaryFile() {
    path_ = (std::filesystem::temp_directory_path() / "bourse-XXXXXX.svg").string();
    const int fd = ::mkstemps(path_.data(), 4);
    if (fd < 0) {
      path_.clear();
    } else {
      ::close(fd);
    }
  }
  ~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

Status write_svg(const std::string& file, const std::string& svg) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(
      std::fopen(file.c_str(), "wb"), [](std::FILE* each) { return each == nullptr ? 0 : std::fclose(each); });
  const bool written =
      out != nullptr && std::fwrite(svg.data(), 1, svg.size(), out.get()) == svg.size() && std::fflush(out.get()) == 0;
  if (written) return Done{};
  return {Errc::kUnavailable, fmt::format("cannot write {}: {}", file, std::strerror(errno))};
}

Status write_png(const std::string& file, const std::string& svg) {
  const TemporaryFile source;
  if (source.path().empty()) return {Errc::kUnavailable, "cannot write a temporary file: is the disk full?"};
  if (auto written = write_svg(source.path(), svg); !written) return written;
  // Twice the size: sharp on screens of today and on paper.
  std::array<std::string, 7> words{"rsvg-convert", "--zoom", "2", "--format", "png", "--output", file};
  std::string input = source.path();
  std::array<char*, 9> arguments{};
  for (std::size_t i = 0; i < words.size(); ++i) arguments.at(i) = words.at(i).data();
  arguments.at(words.size()) = input.data();
  pid_t pid = -1;
  const int failure = ::posix_spawnp(&pid, "rsvg-convert", nullptr, nullptr, arguments.data(), environ);
  if (failure == ENOENT) {
    return {Errc::kUnavailable,
            "there is no rsvg-convert here, which makes PNG: install librsvg2-bin, or write --svg instead"};
  }
  if (failure != 0) return {Errc::kUnavailable, fmt::format("cannot start rsvg-convert: {}", std::strerror(failure))};
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return Done{};
  return {Errc::kUnavailable, fmt::format("rsvg-convert could not write {}: it says why above", file)};
}

}  // namespace bourse::cli
