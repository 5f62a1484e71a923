// Purpose: the files of one pool's audit log, and how files are replaced so that a power failure leaves the old one or
//   the new one, whole.
// Lifetime: values, but a lock is held as long as it lives. Threads: free functions, no state.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/ids.h"

namespace bourse::boursed {

struct LogFiles {
  std::string pool;
  std::string key;        // <pool>.key: private keys, one a line; the first is the log's
  std::string verifiers;  // <pool>.pub: their vkeys, for witnesses and auditors
  std::string last;       // <pool>.last: the last checkpoint that was signed
  std::string restarted;  // <pool>.restarted: why the log begins anew, until it is recorded
  std::string former;     // <pool>.former: vkeys of the logs that ended
  std::string lock;       // <pool>.lock: held while boursed runs
};

// kBadRequest: the pool's name cannot be part of a file's.
[[nodiscard]] base::Result<LogFiles> log_files(const std::string& directory, const domain::PoolName& pool);

// Makes the folder when it is missing. kForbidden: others may change what is in it.
[[nodiscard]] base::Status prepare_log_directory(const std::string& directory);

// Of files that matter because nobody else may change them: kForbidden when others may. kNotFound: none;
// kPayloadTooBig: beyond `most` bytes.
[[nodiscard]] base::Result<std::string> read_guarded_file(const std::string& path, std::size_t most);

// Durable when it returns. What root writes belongs to the owner of the folder, who runs the service.
[[nodiscard]] base::Status replace_file(const std::string& path, std::string_view content, mode_t mode);
[[nodiscard]] base::Status rename_file(const std::string& from, const std::string& to);

// Advisory, the kernel's: gone with its process.
class FileLock {
 public:
  enum class Kind { kShared, kExclusive };
  // Does not wait: kConflict when another process has it.
  [[nodiscard]] static base::Result<FileLock> take(const std::string& path, Kind kind);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace bourse::boursed
