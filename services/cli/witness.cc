#include "cli/witness.h"

#include <fmt/format.h>

#include <algorithm>

#include "audit/cosignature.h"
#include "cli/whole_file.h"
#include "xmpp/config_files.h"

namespace bourse::cli {
namespace {

using base::Errc;
using base::Result;

// The log's signature alone: with all that a market may add, one more could be more than a note may have.
audit::Note signed_by_log(const audit::Note& head, const audit::NoteVerifier& log) {
  const auto of_log = std::ranges::find_if(
      head.signatures, [&](const auto& each) { return each.name == log.name() && each.key_id == log.id(); });
  BOURSE_CHECK(of_log != head.signatures.end());
  return {head.text, {*of_log}};
}

}  // namespace

Result<std::optional<audit::Checkpoint>> Witness::last() const {
  const auto note = xmpp::read_text_file(file_, audit::kMaxNoteBytes);
  if (!note && note.error().code == Errc::kNotFound) return std::optional<audit::Checkpoint>();
  if (!note) return note.error();
  auto opened = audit::open_checkpoint(*note, log_key_);
  if (!opened) return {Errc::kBadRequest, fmt::format("{}: {}", file_, opened.error().text)};
  return std::optional(std::move(opened->checkpoint));
}

base::Status Witness::keep(const audit::SignedCheckpoint& head, std::uint64_t now_seconds) const {
  audit::Note note = signed_by_log(head.note, log_key_);
  note.signatures.push_back(audit::cosign(note.text, now_seconds, signer_));
  const auto bytes = audit::format_note(note);
  if (bytes.size() > audit::kMaxNoteBytes) {
    return {Errc::kPayloadTooBig, "the checkpoint is too long to be cosigned: it would be no note any more"};
  }
  return replace_file(file_, bytes, Durability::kSynced);
}

Result<Witnessing> Witness::alarm(Witnessing found, std::string what, const std::string& note) const {
  found.alarm = std::move(what);
  found.evidence = file_ + ".alarm";
  if (const auto kept = replace_file(found.evidence, note, Durability::kSynced); !kept) return kept.error();
  return found;
}

Result<Witnessing> Witness::look(xmpp::LogClient& log, std::uint64_t now_seconds) {
  const auto older = last();
  if (!older) return older.error();
  const auto row = log.checkpoint();
  Witnessing found;
  if (!row && row.error().code == Errc::kNotFound && *older) {
    found.growth = Growth::kRolledBack;
    found.alarm = fmt::format("the log is gone: it had {} entries, and now {}", (*older)->size, row.error().text);
    found.evidence = file_;
    return found;
  }
  if (!row) return row.error();
  found.size = row->size;
  const auto head = audit::open_checkpoint(row->note, log_key_);
  if (!head) return alarm(std::move(found), "the checkpoint cannot be believed: " + head.error().text, row->note);
  if (!*older) {
    if (const auto kept = keep(*head, now_seconds); !kept) return kept.error();
    return found;
  }
  const auto growth = follow(log, **older, *head, row->note, log_key_);
  if (!growth && growth.error().code != Errc::kCorrupt) return growth.error();
  if (!growth) {
    return alarm(std::move(found), "the proof cannot be believed: " + growth.error().text, row->note);
  }
  found.growth = growth->growth;
  found.size = growth->newest.checkpoint.size;
  if (is_alarm(growth->growth)) return alarm(std::move(found), growth->problem, growth->note);
  if (const auto kept = keep(growth->newest, now_seconds); !kept) return kept.error();
  return found;
}

}  // namespace bourse::cli
