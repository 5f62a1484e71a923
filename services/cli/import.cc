#include "cli/import.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <optional>

#include "xmpp/config_files.h"
#include "xmpp/payload.h"

namespace bourse::cli {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kMostBytes = 256 * 1024 * 1024;

struct Publication {
  std::string id;
  std::string payload;
};

class Import {
 public:
  Import(Session& session, xmpp::MarketClient& market, const ImportOptions& options, CsvMapping mapping)
      : session_(session), market_(market), options_(options), mapping_(std::move(mapping)) {}

  ExitCode run(CsvReader& reader) {
    while (!reader.at_end() && !stopped_) {
      const auto row = reader.next();
      if (!row) {
        refuse(row.error());
        continue;
      }
      if (row->fields.empty()) break;
      const auto publication = prepare(*row);
      if (!publication) {
        refuse(publication.error());
      } else {
        begin(row->line, *publication);
      }
      wait_until_below(options_.window);
    }
    wait_until_below(1);
    for (; stopped_ && !reader.at_end();) {
      const auto row = reader.next();
      if (row && row->fields.empty()) break;
      ++not_tried_;
    }
    report();
    return first_failure_ ? exit_code(first_failure_->code) : interrupted() ? kFailure : kOk;
  }

 private:
  Result<Publication> prepare(const CsvRow& row) const {
    const auto rule_broken = [&](const Error& error) {
      return Error{error.code, fmt::format("{}:1: {}", row.line, error.text)};
    };
    if (mapping_.makes_offers()) {
      const auto made = mapping_.offer(row);
      if (!made) return made.error();
      if (const auto valid = domain::validate(made->offer, session_.now()); !valid) return rule_broken(valid.error());
      return Publication{made->id, xmpp::render_offer(made->offer)};
    }
    const auto made = mapping_.request(row, options_.duration);
    if (!made) return made.error();
    if (const auto valid = domain::validate(made->request, session_.now()); !valid) return rule_broken(valid.error());
    return Publication{made->id, xmpp::render_request(made->request)};
  }

  void begin(std::size_t line, const Publication& publication) {
    ++under_way_;
    market_.begin_publish(
        market_.node(mapping_.makes_offers() ? "offers" : "requests"), publication.id, publication.payload,
        [this, line, id = publication.id](const Result<std::string>& result) {
          --under_way_;
          if (result) {
            ++published_;
          } else {
            refuse({result.error().code, fmt::format("{}:1: '{}': {}", line, id, result.error().text)});
          }
        });
  }

  void refuse(const Error& error) {
    ++failed_;
    if (!first_failure_) first_failure_ = error;
    clear_progress();
    std::fprintf(stderr, "%s:%s\n", options_.csv_file.c_str(), error.text.c_str());
    if (!options_.keep_going) stopped_ = true;
  }

  void wait_until_below(std::size_t most) {
    while (under_way_ >= most) {
      // A lost connection fails all that is under way, so this ends.
      if (!market_.session().pump(std::chrono::milliseconds(100))) stopped_ = true;
      if (interrupted()) stopped_ = true;
      show_progress();
    }
  }

  void show_progress() {
    if (!on_terminal_ || session_.format() == Format::kJson) return;
    const auto now = Steady::now();
    if (now - last_shown_ < std::chrono::milliseconds(100)) return;
    last_shown_ = now;
    const double seconds = std::chrono::duration<double>(now - started_).count();
    std::fprintf(stderr, "\r%zu published, %zu failed, %.0f/s ", published_, failed_,
                 static_cast<double>(published_) / seconds);
    shown_ = true;
  }

  void clear_progress() {
    if (shown_) std::fputs("\r\033[K", stderr);
    shown_ = false;
  }

  void report() {
    clear_progress();
    if (session_.format() == Format::kJson) {
      print_record(Format::kJson, {{"published", published_}, {"failed", failed_}, {"not_tried", not_tried_}});
      return;
    }
    const double seconds = std::chrono::duration<double>(Steady::now() - started_).count();
    std::fprintf(stderr, "%zu published, %zu failed, %zu not tried, in %.1f s\n", published_, failed_, not_tried_,
                 seconds);
    if (not_tried_ > 0 && !options_.keep_going) std::fputs("(--keep-going passes over rows that fail)\n", stderr);
  }

  Session& session_;
  xmpp::MarketClient& market_;
  const ImportOptions& options_;
  const CsvMapping mapping_;
  const bool on_terminal_ = ::isatty(STDERR_FILENO) != 0;
  const Steady::time_point started_ = Steady::now();
  Steady::time_point last_shown_;
  bool shown_ = false;
  bool stopped_ = false;
  std::size_t under_way_ = 0;
  std::size_t published_ = 0;
  std::size_t failed_ = 0;
  std::size_t not_tried_ = 0;
  std::optional<Error> first_failure_;
};

}  // namespace

ExitCode import_csv(Session& session, const ImportOptions& options, bool offers) {
  const auto mapping_text = xmpp::read_text_file(options.mapping_file);
  if (!mapping_text) return session.fail(mapping_text.error());
  auto mapping = CsvMapping::parse(options.mapping_file, *mapping_text);
  if (!mapping) return session.fail(mapping.error());
  if (mapping->makes_offers() != offers) {
    return session.fail(
        {Errc::kBadRequest, fmt::format("{} makes {}, use it with bourse {}", options.mapping_file,
                                        offers ? "requests" : "offers", offers ? "request submit" : "offer publish")});
  }
  const auto csv = xmpp::read_text_file(options.csv_file, kMostBytes);
  if (!csv) return session.fail(csv.error());
  CsvReader reader(*csv);
  const auto header = reader.next();
  if (!header) return session.fail({Errc::kBadRequest, options.csv_file + ":" + header.error().text});
  if (const auto bound = mapping->bind(*header); !bound) return session.fail(bound.error());
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  watch_for_interrupts();
  return Import(session, **market, options, std::move(*mapping)).run(reader);
}

}  // namespace bourse::cli
