#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <random>

#include "cli/commands.h"
#include "cli/content_flags.h"
#include "cli/explain_output.h"
#include "cli/grant_output.h"
#include "cli/import.h"
#include "cli/item_commands.h"
#include "cli/request_wait.h"
#include "xmpp/client_xml.h"
#include "xmpp/config_files.h"

namespace bourse::cli {
namespace {

using base::Error;
using base::Result;

struct SubmitFlags {
  RequestFlags content;
  std::string id;
  std::string file;
  bool wait = false;
  std::string wait_for;  // empty: until granted
  ImportOptions import;
};

Result<domain::Request> request_of(const SubmitFlags& flags, base::Timestamp now) {
  if (flags.file.empty()) return flags.content.request(now);
  const auto text = xmpp::read_text_file(flags.file);
  if (!text) return text.error();
  auto request = xmpp::request_from_xml(*text);
  if (!request) return Error{request.error().code, fmt::format("{}: {}", flags.file, request.error().text)};
  return request;
}

// Chosen here and not by the market, so that a grant that comes before the reply is known to be ours.
domain::RequestId fresh_id() {
  std::random_device random;
  return {fmt::format("r-{:08x}{:08x}", random(), random())};
}

ExitCode submit(Session& session, const SubmitFlags& flags) {
  if (!flags.import.csv_file.empty()) {
    ImportOptions import = flags.import;
    const auto duration = base::parse_duration(flags.content.duration);
    if (!duration) return session.fail(duration.error());
    import.duration = *duration;
    return import_csv(session, import, false);
  }
  const auto request = request_of(flags, session.now());
  if (!request) return session.fail(request.error());
  if (const auto valid = domain::validate(*request, session.now()); !valid) return session.fail(valid.error());
  std::optional<base::Duration> wait_for;
  if (!flags.wait_for.empty()) {
    const auto parsed = base::parse_duration(flags.wait_for);
    if (!parsed) return session.fail({parsed.error().code, "--wait: " + parsed.error().text});
    wait_for = *parsed;
  }
  const auto market = session.market(flags.wait);
  if (!market) return session.fail(market.error());
  const domain::RequestId wanted_id = flags.id.empty() ? fresh_id() : domain::RequestId{flags.id};
  RequestWait waiting(**market, wanted_id, request->count);
  const auto id = (*market)->publish(wanted_id, *request);
  if (!id) return session.fail(id.error());
  if (!flags.wait) {
    print_record(session.format(), {{"id", *id}});
    return kOk;
  }
  session.say(fmt::format("request '{}' is submitted; waiting for {} grant{}", *id, request->count,
                          request->count == 1 ? "" : "s"));
  watch_for_interrupts();
  const auto granted = waiting.wait(wait_for);
  const auto grants = waiting.grants();
  if (!grants.empty() || session.format() == Format::kJson) print_grants(session.format(), grants);
  if (!granted) return session.fail(granted.error());
  if (*granted) return kOk;
  std::fprintf(stderr, "bourse: %s (bourse request explain %s)\n", printable(waiting.missing(session.now())).c_str(),
               id->c_str());
  return kTryAgain;
}

ExitCode list(Session& session, bool ended_too, std::size_t limit) {
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  const auto requests = (*market)->requests(ended_too, limit);
  if (!requests) return session.fail(requests.error());
  Table table({{"ID"},
               {"STATE"},
               {"GRANTED"},
               {"RESOURCES"},
               {"DURATION"},
               {"SOFTWARE", true},
               {"NEEDS", true},
               {"PRIORITY", true},
               {"START", true},
               {"SUBMITTED", true},
               {"DEADLINE", true}});
  xmpp::Json json = xmpp::Json::array();
  for (const auto& listed : *requests) {
    const auto& request = listed.request;
    const auto standing = listed.standing.value_or(xmpp::RequestStanding{});
    table.add({listed.id.value, std::string(domain::name(standing.state)),
               fmt::format("{}/{}", standing.granted, request.count), summary(request.resources),
               base::format_duration(request.duration), fmt::format("{}", fmt::join(request.services, " ")),
               request.needs.text(), std::to_string(request.priority), request.start ? short_time(*request.start) : "-",
               standing.submitted ? short_time(*standing.submitted) : "-",
               request.deadline ? short_time(*request.deadline) : "-"});
    json.push_back(xmpp::to_json(listed));
  }
  if (table.empty())
    session.say(ended_too ? "no requests of yours" : "no open requests of yours (--all shows those that ended)");
  print_list(session.format(), table, json);
  return kOk;
}

ExitCode show(Session& session, const std::string& id) {
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  const auto request = (*market)->request({id});
  if (!request) return session.fail(request.error());
  print_record(session.format(), xmpp::to_json(*request));
  return kOk;
}

ExitCode cancel(Session& session, const std::string& id) {
  return retract_item(session, "requests", id, fmt::format("request '{}' is cancelled; its grants are released", id));
}

ExitCode explain(Session& session, const std::string& id) {
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  const auto explanation = (*market)->explain({id});
  if (!explanation) return session.fail(explanation.error());
  print_explanation(session.format(), *explanation, session.now());
  return kOk;
}

void add_submit(CLI::App& noun, Action& action) {
  auto flags = std::make_shared<SubmitFlags>();
  auto* verb =
      noun.add_subcommand("submit", "Ask for resources: from flags, from an XML file, or one request a CSV row");
  flags->content.add_to(*verb);
  verb->add_option("--id", flags->id, "the request's name; without one it gets a random one")->type_name("ID");
  verb->add_option("FILE", flags->file, "a <request/> as XML");
  auto* csv = verb->add_option("--from-csv", flags->import.csv_file, "submit every row")->type_name("FILE");
  instead_of_flags(*verb, {"FILE"}, {"--id"});
  auto* wait =
      verb->add_option("--wait", flags->wait_for, "wait for the grants, at most so long; exit code 75 when it is over")
          ->type_name("SPAN")
          ->expected(0, 1)
          ->excludes(csv);
  instead_of_flags(*verb, {"--from-csv"}, {"--duration", "FILE"});
  verb->add_option("--mapping", flags->import.mapping_file, "which column feeds what")->type_name("FILE")->needs(csv);
  csv->needs("--mapping");
  verb->add_flag("--keep-going", flags->import.keep_going, "pass over rows that fail")->needs(csv);
  verb->add_option("--window", flags->import.window, "rows under way at once")->check(CLI::Range(1, 1024))->needs(csv);
  verb->footer(
      "\nExamples:\n"
      "  bourse request submit --cpu 4 --memory 8Gi --duration 2h --wait=5m\n"
      "  bourse request submit --gpu 0.5 --needs '(|(gpu.model=V100)(gpu.model=T4))' --deadline 1d\n"
      "  bourse request submit --count 8 --gang --spread --cpu 4 --service blast\n"
      "  bourse request submit --cpu 4 --start 2026-12-01T18:00:00Z --duration 8h --id night\n"
      "  bourse request submit --cpu 2 --apart-from night:domain --prefers '2*speed - price' --priority 10\n"
      "  bourse request submit --id render --wait request.xml\n"
      "  bourse request submit --from-csv pods.csv --mapping ops/import/openb_pods.toml --duration 8h");
  verb->callback([flags, wait, &action] {
    flags->wait = wait->count() > 0;
    action = [flags](Session& session) { return submit(session, *flags); };
  });
}

}  // namespace

void add_request_commands(CLI::App& app, Action& action) {
  auto* noun = app.add_subcommand("request", "What is needed: submit, list, show, explain, cancel");
  noun->require_subcommand(1);
  noun->footer("\nExamples:\n  bourse request submit --cpu 4 --duration 2h --wait\n  bourse request explain render");
  add_submit(*noun, action);

  struct ListFlags {
    bool all = false;
    std::size_t limit = 1000;
  };
  auto flags = std::make_shared<ListFlags>();
  auto* list_verb = noun->add_subcommand("list", "Your requests, oldest first");
  list_verb->add_flag("--all", flags->all, "those that are over too");
  list_verb->add_option("--limit", flags->limit, "at most so many")->capture_default_str()->check(CLI::PositiveNumber);
  list_verb->footer("\nExamples:\n  bourse request list\n  bourse request list --all -o json");
  list_verb->callback(
      [flags, &action] { action = [flags](Session& session) { return list(session, flags->all, flags->limit); }; });

  add_item_verb(*noun, action, "show", "All of one request of yours", "the request's name",
                "bourse request show render", show);
  add_item_verb(*noun, action, "explain", "Why a request of yours waits, and what would help", "the request's name",
                "bourse request explain render\nbourse request explain render -o json | jq .changes", explain);
  add_item_verb(*noun, action, "cancel", "Take a request back; its grants are released", "the request's name",
                "bourse request cancel render", cancel);
}

}  // namespace bourse::cli
