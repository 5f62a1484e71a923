#include "cli/content_flags.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/config.h"
#include "cli/session.h"

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
  app.add_option("--service", services, "software that can be used there; may be repeated")
      ->type_name("NAME[:VERSION]")
      ->allow_extra_args(false);
  app.add_option("--serves", serves, "whom it serves: a filter over jid and domain")->type_name("FILTER");
  app.add_option("--min-lease", min_lease, "the shortest lease, such as 10m")->type_name("SPAN");
  app.add_option("--max-lease", max_lease, "the longest lease, such as 8h")->type_name("SPAN");
  app.add_option("--expires", expires, "when the offer withdraws itself: a span from now, or a time")
      ->type_name("WHEN");
  app.add_flag("--indivisible", indivisible, "one grant takes all of it");
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
    const auto colon = std::min(text.find(':'), text.size());
    made.services.push_back({text.substr(0, colon), colon < text.size() ? text.substr(colon + 1) : "", ""});
  }
  auto filter = filter_of("--serves", serves);
  if (!filter) return filter.error();
  made.serves = std::move(*filter);
  const auto shortest = duration_of("--min-lease", min_lease);
  if (!shortest) return shortest.error();
  const auto longest = duration_of("--max-lease", max_lease);
  if (!longest) return longest.error();
  const auto until = future_of("--expires", expires, now);
  if (!until) return until.error();
  made.terms.min_lease = *shortest;
  made.terms.max_lease = *longest;
  made.expires = *until;
  made.terms.divisible = !indivisible;
  return made;
}

void RequestFlags::add_to(CLI::App& app) {
  resources.add_to(app);
  app.add_option("--needs", needs, "what the offer must have: a filter such as (arch=x86_64)")->type_name("FILTER");
  app.add_option("--prefers", prefers, "best-fit, availability or fastest")
      ->check(CLI::IsMember({"best-fit", "availability", "fastest"}));
  app.add_option("--count", count, "grants wanted")->check(CLI::Range(1U, domain::kMaxCount));
  app.add_flag("--spread", spread, "no two grants from one provider");
  app.add_option("--duration", duration, "of each lease, such as 2h")->type_name("SPAN")->capture_default_str();
  app.add_option("--deadline", deadline, "until when it may wait: a span from now, or a time")->type_name("WHEN");
}

Result<domain::Request> RequestFlags::request(base::Timestamp now) const {
  domain::Request made;
  auto amounts = resources.resources();
  if (!amounts) return amounts.error();
  made.resources = std::move(*amounts);
  auto filter = filter_of("--needs", needs);
  if (!filter) return filter.error();
  made.needs = std::move(*filter);
  if (prefers == "availability") made.prefers = domain::Preference::kAvailability;
  if (prefers == "fastest") made.prefers = domain::Preference::kFastest;
  made.count = count;
  made.spread = spread ? domain::Spread::kProvider : domain::Spread::kNone;
  const auto lease = duration_of("--duration", duration);
  if (!lease) return lease.error();
  made.duration = lease->value_or(made.duration);
  const auto until = future_of("--deadline", deadline, now);
  if (!until) return until.error();
  made.deadline = *until;
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
