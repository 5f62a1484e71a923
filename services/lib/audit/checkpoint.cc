#include "audit/checkpoint.h"

#include <algorithm>

#include "audit/decimal.h"

namespace bourse::audit {
namespace {

using base::Errc;

base::Error wrong(const std::string& what) {
  return {Errc::kCorrupt, "not a checkpoint (C2SP tlog-checkpoint): " + what};
}

bool is_line(std::string_view line) { return !line.empty() && line.find('\n') == std::string_view::npos; }

}  // namespace

std::string format_checkpoint(const Checkpoint& checkpoint) {
  BOURSE_CHECK(is_line(checkpoint.origin) && checkpoint.size <= kMaxTreeSize);
  std::string text =
      checkpoint.origin + '\n' + std::to_string(checkpoint.size) + '\n' + hash_text(checkpoint.root) + '\n';
  for (const auto& line : checkpoint.extensions) {
    BOURSE_CHECK(is_line(line));
    text += line + '\n';
  }
  BOURSE_CHECK(is_note_text(text));
  return text;
}

base::Result<Checkpoint> parse_checkpoint(std::string_view text) {
  if (text.size() > kMaxNoteBytes || !is_note_text(text)) return wrong("it is not the text of a note");
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (end == 0) return wrong("it has an empty line");
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  if (lines.size() < 3) return wrong("it has fewer than three lines");
  const auto size = parse_decimal(lines[1]);
  if (!size) return wrong("its second line is not a number of entries");
  const auto root = parse_hash(lines[2]);
  if (!root) return wrong("its third line is not a hash in base64");
  return Checkpoint{std::string(lines[0]), *size, *root, {lines.begin() + 3, lines.end()}};
}

std::string sign_checkpoint(const Checkpoint& checkpoint, const NoteSigner& log) {
  BOURSE_CHECK(checkpoint.origin == log.verifier().name());
  const auto text = format_checkpoint(checkpoint);
  return format_note({text, {sign_text(text, log)}});
}

base::Result<SignedCheckpoint> read_unverified(std::string_view bytes) {
  auto note = parse_note(bytes);
  if (!note) return note.error();
  auto checkpoint = parse_checkpoint(note->text);
  if (!checkpoint) return checkpoint.error();
  return SignedCheckpoint{std::move(*checkpoint), std::move(*note)};
}

base::Result<SignedCheckpoint> open_checkpoint(std::string_view bytes, const NoteVerifier& log) {
  auto note = parse_note(bytes);
  if (!note) return note.error();
  // Verified before it is read: nothing of an unsigned text may count.
  if (const auto signers = verify_note(*note, {&log, 1}); !signers) return signers.error();
  auto checkpoint = parse_checkpoint(note->text);
  if (!checkpoint) return checkpoint.error();
  if (checkpoint->origin != log.name()) {
    return wrong("it is of the log \"" + checkpoint->origin + "\", not of \"" + log.name() + '"');
  }
  return SignedCheckpoint{std::move(*checkpoint), std::move(*note)};
}

}  // namespace bourse::audit
