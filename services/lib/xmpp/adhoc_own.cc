// What is mine, and ending it: tables of own offers, requests and grants; withdraw, cancel, release.
#include "pubsub/market_nodes.h"
#include "xmpp/adhoc_choices.h"
#include "xmpp/adhoc_pool.h"
#include "xmpp/adhoc_tables.h"

namespace bourse::xmpp {
namespace {

using base::Result;
using market::ItemKind;
using pubsub::MarketNode;

// One of the viewer's items to be retracted.
struct Ending {
  ItemKind kind;
  MarketNode node;
  std::string_view title;
  std::string_view instructions;
  std::string_view var;
  std::string_view label;
  std::string_view none;  // there is none
  std::string_view done;  // … 'id' …: what was done to it
};
constexpr Ending kWithdraw{
    ItemKind::kOffer, MarketNode::kOffers,       "Withdraw an offer", "What was granted of it ends as well.", "offer",
    "Offer",          "You have no open offer.", "was withdrawn."};
constexpr Ending kCancel{ItemKind::kRequest,
                         MarketNode::kRequests,
                         "Cancel a request",
                         "What it was granted is given back.",
                         "request",
                         "Request",
                         "You have no open request.",
                         "was cancelled."};
constexpr Ending kRelease{ItemKind::kGrant,
                          MarketNode::kGrants,
                          "Give a grant back",
                          "A grant of yours is given back; one on your own machine is taken back from who has it.",
                          "grant",
                          "Grant",
                          "You have no live grant.",
                          "has ended."};

pubsub::Form ending_form(const Scene& scene, const Ending& ending) {
  auto form = form_of(scene, ending.title, ending.instructions);
  form.fields.push_back(
      required_field(text_field(ending.var, ending.label, "Its name, as in the list of what is yours.")));
  return form;
}

Result<Turn> run_ending(const Scene& scene, const Entered& entered, const Ending& ending) {
  auto pool = pool_of(scene, entered);
  auto id = entered.id(ending.var, {});
  if (!id) return id.error();
  std::string done = std::string(ending.label) + " '" + *id + "' " + std::string(ending.done);
  market::Retract retract{pubsub::node_name(pool, ending.node), std::move(*id)};
  return Turn(Order{{std::move(pool), std::move(retract)}, std::move(done)});
}

Result<Display> show_ends(const market::Answer& answer, const Ending& ending) {
  auto choice = own_item_choice(answer, ending.var, ending.label, {});
  if (!choice) return choice.error();
  if (!*choice) return Display{.note = std::string(ending.none)};
  pubsub::Form form;
  form.title = ending.title;
  form.instructions = ending.instructions;
  form.fields.push_back(std::move(**choice));
  return Display{.done = false, .form = std::move(form)};
}

Result<Display> show_offers_to_withdraw(const market::Answer& answer, const TicketSigner&) {
  return show_ends(answer, kWithdraw);
}
Result<Display> show_requests_to_cancel(const market::Answer& answer, const TicketSigner&) {
  return show_ends(answer, kCancel);
}
Result<Display> show_grants_to_release(const market::Answer& answer, const TicketSigner&) {
  return show_ends(answer, kRelease);
}

// The list to choose from is one pool's: where there are several, the name is typed.
Turn begin_ending(const Scene& scene, const Ending& ending,
                  Result<Display> (*show)(const market::Answer&, const TicketSigner&)) {
  const auto& pools = scene.rules.pools;
  if (pools.size() > 1) return Display{.done = false, .form = ending_form(scene, ending)};
  return Question{own_items(pools.front(), ending.kind), show};
}

}  // namespace

pubsub::Form own_items_form(const Scene& scene) { return form_of(scene, "In which pool?", {}); }

Result<Turn> run_my_offers(const Scene& scene, const Entered& entered) {
  return Turn(Question{own_items(pool_of(scene, entered), ItemKind::kOffer), show_my_offers});
}
Result<Turn> run_my_requests(const Scene& scene, const Entered& entered) {
  return Turn(Question{own_items(pool_of(scene, entered), ItemKind::kRequest), show_my_requests});
}
Result<Turn> run_my_grants(const Scene& scene, const Entered& entered) {
  return Turn(Question{own_items(pool_of(scene, entered), ItemKind::kGrant), show_my_grants});
}

pubsub::Form withdraw_form(const Scene& scene) { return ending_form(scene, kWithdraw); }
pubsub::Form cancel_form(const Scene& scene) { return ending_form(scene, kCancel); }
pubsub::Form release_form(const Scene& scene) { return ending_form(scene, kRelease); }
Turn begin_withdraw(const Scene& scene) { return begin_ending(scene, kWithdraw, show_offers_to_withdraw); }
Turn begin_cancel(const Scene& scene) { return begin_ending(scene, kCancel, show_requests_to_cancel); }
Turn begin_release(const Scene& scene) { return begin_ending(scene, kRelease, show_grants_to_release); }
Result<Turn> run_withdraw(const Scene& scene, const Entered& entered) { return run_ending(scene, entered, kWithdraw); }
Result<Turn> run_cancel(const Scene& scene, const Entered& entered) { return run_ending(scene, entered, kCancel); }
Result<Turn> run_release(const Scene& scene, const Entered& entered) { return run_ending(scene, entered, kRelease); }

}  // namespace bourse::xmpp
