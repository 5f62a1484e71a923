#include "cli/log_memory.h"

#include <fmt/format.h>

#include <filesystem>

#include "audit/note.h"
#include "cli/whole_file.h"
#include "xmpp/config_files.h"

namespace bourse::cli {
namespace {

using base::Done;
using base::Errc;
using base::Result;
using base::Status;

Result<std::optional<std::string>> read_if_there(const std::string& path) {
  if (path.empty()) return std::optional<std::string>();
  auto text = xmpp::read_text_file(path, audit::kMaxNoteBytes);
  if (!text && text.error().code == Errc::kNotFound) return std::optional<std::string>();
  if (!text) return text.error();
  return std::optional(std::move(*text));
}

Result<audit::NoteVerifier> key_of_file(const std::string& path, std::string text) {
  while (text.ends_with('\n') || text.ends_with('\r') || text.ends_with(' ')) text.pop_back();
  auto key = audit::NoteVerifier::parse(text);
  if (!key) return {Errc::kBadRequest, fmt::format("{}: {}", path, key.error().text)};
  return key;
}

}  // namespace

std::string file_name_of(std::string_view text) {
  std::string name;
  for (const char each : text) {
    const bool plain = (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9') ||
                       each == '.' || each == '-' || each == '_' || each == '@';
    if (plain) {
      name += each;
    } else {
      name += fmt::format("%{:02X}", static_cast<unsigned char>(each));
    }
  }
  return name;
}

LogMemory::LogMemory(const std::string& folder, std::string_view log) {
  if (folder.empty()) return;
  const std::string stem = folder + "/log-" + file_name_of(log);
  key_file_ = stem + ".key";
  checkpoint_file_ = stem + ".checkpoint";
}

Result<std::optional<audit::NoteVerifier>> LogMemory::key() const {
  const auto text = read_if_there(key_file_);
  if (!text) return text.error();
  if (!*text) return std::optional<audit::NoteVerifier>();
  auto key = key_of_file(key_file_, **text);
  if (!key) return key.error();
  return std::optional(std::move(*key));
}

Result<std::optional<std::string>> LogMemory::checkpoint() const { return read_if_there(checkpoint_file_); }

Status LogMemory::keep_key(const audit::NoteVerifier& key) const {
  if (key_file_.empty()) return Done{};
  return replace_file(key_file_, key.text() + "\n", Durability::kSynced);
}

Status LogMemory::keep_checkpoint(const std::string& note) const {
  if (checkpoint_file_.empty()) return Done{};
  return replace_file(checkpoint_file_, note, Durability::kSynced);
}

Status LogMemory::set_aside_checkpoint() const {
  for (int number = 1; number < 1000; ++number) {
    const std::string to = fmt::format("{}.{}", checkpoint_file_, number);
    std::error_code error;
    if (std::filesystem::exists(to, error)) continue;
    std::filesystem::rename(checkpoint_file_, to, error);
    if (error) return {Errc::kUnavailable, fmt::format("cannot rename {}: {}", checkpoint_file_, error.message())};
    return Done{};
  }
  return {Errc::kUnavailable, fmt::format("too many old copies of {}: move them away", checkpoint_file_)};
}

LogMemory log_memory(std::string_view log) {
  return LogMemory(xmpp::default_state_folder(xmpp::process_environment()), log);
}

Result<audit::NoteVerifier> read_key(const std::string& text_or_file) {
  if (auto key = audit::NoteVerifier::parse(text_or_file)) return key;
  std::error_code error;
  if (!std::filesystem::exists(text_or_file, error)) {
    return {Errc::kBadRequest, fmt::format("'{}' is neither a key such as name+01234567+base64 nor a file with one",
                                           text_or_file.substr(0, 200))};
  }
  const auto text = xmpp::read_text_file(text_or_file);
  if (!text) return text.error();
  return key_of_file(text_or_file, *text);
}

}  // namespace bourse::cli
