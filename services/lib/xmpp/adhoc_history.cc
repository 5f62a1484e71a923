// What was: a provider's availability, a grant's audit trail.
#include <fmt/format.h>

#include <algorithm>

#include "xmpp/adhoc_pool.h"
#include "xmpp/history_text.h"
#include "xmpp/timestamps.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using base::Result;
using pubsub::FieldType;

// Of one provider, or of the pool.
Result<Display> show_history(const market::Answer& answer, const TicketSigner&) {
  const auto& query = std::get<market::HistoryQuery>(answer.query.body);
  const auto& report = std::get<market::HistoryReport>(answer.result.value());
  const bool one = query.providers.size() == 1;
  const auto& figures = one && report.providers.size() == 1 ? report.providers.front().statistics : report.total;
  const std::string who = one ? query.providers.front().text() : "Pool " + query.pool.value;
  if (!figures.availability()) return Display{.note = who + " was not seen in that time."};
  pubsub::Form form;
  form.type = pubsub::FormType::kResult;
  form.title = "Availability of " + who;
  const auto add = [&form](std::string_view var, std::string_view label, std::string value) {
    auto made = field(var, FieldType::kTextSingle, label, {});
    made.values = {std::move(value)};
    form.fields.push_back(std::move(made));
  };
  if (!one) add("providers", "Providers", std::to_string(report.provider_count));
  add("availability", "Was there, of the time observed", percent(figures.availability()));
  add("coverage", "Observed, of the time asked about", percent(figures.coverage()));
  add("outages", "Outages", std::to_string(figures.outages));
  add("mtbf", "Mean time between outages", in_short(figures.mtbf()));
  add("mttr", "Mean time until it is back", in_short(figures.mttr()));
  add("longest-outage", "Longest outage", in_short(figures.longest_outage));
  add("since", "From", format_timestamp(report.since));
  add("until", "To", format_timestamp(report.until));
  if (one && report.providers.size() == 1 && report.providers.front().now) {
    const auto& now = report.providers.front();
    add("state", "Is now", fmt::format("{} since {}", domain::name(*now.now), format_timestamp(now.since)));
  }
  return Display{.form = std::move(form),
                 .note = fmt::format("{} was there {} of the time in which anybody looked ({}).", who,
                                     percent(figures.availability()), coverage_words(figures))};
}

Result<Display> show_audit(const market::Answer& answer, const TicketSigner&) {
  const auto& query = std::get<market::AuditQuery>(answer.query.body);
  const auto& page = std::get<market::PageOf<market::AuditRecord>>(answer.result.value());
  const std::string grant = domain::to_item_id(query.grant.value_or(domain::GrantId{}));
  if (page.rows.empty()) return Display{.note = "The audit log has nothing about grant " + grant + " for you to see."};
  pubsub::Form form;
  form.type = pubsub::FormType::kResult;
  form.title = "Audit trail of grant " + grant;
  form.reported = {column("index", "Entry"), column("at", "When"), column("kind", "What"),
                   column("actor", "Who", FieldType::kJidSingle), column("reason", "Why")};
  for (const auto& record : page.rows) {
    pubsub::FormValues row;
    cell(row, "index", std::to_string(record.index.value));
    cell(row, "at", format_timestamp(record.entry.at));
    cell(row, "kind", std::string(audit::name(record.entry.kind)));
    cell(row, "actor", record.entry.actor.text());
    cell(row, "reason", record.entry.reason);
    form.rows.push_back(std::move(row));
  }
  return Display{.form = std::move(form)};
}

}  // namespace

pubsub::Form history_form(const Scene& scene) {
  auto form =
      form_of(scene, "Availability of a provider", "When the provider had an offer on the market, and when not.");
  form.fields.push_back(
      field("provider", FieldType::kJidSingle, "Provider", "The JID of who lends; of the whole pool without it."));
  form.fields.push_back(choice_field("window", "How far back", {}, "P30D",
                                     {{"P1D", "1 day"}, {"P7D", "7 days"}, {"P30D", "30 days"}, {"P365D", "1 year"}},
                                     true));
  return form;
}

Result<Turn> run_history(const Scene& scene, const Entered& entered) {
  market::HistoryQuery query;
  query.pool = pool_of(scene, entered);
  if (!entered.text("provider").empty()) {
    auto provider = entered.jid("provider");
    if (!provider) return provider.error();
    query.providers = {std::move(*provider)};
  }
  const auto window = entered.duration("window");
  if (!window) return window.error();
  query.until = scene.now;
  query.asked = scene.now;
  query.since = std::max(scene.now - window->value_or(std::chrono::hours(24 * 30)), base::Timestamp{});
  if (query.since >= query.until) return {Errc::kInvalidPayload, "window: a time span such as P7D"};
  return Turn(Question{std::move(query), show_history});
}

pubsub::Form audit_form(const Scene& scene) {
  auto form = form_of(scene, "Audit trail of a grant", "What the audit log says of a grant.");
  form.fields.push_back(required_field(text_field("grant", "Grant", "Such as g42.")));
  return form;
}

Result<Turn> run_audit(const Scene& scene, const Entered& entered) {
  market::AuditQuery query;
  query.pool = pool_of(scene, entered);
  query.grant = domain::grant_id_from_item(entered.text("grant"));
  if (query.grant->value == 0) return {Errc::kInvalidPayload, "grant: g and a number, such as g42"};
  query.page.max = market::kMaxPage;
  return Turn(Question{std::move(query), show_audit});
}

}  // namespace bourse::xmpp
