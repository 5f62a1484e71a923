#include "cli/content_flags.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/config.h"
#include "cli/session.h"
#include "xmpp/shorthand.h"

namespace bourse::cli {
namespace {

using base::Errc;
using base::Error;
using base::Result;

Error at_flag(std::string_view flag, const Error& error) {
  return {error.code, fmt::format("{}: {}", flag, error.text)};
}

Result<std::pair<std::string, std::string>> split_pair(std::string_view flag, const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return {Errc::kBadRequest, fmt::format("{}: '{}' is not NAME=VALUE", flag, text)};
  }
  return std::pair{text.substr(0, equals), text.substr(equals + 1)};
}

Result<std::optional<base::Duration>> duration_of(std::string_view flag, const std::string& text) {
  if (text.empty()) return std::optional<base::Duration>();
  const auto duration = base::parse_duration(text);
  if (!duration) return at_flag(flag, duration.error());
  return std::optional<base::Duration>(*duration);
}

Result<std::optional<base::Timestamp>> future_of(std::string_view flag, const std::string& text, base::Timestamp now) {
  if (text.empty()) return std::optional<base::Timestamp>();
  const auto at = parse_future(text, now);
  if (!at) return at_flag(flag, at.error());
  return std::optional<base::Timestamp>(*at);
}

Result<domain::Filter> filter_of(std::string_view flag, const std::string& text) {
  if (text.empty()) return domain::Filter();
  auto filter = domain::Filter::parse(text);
  if (!filter) return at_flag(flag, filter.error());
  return filter;
}

}  // namespace

void ResourceFlags::add_to(CLI::App& app) {
  app.add_option("--cpu", cpu, "cores, such as 4, 0.5 or 500m")->type_name("QUANTITY");
  app.add_option("--memory", memory, "bytes, such as 16Gi or 512Mi")->type_name("QUANTITY");
  app.add_option("--storage", storage, "bytes, such as 100Gi")->type_name("QUANTITY");
  app.add_option("--gpu", gpu, "devices; a request may ask for a part of one, such as 0.5")->type_name("QUANTITY");
  app.add_option("--resource", others, "any other resource; may be repeated")
      ->type_name("NAME=QUANTITY")
      ->allow_extra_args(false);
}

Result<domain::Resources> ResourceFlags::resources() const {
  domain::Resources made;
  const auto add = [&](const std::string& flag, const std::string& name, const std::string& text) -> base::Status {
    const auto amount = domain::parse_quantity(name, text);
    if (!amount) return at_flag(flag, amount.error());
    const auto added = made.add(name, *amount);
    return added ? added : base::Status(at_flag(flag, added.error()));
  };
  for (const auto& [name, text] : {std::pair{"cpu", &cpu}, {"memory", &memory}, {"storage", &storage}, {"gpu", &gpu}}) {
    if (text->empty()) continue;
    if (const auto added = add(fmt::format("--{}", name), name, *text); !added) return added.error();
  }
  for (const auto& text : others) {
    const auto pair = split_pair("--resource", text);
    if (!pair) return pair.error();
    if (const auto added = add("--resource " + pair->first, pair->first, pair->second); !added) return added.error();
  }
  return made;
}

void OfferFlags::add_to(CLI::App& app) {
  resources.add_to(app);
  app.add_option("--gpu-model", gpu_model, "of every gpu, such as T4")->type_name("MODEL");
  app.add_option("--attribute", attributes, "a fact that requests may ask for; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  app.add_option("--service", services,
                 "software that can be used there, and by how many grants at once; may be repeated")
      ->type_name("NAME[=VERSION][:SEATS]")
      ->allow_extra_args(false);
  app.add_option("--serves", serves, "whom it serves: a filter over jid, domain and group")->type_name("FILTER");
  app.add_option("--schedule", schedule, "weekly opening times, such as 'Mon-Fri 18:00-08:00, Sat-Sun'")
      ->type_name("TIMES");
  app.add_option("--tz", zone, "the time zone of --schedule, such as Europe/Berlin; UTC without it")->type_name("ZONE");
  app.add_option("--min-lease", min_lease, "the shortest lease, such as 10m")->type_name("SPAN");
  app.add_option("--max-lease", max_lease, "the longest lease, such as 8h")->type_name("SPAN");
  app.add_option("--confirm", confirm, "manual: each grant waits for `bourse grant confirm`")
      ->check(CLI::IsMember({"auto", "manual"}))
      ->type_name("auto|manual")
      ->capture_default_str();
  app.add_option("--grace", grace, "what others get to finish when you take it back, such as 5m")->type_name("SPAN");
  app.add_option("--starts", starts, "no lease begins before: a span from now, or a time")->type_name("WHEN");
  app.add_option("--expires", expires, "when the offer withdraws itself: a span from now, or a time")
      ->type_name("WHEN");
  app.add_flag("--drain", drain, "no new grants; those there are go on");
  app.add_flag("--indivisible", indivisible, "one grant takes all of it");
}

base::Status OfferFlags::set_terms(domain::Offer& offer, base::Timestamp now) const {
  auto& terms = offer.terms;
  for (const auto& [flag, text, span] : {std::tuple{"--min-lease", &min_lease, &terms.min_lease},
                                         {"--max-lease", &max_lease, &terms.max_lease},
                                         {"--grace", &grace, &terms.grace}}) {
    const auto given = duration_of(flag, *text);
    if (!given) return given.error();
    *span = *given;
  }
  for (const auto& [flag, text, moment] :
       {std::tuple{"--starts", &starts, &offer.starts}, {"--expires", &expires, &offer.expires}}) {
    const auto given = future_of(flag, *text, now);
    if (!given) return given.error();
    *moment = *given;
  }
  terms.divisible = !indivisible;
  terms.drain = drain;
  if (confirm == "manual") terms.confirm = domain::Confirm::kManual;
  return base::Done{};
}

