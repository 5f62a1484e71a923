// What the parties of a live grant do with it besides ending it: confirm, decline, renew, take back.
#include "domain/records.h"
#include "xmpp/adhoc_choices.h"
#include "xmpp/adhoc_pool.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using base::Result;
using domain::GrantState;
using Kind = market::GrantAction::Kind;

struct Action {
  Kind kind;
  std::string_view title;
  std::string_view instructions;
  std::string_view none;  // there is none to choose
  std::string_view done;  // Grant 'g42' …
  bool (*fits)(const domain::Grant& grant, const domain::Jid& viewer);
};

bool is_proposed_to(const domain::Grant& grant, const domain::Jid& viewer) {
  return grant.state == GrantState::kProposed && grant.provider == viewer;
}
bool may_renew(const domain::Grant& grant, const domain::Jid& viewer) {
  return grant.state == GrantState::kActive && grant.consumer == viewer;
}
bool may_reclaim(const domain::Grant& grant, const domain::Jid& viewer) {
  return grant.state != GrantState::kProposed && grant.provider == viewer;
}

constexpr Action kConfirm{Kind::kConfirm,
                          "Confirm a proposed grant",
                          "You agree to lend what is proposed: the lease begins.",
                          "No proposal waits for your word.",
                          "is confirmed.",
                          is_proposed_to};
constexpr Action kDecline{Kind::kDecline,
                          "Decline a proposed grant",
                          "The market looks for another provider.",
                          "No proposal waits for your word.",
                          "is declined.",
                          is_proposed_to};
constexpr Action kRenew{Kind::kRenew,
                        "Renew a grant",
                        "Its lease goes on, counted from now.",
                        "You have no grant to renew.",
                        "is renewed; 'My grants' shows until when.",
                        may_renew};
constexpr Action kReclaim{Kind::kReclaim,
                          "Take a grant back after a grace period",
                          "Who has it is told at once and gets the time to finish.",
                          "Nothing of yours is lent.",
                          "is to be given back.",
                          may_reclaim};

void add_details(pubsub::Form& form, const Action& action) {
  if (action.kind == Kind::kRenew) {
    form.fields.push_back(choice_field(
        "for", "For how long", "Counted from now.", {},
        {{"PT1H", "1 hour"}, {"PT8H", "8 hours"}, {"P1D", "1 day"}, {"none", "as long as the request asked for"}},
        true));
  }
  if (action.kind == Kind::kReclaim) {
    form.fields.push_back(choice_field("grace", "Time to finish", "Counted from now.", {},
                                       {{"PT5M", "5 minutes"}, {"PT1H", "1 hour"}, {"none", "what the offer promises"}},
                                       true));
  }
  if (action.kind == Kind::kDecline || action.kind == Kind::kReclaim) {
    form.fields.push_back(text_field("reason", "Reason", "Who asked for it, or has it, can read it."));
  }
}

pubsub::Form action_form(const Scene& scene, const Action& action) {
  auto form = form_of(scene, action.title, action.instructions);
  form.fields.push_back(required_field(text_field("grant", "Grant", "Such as g42.")));
  add_details(form, action);
  return form;
}

Result<Display> show_grants(const market::Answer& answer, const Action& action) {
  bool readable = true;
  auto choice = own_item_choice(answer, "grant", "Grant", [&](const market::Item& item, const domain::Jid& viewer) {
    const auto grant = domain::decode_grant(item.record);
    readable = readable && grant.ok();
    return grant && action.fits(*grant, viewer);
  });
  if (!readable) return {Errc::kCorrupt, "a stored grant cannot be read"};
  if (!choice) return choice.error();
  pubsub::Form form;
  form.title = action.title;
  form.instructions = action.instructions;
  if (*choice) {
    form.fields.push_back(std::move(**choice));
  } else if (action.kind == Kind::kReclaim && answer.query.viewer.privileged) {  // operators: anybody's
    form.fields.push_back(required_field(text_field("grant", "Grant", "Such as g42.")));
  } else {
    return Display{.note = std::string(action.none)};
  }
  add_details(form, action);
  return Display{.done = false, .form = std::move(form)};
}

Turn begin_action(const Scene& scene, const Action& action,
                  Result<Display> (*show)(const market::Answer&, const TicketSigner&)) {
  const auto& pools = scene.rules.pools;
  if (pools.size() > 1) return Display{.done = false, .form = action_form(scene, action)};
  return Question{own_items(pools.front(), market::ItemKind::kGrant), show};
}

Result<Turn> run_action(const Scene& scene, const Entered& entered, const Action& action) {
  market::GrantAction wanted{.kind = action.kind, .grant = domain::grant_id_from_item(entered.text("grant"))};
  if (wanted.grant.value == 0) return {Errc::kInvalidPayload, "grant: g and a number, such as g42"};
  for (const char* var : {"for", "grace"}) {
    const auto span = entered.duration(var);
    if (!span) return span.error();
    if (*span) wanted.duration = *span;
  }
  wanted.reason = entered.text("reason");
  if (wanted.reason.size() > domain::kMaxReason) {
    return {Errc::kInvalidPayload, "reason: at most " + std::to_string(domain::kMaxReason) + " bytes"};
  }
  std::string done = "Grant '" + domain::to_item_id(wanted.grant) + "' " + std::string(action.done);
  return Turn(Order{{pool_of(scene, entered), std::move(wanted)}, std::move(done)});
}

Result<Display> show_to_confirm(const market::Answer& answer, const TicketSigner&) {
  return show_grants(answer, kConfirm);
}
Result<Display> show_to_decline(const market::Answer& answer, const TicketSigner&) {
  return show_grants(answer, kDecline);
}
Result<Display> show_to_renew(const market::Answer& answer, const TicketSigner&) { return show_grants(answer, kRenew); }
Result<Display> show_to_reclaim(const market::Answer& answer, const TicketSigner&) {
  return show_grants(answer, kReclaim);
}

}  // namespace

pubsub::Form confirm_form(const Scene& scene) { return action_form(scene, kConfirm); }
pubsub::Form decline_form(const Scene& scene) { return action_form(scene, kDecline); }
pubsub::Form renew_form(const Scene& scene) { return action_form(scene, kRenew); }
pubsub::Form reclaim_form(const Scene& scene) { return action_form(scene, kReclaim); }
Turn begin_confirm(const Scene& scene) { return begin_action(scene, kConfirm, show_to_confirm); }
Turn begin_decline(const Scene& scene) { return begin_action(scene, kDecline, show_to_decline); }
Turn begin_renew(const Scene& scene) { return begin_action(scene, kRenew, show_to_renew); }
Turn begin_reclaim(const Scene& scene) { return begin_action(scene, kReclaim, show_to_reclaim); }
Result<Turn> run_confirm(const Scene& scene, const Entered& entered) { return run_action(scene, entered, kConfirm); }
Result<Turn> run_decline(const Scene& scene, const Entered& entered) { return run_action(scene, entered, kDecline); }
Result<Turn> run_renew(const Scene& scene, const Entered& entered) { return run_action(scene, entered, kRenew); }
Result<Turn> run_reclaim(const Scene& scene, const Entered& entered) { return run_action(scene, entered, kReclaim); }

}  // namespace bourse::xmpp
