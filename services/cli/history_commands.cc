#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <memory>

#include "cli/commands.h"
#include "cli/history_output.h"
#include "cli/picture_file.h"
#include "cli/trace_commands.h"
#include "history/fta.h"
#include "xmpp/history_text.h"
#include "xmpp/timestamps.h"

namespace bourse::cli {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using market::HistoryQuery;
using market::HistoryReport;

constexpr std::size_t kMostIntervals = 1'000'000;
constexpr std::size_t kShownIntervals = 20;

struct ShowFlags {
  std::vector<std::string> providers;  // none: the pool
  std::string since = "30d";
  std::string until;
  std::string zone;
  std::string svg;
  std::string png;
  bool pictures = false;
  bool no_pictures = false;
};

struct PredictFlags {
  std::vector<std::string> providers;
  std::string further;
  std::uint32_t at_least = 0;
};

std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

Result<std::vector<domain::Jid>> parse_providers(const std::vector<std::string>& texts) {
  std::vector<domain::Jid> providers;
  for (const auto& text : texts) {
    const auto jid = domain::Jid::parse(text);
    if (!jid) return jid.error();
    if (std::ranges::find(providers, jid->bare()) == providers.end()) providers.push_back(jid->bare());
  }
  return providers;
}

bool for_people(Format format) { return format == Format::kTable || format == Format::kWide; }

bool wants_pictures(const Session& session, const ShowFlags& flags) {
  if (!for_people(session.format()) || flags.no_pictures) return false;
  return flags.pictures || ::isatty(STDOUT_FILENO) != 0;
}

// What the flags ask for, in the window they name.
Result<HistoryQuery> query_of(const Session& session, const ShowFlags& flags) {
  HistoryQuery query;
  auto providers = parse_providers(flags.providers);
  if (!providers) return providers.error();
  query.providers = std::move(*providers);
  query.until = session.now();
  if (!flags.until.empty()) {
    const auto until = parse_past(flags.until, session.now());
    if (!until) return until.error();
    if (*until > query.until) return Error{Errc::kBadRequest, "--until is in the future: history ends now"};
    query.until = *until;
  }
  const auto since = parse_past(flags.since, session.now());
  if (!since) return since.error();
  query.since = std::max(*since, base::Timestamp{});
  if (query.since >= query.until) {
    return Error{Errc::kBadRequest, "--since is not before --until: nothing lies between them"};
  }
  query.zone = flags.zone;
  return query;
}

std::string title_of(const xmpp::MarketClient& market, const HistoryQuery& query) {
  if (query.providers.size() == 1) return "Availability of " + query.providers.front().text();
  if (query.providers.empty()) return "Availability of pool " + market.pool().value;
  return fmt::format("Availability of {} providers", query.providers.size());
}

// The bar has ninety days, whatever window the figures are of, unless that is longer.
Result<DayFigure> days_of(xmpp::MarketClient& market, const HistoryQuery& query, const HistoryReport& report) {
  const base::Duration whole = std::chrono::hours(24 * static_cast<std::int64_t>(kMostDayCells));
  if (query.until - query.since >= whole) {
    return day_figure(report.days, {report.since, report.until}, report.provider_count);
  }
  HistoryQuery wider;
  wider.providers = query.providers;
  wider.until = query.until;
  wider.since = std::max(query.until - whole, base::Timestamp{});
  wider.days = true;
  const auto days = market.history(std::move(wider));
  if (!days) return days.error();
  return day_figure(days->days, {days->since, days->until}, days->provider_count);
}

base::Status write_pictures(const HistoryPage& page, const ShowFlags& flags) {
  if (flags.svg.empty() && flags.png.empty()) return base::Done{};
  const std::string svg = page_svg(page);
  if (!flags.svg.empty()) {
    if (auto written = write_svg(flags.svg, svg); !written) return written;
  }
  return flags.png.empty() ? base::Status(base::Done{}) : write_png(flags.png, svg);
}

void print_tables(const Session& session, const HistoryReport& report, const std::string& pictures) {
  const bool wide = session.format() == Format::kWide;
  const bool colour = wants_colour(stdout);
  print(statistics_table(report).text(wide, colour));
  if (!pictures.empty()) print("\n" + pictures);
  if (report.intervals.rows.empty()) return;
  const std::size_t most = wide ? kMostIntervals : kShownIntervals;
  print("\n" + intervals_table(report.intervals.rows, report.until, most).text(wide, colour));
  if (report.intervals.rows.size() > most) {
    print(fmt::format("(the latest {} of {} intervals; -o wide shows all)\n", most, report.intervals.rows.size()));
  }
}

ExitCode print_report(const Session& session, const HistoryReport& report, const std::string& pictures) {
  switch (session.format()) {
    case Format::kTable:
    case Format::kWide:
      print_tables(session, report, pictures);
      return kOk;
    case Format::kJson:
      print_record(Format::kJson, xmpp::to_json(report));
      return kOk;
    case Format::kCsv: {
      const bool one = report.providers.size() == 1;
      print(one ? intervals_csv(report.providers.front().provider, report.intervals.rows) : statistics_csv(report));
      return kOk;
    }
    case Format::kFta:
      print(history::fta_heading() +
            trace_lines(report.providers.front().provider, report.intervals.rows, report.until, false));
      return kOk;
  }
  return kOk;
}

// Of one provider, of several side by side, or of the pool.
ExitCode show(Session& session, const ShowFlags& flags) {
  auto query = query_of(session, flags);
  if (!query) return session.fail(query.error());
  const bool one = query->providers.size() == 1;
  if (session.format() == Format::kFta && !one) {
    return session.fail({Errc::kBadRequest, "fta is for one provider: bourse history export writes several"});
  }
  const bool draws = wants_pictures(session, flags) || !flags.svg.empty() || !flags.png.empty();
  const bool all = draws || session.format() == Format::kJson;
  query->intervals = one;
  query->days = query->week = query->survival = all;
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  const auto report = (*market)->history(*query, one ? kMostIntervals : 0);
  if (!report) return session.fail(report.error());
  if (one && report->providers.size() != 1) {
    return session.fail({Errc::kInternal, "the market answered something else than was asked"});
  }
  std::string pictures;
  if (draws) {
    auto page = history_page(*report, title_of(**market, *query));
    auto days = days_of(**market, *query, *report);
    if (!days) return session.fail(days.error());
    page.days = std::move(*days);
    if (const auto written = write_pictures(page, flags); !written) return session.fail(written.error());
    if (wants_pictures(session, flags)) pictures = page_text(page, terminal_width(), wants_colour(stdout));
  }
  return print_report(session, *report, pictures);
}

ExitCode predict(Session& session, const PredictFlags& flags) {
  if (session.format() == Format::kFta) return session.fail({Errc::kBadRequest, "predictions have no form fta"});
  auto providers = parse_providers(flags.providers);
  if (!providers) return session.fail(providers.error());
  market::PredictAvailability question;
  question.providers = std::move(*providers);
  const auto further = base::parse_duration(flags.further);
  if (!further) return session.fail(further.error());
  question.further = *further;
  if (flags.at_least > question.providers.size()) {
    return session.fail({Errc::kBadRequest, fmt::format("--at-least {} of {} providers cannot be", flags.at_least,
                                                        question.providers.size())});
  }
  if (flags.at_least > 0) question.at_least = flags.at_least;
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  const auto prediction = (*market)->predict(question);
  if (!prediction) return session.fail(prediction.error());
  if (session.format() == Format::kJson) {
    print_record(Format::kJson, xmpp::to_json(*prediction));
  } else if (session.format() == Format::kCsv) {
    print(prediction_csv(*prediction));
  } else {
    print(prediction_table(*prediction).text(session.format() == Format::kWide, wants_colour(stdout)));
    print(prediction_words(*prediction) + "\n");
  }
  return kOk;
}

void add_window(CLI::App& verb, ShowFlags& flags) {
  verb.add_option("--since", flags.since, "a span back from now, or a time")->type_name("WHEN")->capture_default_str();
  verb.add_option("--until", flags.until, "a span back from now, or a time; now without it")->type_name("WHEN");
  verb.add_option("--zone", flags.zone,
                  "whose clocks the hours of the week are of, such as Europe/Berlin; a single "
                  "provider's own, otherwise UTC")
      ->type_name("ZONE");
  verb.add_option("--svg", flags.svg, "write the pictures to this file")->type_name("FILE");
  verb.add_option("--png", flags.png, "the same as PNG; needs rsvg-convert (librsvg2-bin)")->type_name("FILE");
  auto* yes = verb.add_flag("--pictures", flags.pictures, "show pictures even where no terminal is");
  verb.add_flag("--no-pictures", flags.no_pictures, "show tables only")->excludes(yes);
}

void add_show(CLI::App& noun, Action& action) {
  auto flags = std::make_shared<ShowFlags>();
  auto* verb = noun.add_subcommand("show", "How available a provider was: figures, pictures, intervals");
  verb->add_option("JID", flags->providers, "the provider")->required()->expected(1);
  add_window(*verb, *flags);
  verb->footer(
      "\nExamples:\n  bourse history show lab@example.org\n"
      "  bourse history show lab@example.org --since 90d --zone Europe/Berlin --svg lab.svg\n"
      "  bourse history show lab@example.org --since 2026-11-01T00:00:00Z -o json");
  verb->callback([flags, &action] { action = [flags](Session& session) { return show(session, *flags); }; });
}

void add_pool(CLI::App& noun, Action& action) {
  auto flags = std::make_shared<ShowFlags>();
  auto* verb = noun.add_subcommand("pool", "How available the whole pool was");
  add_window(*verb, *flags);
  verb->footer("\nExamples:\n  bourse history pool\n  bourse history pool --since 365d --png pool.png");
  verb->callback([flags, &action] { action = [flags](Session& session) { return show(session, *flags); }; });
}

void add_compare(CLI::App& noun, Action& action) {
  auto flags = std::make_shared<ShowFlags>();
  auto* verb = noun.add_subcommand("compare", "Providers side by side");
  verb->add_option("JID", flags->providers, "the providers, at most 100")->required()->expected(1, 100);
  add_window(*verb, *flags);
  verb->footer("\nExamples:\n  bourse history compare a@example.org b@example.org --since 7d");
  verb->callback([flags, &action] { action = [flags](Session& session) { return show(session, *flags); }; });
}

void add_predict(CLI::App& noun, Action& action) {
  auto flags = std::make_shared<PredictFlags>();
  auto* verb = noun.add_subcommand("predict", "How likely providers stay up, each and together");
  verb->add_option("JID", flags->providers, "the providers, at most 200")->required()->expected(1, 200);
  verb->add_option("--for", flags->further, "for how long, from now on")->type_name("SPAN")->required();
  verb->add_option("--at-least", flags->at_least, "so many of them; all without it")->type_name("N");
  verb->footer(
      "\nExamples:\n  bourse history predict lab@example.org --for 2h\n"
      "  bourse history predict a@example.org b@example.org c@example.org --for 8h --at-least 2");
  verb->callback([flags, &action] { action = [flags](Session& session) { return predict(session, *flags); }; });
}

void add_import(CLI::App& noun, Action& action) {
  auto flags = std::make_shared<TraceImport>();
  auto* verb = noun.add_subcommand("import", "Bring in history from elsewhere (for operators)");
  verb->add_option("FILE", flags->trace.file,
                   "in the form of the Failure Trace Archive, plain or .gz; - reads standard input")
      ->type_name("FILE")
      ->required();
  verb->add_option("--domain", flags->trace.domain, "node 17 becomes the provider 17@DOMAIN")->type_name("DOMAIN");
  auto* keep = verb->add_flag("--keep-good", flags->keep_good, "leave out lines that are wrong");
  verb->add_flag("--refuse", flags->refuse, "import nothing when a line is wrong; so it is without a flag")
      ->excludes(keep);
  verb->add_flag("--dry-run", flags->dry_run, "check the file and import nothing");
  verb->footer(
      "\nExamples:\n  bourse history import trace.tab.gz --domain trace.example.org --dry-run\n"
      "  bourse history import trace.tab.gz --domain trace.example.org");
  verb->callback([flags, &action] { action = [flags](Session& session) { return import_trace(session, *flags); }; });
}

void add_export(CLI::App& noun, Action& action) {
  auto flags = std::make_shared<TraceExport>();
  auto* verb = noun.add_subcommand("export", "Write history in the form of the Failure Trace Archive");
  verb->add_option("JID", flags->providers, "the providers; all of the pool without them");
  verb->add_option("--since", flags->since, "a span back from now, or a time; all there is without it")
      ->type_name("WHEN");
  verb->add_option("--until", flags->until, "a span back from now, or a time; now without it")->type_name("WHEN");
  verb->footer("\nExamples:\n  bourse history export > pool.tab\n  bourse history export lab@example.org --since 90d");
  verb->callback([flags, &action] { action = [flags](Session& session) { return export_trace(session, *flags); }; });
}

}  // namespace

void add_history_commands(CLI::App& app, Action& action) {
  auto* noun = app.add_subcommand("history", "Who was there to lend, and who will be");
  noun->require_subcommand(1);
  noun->footer(
      "\nExamples:\n  bourse history show lab@example.org --since 7d\n  bourse history pool --svg pool.svg\n"
      "  bourse history predict lab@example.org --for 2h");
  add_show(*noun, action);
  add_pool(*noun, action);
  add_compare(*noun, action);
  add_predict(*noun, action);
  add_import(*noun, action);
  add_export(*noun, action);
}

}  // namespace bourse::cli
