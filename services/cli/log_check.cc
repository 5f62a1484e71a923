#include "cli/log_check.h"

#include <fmt/format.h>

#include "cli/log_growth.h"
#include "cli/receipt_check.h"
#include "xmpp/config_files.h"

namespace bourse::cli {
namespace {

using base::Errc;
using base::Result;
using Older = std::optional<audit::SignedCheckpoint>;

void add_seen(const audit::Checkpoint& seen, Findings& findings) {
  findings.add("seen", fmt::format("{} entries, root {}", seen.size, audit::hash_text(seen.root)));
}

// What this client saw last; a log that began anew with another name is compared with nothing.
Result<Older> read_seen(const LogMemory& memory, const audit::TrustPolicy& trust, Findings& findings) {
  const auto note = memory.checkpoint();
  if (!note) return note.error();
  if (!*note) return Older();
  // Verified when it was kept; a key that was replaced since cannot verify it again.
  auto older = audit::read_unverified(**note);
  if (!older) return older.error();
  if (older->checkpoint.origin != trust.log.name()) {
    findings.add("seen", fmt::format("another log before: \"{}\"; its last checkpoint is set aside beside {}",
                                     older->checkpoint.origin, memory.checkpoint_file()));
    if (const auto moved = memory.set_aside_checkpoint(); !moved) return moved.error();
    return Older();
  }
  add_seen(older->checkpoint, findings);
  return Older(std::move(*older));
}

void add_growth(const GrowthCheck& growth, const audit::Checkpoint& older, Findings& findings) {
  findings.add("growth", fmt::format("{} since {} entries", name(growth.growth), older.size));
  if (growth.proof.to.steps.empty() && growth.proof.from.steps.empty()) return;
  findings.add_roots(fmt::format("{}: ", older.size), growth.proof.from);
  findings.add_roots(fmt::format("{}: ", growth.newest.checkpoint.size), growth.proof.to);
}

// No checkpoint where there was one is a rollback to nothing.
Result<ExitCode> judge_none(const base::Error& answer, const LogMemory& memory, Findings& findings) {
  const auto seen = memory.checkpoint();
  if (!seen) return seen.error();
  if (!*seen) return answer;
  const auto last = audit::read_unverified(**seen);
  if (!last) return last.error();
  findings.add("log", last->checkpoint.origin);
  add_seen(last->checkpoint, findings);
  return findings.finish(
      {}, fmt::format("the log is gone: it had {} entries, and now {}", last->checkpoint.size, answer.text));
}

}  // namespace

Result<Older> read_older(const std::string& file, const LogTrust& trust, Findings& findings) {
  if (file.empty()) return Older();
  const auto note = xmpp::read_text_file(file, audit::kMaxNoteBytes);
  if (!note) return note.error();
  auto opened = open_older(*note, trust);
  if (!opened) return {Errc::kCorrupt, fmt::format("{}: {}", file, opened.error().text)};
  findings.add("older", fmt::format("{} entries, root {}, from {}", opened->checkpoint.size,
                                    audit::hash_text(opened->checkpoint.root), file));
  return Older(std::move(*opened));
}

std::string judge_witnesses(const audit::Note& head, const std::optional<audit::SignedCheckpoint>& older,
                            const audit::TrustPolicy& trust, Findings& findings) {
  auto witnesses = audit::verify_cosignatures(head, trust.witnesses);
  if (witnesses && witnesses->empty() && older) {
    witnesses = audit::verify_cosignatures(older->note, trust.witnesses);
  }
  if (!witnesses) return witnesses.error().text;
  if (!trust.witnesses.empty() || trust.quorum > 0) {
    findings.add_witnesses(*witnesses, trust.witnesses.size(), trust.quorum);
  }
  if (witnesses->size() >= trust.quorum) return {};
  return fmt::format("{} of the known witnesses cosigned; {} must", witnesses->size(), trust.quorum);
}

Result<ExitCode> check_log(xmpp::LogClient& log, const LogCheckFlags& flags, const Announced& announced,
                           const LogMemory& memory, Findings& findings) {
  const auto row = log.checkpoint();
  if (!row && row.error().code == Errc::kNotFound) return judge_none(row.error(), memory, findings);
  if (!row) return row.error();
  const auto origin = origin_of(row->note);
  if (!origin) return findings.finish(origin.error());
  findings.add("log", *origin);
  const auto trust = online_trust(flags.trust, *origin, announced, memory);
  if (!trust) return trust.error();
  findings.add("key", trust->policy.log.text());
  auto head = audit::open_checkpoint(row->note, trust->policy.log);
  if (!head) return findings.finish(head.error());
  if (const auto pinned = pin(*trust, memory, findings); !pinned) return pinned.error();
  std::string note = row->note;
  const auto seen = read_seen(memory, trust->policy, findings);
  if (!seen) return seen.error();
  const auto older = read_older(flags.older, *trust, findings);
  if (!older && older.error().code == Errc::kCorrupt) return findings.finish(older.error());
  if (!older) return older.error();
  for (const auto* each : {&*seen, &*older}) {
    if (!*each) continue;
    const auto& before = (*each)->checkpoint;
    auto growth = follow(log, before, *head, note, trust->policy.log);
    if (!growth && growth.error().code == Errc::kCorrupt) return findings.finish(growth.error());
    if (!growth) return growth.error();
    add_growth(*growth, before, findings);
    if (is_alarm(growth->growth)) return findings.finish({}, growth->problem);
    head = std::move(growth->newest);
    note = std::move(growth->note);
  }
  findings.add("checkpoint", fmt::format("{} entries, root {}, signed by {}", head->checkpoint.size,
                                         audit::hash_text(head->checkpoint.root), trust->policy.log.name()));
  const auto problem = judge_witnesses(head->note, *older, trust->policy, findings);
  if (const auto kept = memory.keep_checkpoint(note); !kept) return kept.error();
  return findings.finish("the log is signed, and has all that was seen of it before", problem);
}

}  // namespace bourse::cli
