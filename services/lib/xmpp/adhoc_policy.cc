// Who may do what: shown, and set.
#include "market/access_policy.h"
#include "xmpp/adhoc_pool.h"

namespace bourse::xmpp {
namespace {

using base::Result;

Display show_policy(const market::ReplyBody& reply, base::Timestamp) {
  const auto* shown = std::get_if<market::PolicyShown>(&reply);
  if (shown == nullptr) return {.note = "The market did not say what its policy is.", .error = true};
  if (shown->rows.empty())
    return {.note = "Nothing is set: everybody may do everything, as much and as fast as they like."};
  pubsub::Form form;
  form.type = pubsub::FormType::kResult;
  form.title = "Policy";
  form.reported = {column("name", "Setting"), column("subject", "For"), column("value", "Value")};
  for (const auto& row : shown->rows) {
    pubsub::FormValues cells;
    cell(cells, "name", row.name);
    cell(cells, "subject", row.subject);
    cell(cells, "value", row.value);
    form.rows.push_back(std::move(cells));
  }
  return Display{.form = std::move(form)};
}

}  // namespace

pubsub::Form policy_form(const Scene& scene) {
  return form_of(scene, "Policy", "Who may do what, how much of it and how fast.");
}

Result<Turn> run_policy(const Scene& scene, const Entered& entered) {
  return Turn(Order{{pool_of(scene, entered), market::ShowPolicy{}}, {}, show_policy});
}

pubsub::Form set_policy_form(const Scene& scene) {
  auto form = form_of(scene, "Set the policy",
                      "A filter such as (domain=*.edu) for publish, request, subscribe and history; a number for what "
                      "somebody may have at once; 50/s burst 200 for a rate. Each change goes to the audit log.");
  std::vector<pubsub::FieldOption> options;
  for (const auto name : market::policy_names()) options.push_back({std::string(name), std::string(name)});
  form.fields.push_back(required_field(choice_field("name", "Setting", {}, {}, std::move(options), false)));
  form.fields.push_back(text_field(
      "subject", "For", "Of quotas and rates: one JID or one domain. Empty: all that have none of their own."));
  form.fields.push_back(text_field("value", "Value", "Empty takes the setting away."));
  return form;
}

Result<Turn> run_set_policy(const Scene& scene, const Entered& entered) {
  market::PolicyRow row{entered.text("name"), entered.text("subject"), entered.text("value")};
  auto checked = market::AccessPolicy::check(row.name, row.subject, row.value);
  if (!checked) return checked.error();
  return Turn(Order{{pool_of(scene, entered), market::SetPolicy{std::move(*checked)}}, {}, show_policy});
}

}  // namespace bourse::xmpp
