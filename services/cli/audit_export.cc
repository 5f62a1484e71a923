#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/audit_commands.h"
#include "cli/log_folder.h"
#include "cli/progress.h"

namespace bourse::cli {
namespace {

ExitCode export_tiles(Session& session, const std::string& path) {
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  xmpp::LogClient log(**market);
  const LogFolder folder(path);
  const auto head = head_to_export(log, folder);
  if (!head) return session.fail(head.error());
  base::Result<Exported> exported = Exported{};
  {
    Progress progress(head->size > kMostExported ? 0 : export_total(head->size), "files",
                      session.format() != Format::kJson);
    exported = export_log(log, head->size, folder, [&](std::uint64_t done) { progress.at(done); });
  }
  if (!exported) return session.fail(exported.error());
  // Last, so that a folder with a checkpoint has all that belongs to it.
  if (const auto written = folder.write_checkpoint(head->note); !written) return session.fail(written.error());
  session.say(fmt::format("{} entries in {}: {} files written, {} were there; now `bourse audit verify --tiles {}`",
                          head->size, path, exported->written, exported->kept, path));
  return kOk;
}

}  // namespace

void add_audit_export(CLI::App& noun, Action& action) {
  auto path = std::make_shared<std::string>();
  auto* verb = noun.add_subcommand("export", "The whole log as files, for auditors (C2SP tlog-tiles)");
  verb->add_option("--tiles", *path, "the folder; what is there of an earlier export is kept")
      ->type_name("DIR")
      ->required();
  verb->footer(
      "\nExamples:\n  bourse audit export --tiles log\n  bourse audit verify --tiles log\n\n"
      "Exit code 5: the folder has another log; 6: the market has not all that it signed, or what the folder has.");
  verb->callback([path, &action] { action = [path](Session& session) { return export_tiles(session, *path); }; });
}

}  // namespace bourse::cli
