#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "cli/audit_commands.h"
#include "cli/findings.h"
#include "cli/log_folder.h"
#include "cli/log_growth.h"
#include "cli/log_trust.h"
#include "cli/progress.h"
#include "cli/receipt_check.h"
#include "xmpp/config_files.h"

namespace bourse::cli {
namespace {

using base::Result;

struct VerifyFlags {
  TrustFlags trust;
  std::string offline;
  std::string tiles;
  std::string older;
};

constexpr std::size_t kMostReceiptBytes = 2 * 1024 * 1024;

ExitCode verify_offline(Session& session, const VerifyFlags& flags) {
  const auto text = xmpp::read_text_file(flags.offline, kMostReceiptBytes);
  if (!text) return session.fail(text.error());
  Findings findings(session.format());
  const auto proof = audit::parse_tlog_proof(*text);
  if (!proof) return findings.finish(proof.error());
  const auto origin = origin_of(proof->checkpoint);
  if (!origin) return findings.finish(origin.error());
  const auto trust = offline_trust(flags.trust, *origin);
  if (!trust) return session.fail(trust.error());
  return check_receipt(*proof, *trust, findings);
}

// A checkpoint from elsewhere, such as a witness's; none without the flag.
struct Older {
  std::optional<audit::SignedCheckpoint> checkpoint;
};
Result<Older> read_older(const VerifyFlags& flags, const audit::TrustPolicy& trust, Findings& findings) {
  if (flags.older.empty()) return Older{};
  const auto note = xmpp::read_text_file(flags.older, audit::kMaxNoteBytes);
  if (!note) return note.error();
  auto opened = audit::open_checkpoint(*note, trust.log);
  if (!opened) return opened.error();
  findings.add("older", fmt::format("{} entries, root {}, from {}", opened->checkpoint.size,
                                    audit::hash_text(opened->checkpoint.root), flags.older));
  return Older{std::move(*opened)};
}

// Who cosigned: the checkpoint itself, or the older one that it follows from.
std::string judge_witnesses(const audit::Note& head, const Older& older, const audit::TrustPolicy& trust,
                            Findings& findings) {
  auto witnesses = audit::verify_cosignatures(head, trust.witnesses);
  if (witnesses && witnesses->empty() && older.checkpoint) {
    witnesses = audit::verify_cosignatures(older.checkpoint->note, trust.witnesses);
  }
  if (!witnesses) return witnesses.error().text;
  if (!trust.witnesses.empty() || trust.quorum > 0) {
    findings.add_witnesses(*witnesses, trust.witnesses.size(), trust.quorum);
  }
  if (witnesses->size() >= trust.quorum) return {};
  return fmt::format("{} of the known witnesses cosigned; {} must", witnesses->size(), trust.quorum);
}

ExitCode verify_tiles(Session& session, const VerifyFlags& flags) {
  const LogFolder folder(flags.tiles);
  const auto note = folder.read_checkpoint();
  if (!note) return session.fail(note.error());
  Findings findings(session.format());
  const auto origin = origin_of(*note);
  if (!origin) return findings.finish(origin.error());
  const auto trust = offline_trust(flags.trust, *origin);
  if (!trust) return session.fail(trust.error());
  findings.add("log", *origin);
  findings.add("key", trust->log.text());
  const auto head = audit::open_checkpoint(*note, trust->log);
  if (!head) return findings.finish(head.error());
  const auto older = read_older(flags, *trust, findings);
  if (!older) return findings.finish(older.error());
  std::vector<audit::Checkpoint> prefixes;
  if (older->checkpoint) prefixes.push_back(older->checkpoint->checkpoint);
  FolderCheck check;
  {
    Progress progress(head->checkpoint.size, "entries", session.format() != Format::kJson);
    check = check_folder(folder, head->checkpoint, prefixes, [&](std::uint64_t done) { progress.at(done); });
  }
  findings.add("entries", fmt::format("{} of {} hashed", check.entries, head->checkpoint.size));
  findings.add("tiles", fmt::format("{} compared", check.tiles));
  findings.add("computed", audit::hash_text(check.computed));
  findings.add("expected", audit::hash_text(head->checkpoint.root));
  for (const auto& problem : check.problems) findings.add("problem", problem);
  std::string problem = check.problems.empty() ? std::string() : check.problems.front();
  if (problem.empty()) problem = judge_witnesses(head->note, *older, *trust, findings);
  return findings.finish("entries, tiles and root are what was signed", problem);
}

// What this client saw last; a log that began anew with another name is compared with nothing.
Result<Older> read_seen(const LogMemory& memory, const audit::TrustPolicy& trust, Findings& findings) {
  const auto note = memory.checkpoint();
  if (!note) return note.error();
  if (!*note) return Older{};
  const auto origin = origin_of(**note);
  if (!origin) return origin.error();
  if (*origin != trust.log.name()) {
    findings.add("seen", fmt::format("another log before: \"{}\"; its last checkpoint is set aside beside {}", *origin,
                                     memory.checkpoint_file()));
    if (const auto moved = memory.set_aside_checkpoint(); !moved) return moved.error();
    return Older{};
  }
  // Verified when it was kept; a key that was replaced since cannot verify it again.
  auto parsed = audit::parse_note(**note);
  if (!parsed) return parsed.error();
  auto checkpoint = audit::parse_checkpoint(parsed->text);
  if (!checkpoint) return checkpoint.error();
  findings.add("seen", fmt::format("{} entries, root {}", checkpoint->size, audit::hash_text(checkpoint->root)));
  return Older{audit::SignedCheckpoint{std::move(*checkpoint), std::move(*parsed)}};
}

void add_growth(const GrowthCheck& growth, const audit::Checkpoint& older, Findings& findings) {
  findings.add("growth", fmt::format("{} since {} entries", name(growth.growth), older.size));
  if (growth.proof.to.steps.empty() && growth.proof.from.steps.empty()) return;
  findings.add_roots(fmt::format("{}: ", older.size), growth.proof.from);
  findings.add_roots(fmt::format("{}: ", growth.newest.checkpoint.size), growth.proof.to);
}

ExitCode verify_online(Session& session, const VerifyFlags& flags) {
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  xmpp::LogClient log(**market);
  const auto row = log.checkpoint();
  if (!row) return session.fail(row.error());
  Findings findings(session.format());
  const auto origin = origin_of(row->note);
  if (!origin) return findings.finish(origin.error());
  findings.add("log", *origin);
  const LogMemory memory = log_memory((*market)->service().text() + "/" + (*market)->pool().value);
  const auto trust = online_trust(flags.trust, *origin, **market, memory, findings);
  if (!trust) return session.fail(trust.error());
  auto head = audit::open_checkpoint(row->note, trust->log);
  if (!head) return findings.finish(head.error());
  std::string note = row->note;
  const auto seen = read_seen(memory, *trust, findings);
  if (!seen) return session.fail(seen.error());
  const auto older = read_older(flags, *trust, findings);
  if (!older) return findings.finish(older.error());
  for (const auto* each : {&*seen, &*older}) {
    if (!each->checkpoint) continue;
    auto growth = follow(log, each->checkpoint->checkpoint, *head, note, trust->log);
    if (!growth && growth.error().code != base::Errc::kCorrupt && growth.error().code != base::Errc::kForbidden) {
      return session.fail(growth.error());
    }
    if (!growth) return findings.finish(growth.error());
    add_growth(*growth, each->checkpoint->checkpoint, findings);
    if (is_alarm(growth->growth)) return findings.finish({}, growth->problem);
    head = std::move(growth->newest);
    note = std::move(growth->note);
  }
  findings.add("checkpoint", fmt::format("{} entries, root {}, signed by {}", head->checkpoint.size,
                                         audit::hash_text(head->checkpoint.root), trust->log.name()));
  const auto problem = judge_witnesses(head->note, *older, *trust, findings);
  if (const auto kept = memory.keep_checkpoint(note); !kept) return session.fail(kept.error());
  return findings.finish("the log is signed, and has all that was seen of it before", problem);
}

ExitCode verify(Session& session, const VerifyFlags& flags) {
  if (!flags.offline.empty()) return verify_offline(session, flags);
  if (!flags.tiles.empty()) return verify_tiles(session, flags);
  return verify_online(session, flags);
}

}  // namespace

void add_audit_verify(CLI::App& noun, Action& action) {
  auto flags = std::make_shared<VerifyFlags>();
  auto* verb = noun.add_subcommand("verify", "Whether the log is what was signed, and a receipt is of it");
  auto* offline = verb->add_option("--offline", flags->offline, "a receipt (.tlog-proof), without any connection");
  offline->type_name("FILE");
  verb->add_option("--tiles", flags->tiles, "a whole log in files, as `bourse audit export` writes it")
      ->type_name("DIR")
      ->excludes(offline);
  verb->add_option("--checkpoint", flags->older, "an older one, such as a witness's, that must still hold")
      ->type_name("FILE")
      ->excludes(offline);
  verb->add_option("--key", flags->trust.key, "the log's key, or a file with it; the pinned one without it")
      ->type_name("VKEY");
  verb->add_option("--witness", flags->trust.witnesses, "keys of witnesses, or files with them")->type_name("VKEY");
  verb->add_option("--quorum", flags->trust.quorum, "so many witnesses must have cosigned")->type_name("N");
  verb->footer(
      "\nExamples:\n  bourse audit verify\n  bourse audit verify --offline g42.tlog-proof --key log.vkey\n"
      "  bourse audit verify --tiles log --checkpoint witness.checkpoint\n\nExit code 6: it failed.");
  verb->callback([flags, &action] { action = [flags](Session& session) { return verify(session, *flags); }; });
}

}  // namespace bourse::cli
