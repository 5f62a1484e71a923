#include "cli/log_growth.h"

#include <fmt/format.h>

#include <utility>

namespace bourse::cli {

std::string_view name(Growth growth) {
  switch (growth) {
    case Growth::kSame:
      return "same";
    case Growth::kGrown:
      return "grown";
    case Growth::kRolledBack:
      return "rolled back";
    case Growth::kForked:
      return "forked";
  }
  return {};
}

GrowthCheck compare(const audit::Checkpoint& older, const audit::SignedCheckpoint& newer, const std::string& note,
                    const audit::Proof& proof) {
  GrowthCheck check{Growth::kSame, newer, note, {}, {}};
  const auto& now = newer.checkpoint;
  if (now.size < older.size) {
    check.growth = Growth::kRolledBack;
    check.problem = fmt::format("the log was rolled back: it has {} entries, and had {}", now.size, older.size);
    return check;
  }
  if (now.size == older.size) {
    if (now.root == older.root) return check;
    check.growth = Growth::kForked;
    check.problem = fmt::format("the log was forked: two roots are signed for its {} entries, {} and {}", now.size,
                                audit::hash_text(older.root), audit::hash_text(now.root));
    return check;
  }
  check.proof = audit::check_consistency(older.size, older.root, now.size, now.root, proof);
  check.growth = check.proof.ok() ? Growth::kGrown : Growth::kForked;
  if (!check.proof.ok()) {
    check.problem = fmt::format("the log was forked: its {} entries do not begin with the {} there were: {}", now.size,
                                older.size, check.proof.problem);
  }
  return check;
}

base::Result<GrowthCheck> follow(xmpp::LogClient& log, const audit::Checkpoint& older,
                                 const audit::SignedCheckpoint& newer, const std::string& note,
                                 const audit::NoteVerifier& key) {
  return follow(log, older, newer, note, [&](const std::string& bytes) { return audit::open_checkpoint(bytes, key); });
}

base::Result<GrowthCheck> follow(xmpp::LogClient& log, const audit::Checkpoint& older,
                                 const audit::SignedCheckpoint& newer, const std::string& note, const Open& open) {
  if (newer.checkpoint.size <= older.size) return compare(older, newer, note, {});
  const auto answer = log.consistency(older.size);
  if (!answer && answer.error().code == base::Errc::kNotFound) {
    return {base::Errc::kCorrupt, fmt::format("the market has no proof that its {} entries begin with the {} there "
                                              "were: {}",
                                              newer.checkpoint.size, older.size, answer.error().text)};
  }
  if (!answer) return answer.error();
  const auto opened = open(answer->to.note);
  if (!opened) return {base::Errc::kCorrupt, opened.error().text};
  // What the service just signed must not be more than what it proves something for, nor another tree of that size.
  if (opened->checkpoint.size <= newer.checkpoint.size) {
    auto again = compare(newer.checkpoint, *opened, answer->to.note, {});
    if (is_alarm(again.growth)) return again;
  }
  return compare(older, *opened, answer->to.note, answer->proof);
}

}  // namespace bourse::cli
