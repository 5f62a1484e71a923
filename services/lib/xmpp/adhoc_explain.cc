// Why a request waits, by form.
#include "xmpp/adhoc_choices.h"
#include "xmpp/adhoc_pool.h"
#include "xmpp/explanation_text.h"

namespace bourse::xmpp {
namespace {

using base::Result;

constexpr std::string_view kTitle = "Why does my request wait?";
constexpr std::string_view kInstructions = "Every open offer is compared with what the request asks for.";

pubsub::Form table_of(const market::RequestExplanation& explanation) {
  pubsub::Form form;
  form.type = pubsub::FormType::kResult;
  form.title = kTitle;
  form.reported = {column("obstacle", "Obstacle"), column("what", "What"), column("offers", "Offers ruled out"),
                   column("alone", "By nothing else")};
  for (const auto& rejection : explanation.rejections) {
    pubsub::FormValues row;
    cell(row, "obstacle", matching::name(rejection.obstacle));
    cell(row, "what", rejection.what);
    cell(row, "offers", std::to_string(rejection.offers));
    cell(row, "alone", std::to_string(rejection.alone));
    form.rows.push_back(std::move(row));
  }
  return form;
}

Display show_explanation(const market::ReplyBody& reply, base::Timestamp asked) {
  const auto* explanation = std::get_if<market::RequestExplanation>(&reply);
  if (explanation == nullptr) return {.note = "The market did not say why.", .error = true};
  Display display{.note = headline(*explanation, asked)};
  for (const auto& change : explanation->changes) display.note += "\nWould help: " + change;
  for (const auto& miss : explanation->nearest) display.note += "\nNear: " + in_words(miss);
  for (const auto& remark : remarks(*explanation)) display.note += "\n" + remark;
  if (!explanation->rejections.empty()) display.form = table_of(*explanation);
  return display;
}

bool waits(const market::Item& item, const domain::Jid&) {
  return item.request_state == domain::RequestState::kWaiting;
}

Result<Display> show_waiting(const market::Answer& answer, const TicketSigner&) {
  auto choice = own_item_choice(answer, "request", "Request", waits);
  if (!choice) return choice.error();
  if (!*choice) return Display{.note = "No request of yours waits."};
  pubsub::Form form;
  form.title = kTitle;
  form.instructions = kInstructions;
  form.fields.push_back(std::move(**choice));
  return Display{.done = false, .form = std::move(form)};
}

}  // namespace

pubsub::Form explain_form(const Scene& scene) {
  auto form = form_of(scene, kTitle, kInstructions);
  form.fields.push_back(required_field(text_field("request", "Request", "Its name, as in the list of what is yours.")));
  return form;
}

Turn begin_explain(const Scene& scene) {
  const auto& pools = scene.rules.pools;
  if (pools.size() > 1) return Display{.done = false, .form = explain_form(scene)};
  return Question{own_items(pools.front(), market::ItemKind::kRequest), show_waiting};
}

Result<Turn> run_explain(const Scene& scene, const Entered& entered) {
  auto id = entered.id("request", {});
  if (!id) return id.error();
  return Turn(Order{{pool_of(scene, entered), market::ExplainRequest{{std::move(*id)}}}, {}, show_explanation});
}

}  // namespace bourse::xmpp
