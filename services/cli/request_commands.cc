#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <random>

#include "cli/commands.h"
#include "cli/content_flags.h"
#include "cli/grant_output.h"
#include "cli/import.h"
#include "xmpp/client_xml.h"
#include "xmpp/config_files.h"

namespace bourse::cli {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using Steady = std::chrono::steady_clock;

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

// Collects the grants of one request: from events as they come, and by asking every other second, because
// an event may be lost while the connection is.
class Waiting {
 public:
  Waiting(xmpp::MarketClient& market, domain::RequestId id, std::uint32_t wanted)
      : market_(market), id_(std::move(id)), wanted_(wanted) {
    market_.on_event([this](const xmpp::MarketEvent& event) {
      const auto* changed = std::get_if<xmpp::GrantChanged>(&event);
      if (changed != nullptr && changed->payload.grant.request == id_) note(changed->payload);
    });
  }

  // True when all are granted; false when the time is over or we were interrupted.
  Result<bool> wait(std::optional<base::Duration> at_most) {
    const auto until = Steady::now() + at_most.value_or(std::chrono::hours(24 * 365));
    auto next_question = Steady::now();
    while (!all_granted_ && live_.size() < wanted_) {
      if (Steady::now() >= next_question) {
        if (const auto asked = ask(); !asked) return asked.error();
        next_question = Steady::now() + std::chrono::seconds(2);
        continue;
      }
      if (interrupted() || Steady::now() >= until) return false;
      const auto left = std::chrono::duration_cast<base::Duration>(std::min(until, next_question) - Steady::now());
      const auto pumped = market_.session().pump(std::min<base::Duration>(left, std::chrono::milliseconds(250)));
      if (!pumped) return pumped.error();
    }
    return true;
  }

  [[nodiscard]] std::vector<xmpp::GrantPayload> grants() const {
    std::vector<xmpp::GrantPayload> list;
    for (const auto& [number, payload] : live_) list.push_back(payload);
    return list;
  }

 private:
  void note(const xmpp::GrantPayload& payload) {
    if (domain::is_live(payload.grant.state)) {
      live_.insert_or_assign(payload.grant.id.value, payload);
    } else {
      live_.erase(payload.grant.id.value);  // revoked: the market looks for another
    }
  }

  base::Status ask() {
    const auto listed = market_.request(id_);
    if (!listed) return listed.error();
    const auto standing = listed->standing.value_or(xmpp::RequestStanding{});
    if (standing.granted > live_.size()) {
      const auto all = market_.grants(false, 100'000);
      if (!all) return all.error();
      for (const auto& payload : *all) {
        if (payload.grant.request == id_) note(payload);
      }
    }
    switch (standing.state) {
      case domain::RequestState::kWaiting:
        return base::Done{};
      case domain::RequestState::kGranted:
        all_granted_ = true;
        return base::Done{};
      case domain::RequestState::kDone:
      case domain::RequestState::kCancelled:
      case domain::RequestState::kExpired:
        break;
    }
    return {Errc::kConflict, fmt::format("request '{}' is over: it is {}", id_.value, domain::name(standing.state))};
  }

  xmpp::MarketClient& market_;
  const domain::RequestId id_;
  const std::uint32_t wanted_;
  bool all_granted_ = false;
  std::map<std::uint64_t, xmpp::GrantPayload> live_;
};

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
  Waiting waiting(**market, wanted_id, request->count);
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
  std::fprintf(stderr, "bourse: request '%s' still waits, with %zu of %u grants: see `bourse request show %s`\n",
               id->c_str(), grants.size(), request->count, id->c_str());
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
               {"NEEDS", true},
               {"SUBMITTED", true},
               {"DEADLINE", true}});
  xmpp::Json json = xmpp::Json::array();
  for (const auto& listed : *requests) {
    const auto& request = listed.request;
    const auto standing = listed.standing.value_or(xmpp::RequestStanding{});
    table.add({listed.id.value, std::string(domain::name(standing.state)),
               fmt::format("{}/{}", standing.granted, request.count), summary(request.resources),
               base::format_duration(request.duration), request.needs.text(),
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
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  const auto done = (*market)->retract((*market)->node("requests"), id);
  if (!done) return session.fail(done.error());
  session.say(fmt::format("request '{}' is cancelled; its grants are released", id));
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
      "  bourse request submit --id render --wait request.xml\n"
      "  bourse request submit --from-csv pods.csv --mapping ops/import/openb_pods.toml --duration 8h");
  verb->callback([flags, wait, &action] {
    flags->wait = wait->count() > 0;
    action = [flags](Session& session) { return submit(session, *flags); };
  });
}

}  // namespace

void add_request_commands(CLI::App& app, Action& action) {
  auto* noun = app.add_subcommand("request", "What is needed: submit, list, show, cancel");
  noun->require_subcommand(1);
  noun->footer("\nExamples:\n  bourse request submit --cpu 4 --duration 2h --wait\n  bourse request list --all");
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

  auto id = std::make_shared<std::string>();
  auto* show_verb = noun->add_subcommand("show", "All of one request of yours");
  show_verb->add_option("ID", *id, "the request's name")->required();
  show_verb->footer("\nExamples:\n  bourse request show render");
  show_verb->callback([id, &action] { action = [id](Session& session) { return show(session, *id); }; });

  auto* cancel_verb = noun->add_subcommand("cancel", "Take a request back; its grants are released");
  cancel_verb->add_option("ID", *id, "the request's name")->required();
  cancel_verb->footer("\nExamples:\n  bourse request cancel render");
  cancel_verb->callback([id, &action] { action = [id](Session& session) { return cancel(session, *id); }; });
}

}  // namespace bourse::cli
