// Purpose: a folder for one test's audit log, gone afterwards.
// Lifetime: the test's. Threads: none.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "audit/checkpoint.h"
#include "domain/jid.h"
#include "market/log_files.h"
#include "market/log_keys.h"

namespace bourse::boursed {

class LogFolder : public testing::Test {
 protected:
  LogFolder() {
    std::string name = std::filesystem::temp_directory_path() / "bourse-log-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    folder_ = name;
    files_ = *log_files(folder_, {"commons"});
  }
  ~LogFolder() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] static std::string content(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  static void write(const std::string& path, const std::string& text, mode_t mode = 0600) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    ::chmod(path.c_str(), mode);
  }
  [[nodiscard]] static mode_t mode(const std::string& path) {
    struct stat about {};
    return ::stat(path.c_str(), &about) == 0 ? about.st_mode & 0777U : 0;
  }
  [[nodiscard]] static bool there(const std::string& path) { return std::filesystem::exists(path); }
  // A signed checkpoint becomes the last one.
  std::string sign(const LogKeys& keys, std::uint64_t size) const {
    auto note = audit::sign_checkpoint({keys.origin(), size, audit::Hash{}, {}}, keys.signers.front());
    write(files_.last, note);
    return note;
  }

  const domain::Jid service_ = *domain::Jid::parse("bourse.example.org");
  std::string folder_;
  LogFiles files_;
};

}  // namespace bourse::boursed