Result<domain::Offer> OfferFlags::offer(base::Timestamp now) const {
  domain::Offer made;
  auto amounts = resources.resources();
  if (!amounts) return amounts.error();
  made.resources = std::move(*amounts);
  made.gpu_model = gpu_model;
  for (const auto& text : attributes) {
    const auto pair = split_pair("--attribute", text);
    if (!pair) return pair.error();
    auto attribute = domain::make_attribute(pair->first, pair->second, domain::infer_type(pair->second));
    if (!attribute) return at_flag("--attribute", attribute.error());
    made.attributes.push_back(std::move(*attribute));
  }
  for (const auto& text : services) {
    auto software = xmpp::parse_software(text);
    if (!software) return at_flag("--service", software.error());
    made.services.push_back(std::move(*software));
  }
  auto filter = filter_of("--serves", serves);
  if (!filter) return filter.error();
  made.serves = std::move(*filter);
  if (schedule.empty() && !zone.empty()) {
    return {Errc::kBadRequest, "--tz: this is the time zone of a --schedule, and there is none"};
  }
  made.schedule = {schedule, zone};
  if (const auto set = set_terms(made, now); !set) return set.error();
  return made;
}

void RequestFlags::add_to(CLI::App& app) {
  resources.add_to(app);
  app.add_option("--service", services, "software that must be usable there: one seat of it; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  app.add_option("--needs", needs, "what the offer must have: a filter such as (arch=x86_64)")->type_name("FILTER");
  app.add_option("--prefers", prefers,
                 "best-fit, availability, fastest, or a sum of attributes such as '2*speed + 0.5*gpu.memory - price'")
      ->type_name("WHAT")
      ->capture_default_str();
  add_placement_to(app);
  app.add_option("--start", start, "reserve: leases begin then; a span from now, or a time")->type_name("WHEN");
  app.add_option("--duration", duration, "of each lease, such as 2h")->type_name("SPAN")->capture_default_str();
  app.add_option("--deadline", deadline, "until when it may wait: a span from now, or a time")->type_name("WHEN");
}

void RequestFlags::add_placement_to(CLI::App& app) {
  app.add_option("--count", count, "grants wanted")->check(CLI::Range(1U, domain::kMaxCount));
  app.add_flag("--gang", gang, "all of them at once, or none");
  app.add_option("--spares", spares, "so many more where there is room")->check(CLI::Range(0U, domain::kMaxSpares));
  app.add_option("--assurance", assurance,
                 "only as many spares as it takes until the count stays for the duration with that probability")
      ->type_name("0.95")
      ->check(CLI::Range(0.001, 0.999));
  app.add_option_function<std::vector<std::string>>(
         "--spread", [this](const std::vector<std::string>& by) { spread = by.empty() ? std::string() : by.front(); },
         "no two grants from the same: provider (without BY), domain, or the name of an attribute")
      ->type_name("BY")
      ->expected(0, 1);
  app.add_option("--apart-from", apart, "away from another request of yours, by provider or BY; may be repeated")
      ->type_name("ID[:BY]")
      ->allow_extra_args(false);
  app.add_option("--priority", priority, "among your own requests, -100 to 100; higher goes first")
      ->check(CLI::Range(-domain::kMaxPriority, domain::kMaxPriority));
}

base::Status RequestFlags::set_times(domain::Request& request, base::Timestamp now) const {
  const auto lease = duration_of("--duration", duration);
  if (!lease) return lease.error();
  request.duration = lease->value_or(request.duration);
  for (const auto& [flag, text, moment] :
       {std::tuple{"--start", &start, &request.start}, {"--deadline", &deadline, &request.deadline}}) {
    const auto given = future_of(flag, *text, now);
    if (!given) return given.error();
    *moment = *given;
  }
  return base::Done{};
}

Result<domain::Request> RequestFlags::request(base::Timestamp now) const {
  domain::Request made;
  auto amounts = resources.resources();
  if (!amounts) return amounts.error();
  made.resources = std::move(*amounts);
  made.services = services;
  auto filter = filter_of("--needs", needs);
  if (!filter) return filter.error();
  made.needs = std::move(*filter);
  auto best = domain::Preference::parse(prefers);
  if (!best) return at_flag("--prefers", best.error());
  made.prefers = std::move(*best);
  made.count = count;
  made.spares = spares;
  made.assurance = static_cast<std::uint32_t>(std::lround(assurance * 1000));
  if (assurance > 0 && spares == 0) made.spares = domain::kMostSparesAssured;
  made.gang = gang;
  if (spread) made.spread = spread->empty() ? std::string(domain::kByProvider) : xmpp::parse_spread(*spread);
  for (const auto& text : apart) {
    auto parsed = xmpp::parse_apart(text);
    if (!parsed) return at_flag("--apart-from", parsed.error());
    made.apart.push_back(std::move(*parsed));
  }
  made.priority = priority;
  if (const auto set = set_times(made, now); !set) return set.error();
  return made;
}

void instead_of_flags(CLI::App& verb, const std::vector<std::string>& sources, const std::vector<std::string>& except) {
  for (auto* option : verb.get_options([](const CLI::Option*) { return true; })) {
    const std::string name = option->get_name();
    const bool is_source = std::find(sources.begin(), sources.end(), name) != sources.end();
    if (is_source || name == "--help" || std::find(except.begin(), except.end(), name) != except.end()) continue;
    for (const auto& source : sources) verb.get_option(source)->excludes(option);
  }
}

}  // namespace bourse::cli
