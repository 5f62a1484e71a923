// Operating the market: its status, who waits, who is drained or banned.
#include "xmpp/adhoc_pool.h"
#include "xmpp/adhoc_tables.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using base::Result;
using pubsub::FieldType;

Result<Display> show_status(const market::Answer& answer, const TicketSigner&) {
  const auto& pool = std::get<market::StatusQuery>(answer.query.body).pool;
  const auto& counts = std::get<market::PoolStatus>(answer.result.value());
  pubsub::Form form;
  form.type = pubsub::FormType::kResult;
  form.title = "Pool " + pool.value;
  const auto add = [&form](std::string_view var, std::string_view label, std::uint64_t count) {
    auto made = field(var, FieldType::kTextSingle, label, {});
    made.values = {std::to_string(count)};
    form.fields.push_back(std::move(made));
  };
  add("offers", "Open offers", counts.offers);
  add("waiting-requests", "Waiting requests", counts.waiting_requests);
  add("live-grants", "Live grants", counts.live_grants);
  add("providers-up", "Providers that are there", counts.providers_up);
  add("subscriptions", "Subscriptions", counts.subscriptions);
  add("events", "Events since the pool began", counts.events);
  add("audit-entries", "Entries of the audit log", counts.audit_entries);
  return Display{.form = std::move(form)};
}

pubsub::Form sanction_form(const Scene& scene, std::string_view title, std::string_view instructions,
                           std::string_view var, std::string_view label) {
  auto form = form_of(scene, title, instructions);
  form.fields.push_back(required_field(field("jid", FieldType::kJidSingle, "JID", "Without a resource.")));
  auto on = field(var, FieldType::kBoolean, label, "Off takes it back.");
  on.values = {"true"};
  form.fields.push_back(std::move(on));
  form.fields.push_back(text_field("reason", "Reason", "Goes to the audit log; the one concerned can read it."));
  return form;
}

// The submitted sanction, still without what it is.
Result<market::Sanction> read_sanction(const Entered& entered) {
  market::Sanction sanction;
  auto jid = entered.jid("jid");
  if (!jid) return jid.error();
  sanction.jid = std::move(*jid);
  sanction.reason = entered.text("reason");
  if (sanction.reason.size() > domain::kMaxReason) {
    return {Errc::kInvalidPayload, "reason: at most " + std::to_string(domain::kMaxReason) + " bytes"};
  }
  return sanction;
}

}  // namespace

Result<Turn> run_status(const Scene& scene, const Entered& entered) {
  return Turn(Question{market::StatusQuery{pool_of(scene, entered)}, show_status});
}

Result<Turn> run_queue(const Scene& scene, const Entered& entered) {
  market::ItemQuery query;
  query.pool = pool_of(scene, entered);
  query.kind = market::ItemKind::kRequest;
  query.page.max = market::kMaxPage;
  return Turn(Question{std::move(query), show_queue});
}

pubsub::Form drain_form(const Scene& scene) {
  return sanction_form(scene, "Drain a provider",
                       "Its offers get no new grants; those that run go on. For maintenance, or before it leaves.",
                       "drained", "Drained");
}

Result<Turn> run_drain(const Scene& scene, const Entered& entered) {
  auto sanction = read_sanction(entered);
  if (!sanction) return sanction.error();
  const auto on = entered.flag("drained", true);
  if (!on) return on.error();
  sanction->drained = *on;
  std::string done = sanction->jid.text() + (*on ? " is drained: its offers get no new grants."
                                                 : " is not drained any more: its offers get grants again.");
  return Turn(Order{{pool_of(scene, entered), std::move(*sanction)}, std::move(done)});
}

pubsub::Form ban_form(const Scene& scene) {
  return sanction_form(
      scene, "Ban a JID or a domain",
      "Its offers are withdrawn, its requests cancelled, its subscriptions end, and nothing it asks is "
      "done any more. A domain: so for everybody there, and at the domains below it.",
      "banned", "Banned");
}

Result<Turn> run_ban(const Scene& scene, const Entered& entered) {
  auto sanction = read_sanction(entered);
  if (!sanction) return sanction.error();
  const auto on = entered.flag("banned", true);
  if (!on) return on.error();
  sanction->banned = *on;
  std::string done = sanction->jid.text() + (*on ? " is banned." : " is not banned any more.");
  return Turn(Order{{pool_of(scene, entered), std::move(*sanction)}, std::move(done)});
}

}  // namespace bourse::xmpp
