// What was: a provider's availability, a grant's audit trail.
#include <fmt/format.h>

#include "history/interval.h"
#include "xmpp/adhoc_pool.h"
#include "xmpp/timestamps.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using base::Result;
using pubsub::FieldType;

Result<Display> show_history(const market::Answer& answer, const TicketSigner&) {
  const auto& query = std::get<market::AvailabilityQuery>(answer.query.body);
  const auto& intervals = std::get<std::vector<domain::AvailabilityInterval>>(answer.result.value());
  const auto share = history::sum_up(intervals, {query.since, query.until}).up_share();
  const std::string who = query.provider.text();
  if (!share) return Display{.note = who + " was not seen in that time."};
  pubsub::Form form;
  form.type = pubsub::FormType::kResult;
  form.title = "Availability of " + who;
  form.reported = {column("presence", "Was"), column("since", "From"), column("until", "To")};
  for (const auto& interval : intervals) {
    pubsub::FormValues row;
    cell(row, "presence", std::string(domain::name(interval.presence)));
    cell(row, "since", format_timestamp(interval.since));
    cell(row, "until", interval.until ? format_timestamp(*interval.until) : std::string());
    form.rows.push_back(std::move(row));
  }
  return Display{.form = std::move(form),
                 .note = fmt::format("{} was there {:.1f} % of the time that is known of.", who, *share * 100)};
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
  form.fields.push_back(required_field(field("provider", FieldType::kJidSingle, "Provider", "The JID of who lends.")));
  form.fields.push_back(choice_field("window", "How far back", {}, "P30D",
                                     {{"P1D", "1 day"}, {"P7D", "7 days"}, {"P30D", "30 days"}, {"P365D", "1 year"}},
                                     true));
  return form;
}

Result<Turn> run_history(const Scene& scene, const Entered& entered) {
  market::AvailabilityQuery query;
  query.pool = pool_of(scene, entered);
  auto provider = entered.jid("provider");
  if (!provider) return provider.error();
  query.provider = std::move(*provider);
  const auto window = entered.duration("window");
  if (!window) return window.error();
  query.until = scene.now;
  query.since = scene.now - window->value_or(std::chrono::hours(24 * 30));
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
