#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/audit_commands.h"
#include "cli/findings.h"
#include "cli/log_check.h"
#include "cli/log_folder.h"
#include "cli/progress.h"
#include "cli/receipt_check.h"
#include "xmpp/config_files.h"

namespace bourse::cli {
namespace {

struct VerifyFlags {
  LogCheckFlags log;
  std::string offline;
  std::string tiles;
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
  const auto trust = offline_trust(flags.log.trust, *origin);
  if (!trust) return session.fail(trust.error());
  return check_receipt(*proof, trust->policy, findings);
}

ExitCode verify_tiles(Session& session, const VerifyFlags& flags) {
  const LogFolder folder(flags.tiles);
  const auto note = folder.read_checkpoint();
  if (!note) return session.fail(note.error());
  Findings findings(session.format());
  const auto origin = origin_of(*note);
  if (!origin) return findings.finish(origin.error());
  const auto trust = offline_trust(flags.log.trust, *origin);
  if (!trust) return session.fail(trust.error());
  findings.add("log", *origin);
  findings.add("key", trust->policy.log.text());
  const auto head = audit::open_checkpoint(*note, trust->policy.log);
  if (!head) return findings.finish(head.error());
  const auto older = read_older(flags.log.older, *trust, findings);
  if (!older && older.error().code == base::Errc::kCorrupt) return findings.finish(older.error());
  if (!older) return session.fail(older.error());
  std::vector<audit::Checkpoint> prefixes;
  if (*older) prefixes.push_back((*older)->checkpoint);
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
  if (problem.empty()) problem = judge_witnesses(head->note, *older, trust->policy, findings);
  return findings.finish("entries, tiles and root are what was signed", problem);
}

ExitCode verify_online(Session& session, const VerifyFlags& flags) {
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  xmpp::LogClient log(**market);
  const LogMemory memory = log_memory((*market)->service().text() + "/" + (*market)->pool().value);
  Findings findings(session.format());
  const auto checked = check_log(
      log, flags.log, [&] { return (*market)->log_keys(); }, memory, findings);
  return checked ? *checked : session.fail(checked.error());
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
  verb->add_option("--checkpoint", flags->log.older, "an older one, such as a witness's, that must still hold")
      ->type_name("FILE")
      ->excludes(offline);
  verb->add_option("--key", flags->log.trust.keys,
                   "the log's key, or a file with it; the pinned one without it; again: one it had before")
      ->type_name("VKEY")
      ->allow_extra_args(false);
  verb->add_option("--witness", flags->log.trust.witnesses, "keys of witnesses, or files with them")->type_name("VKEY");
  verb->add_option("--quorum", flags->log.trust.quorum, "so many witnesses must have cosigned")->type_name("N");
  verb->footer(
      "\nExamples:\n  bourse audit verify\n  bourse audit verify --offline g42.tlog-proof --key log.vkey\n"
      "  bourse audit verify --tiles log --checkpoint witness.checkpoint\n\nExit code 6: it failed.");
  verb->callback([flags, &action] { action = [flags](Session& session) { return verify(session, *flags); }; });
}

}  // namespace bourse::cli
