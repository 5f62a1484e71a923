// Pending subscription requests (XEP-0060 §8.7): which nodes have some, and have their forms sent again.
#include "xmpp/adhoc_command.h"

namespace bourse::xmpp {
namespace {

constexpr const char* kAuthorizationForm = "http://jabber.org/protocol/pubsub#subscribe_authorization";
constexpr const char* kNodeField = "pubsub#node";

pubsub::Form blank() {
  pubsub::Form form;
  form.form_type = kAuthorizationForm;
  form.title = "Pending subscription requests";
  form.instructions = "Choose a node to be sent its requests again.";
  return form;
}

Display show_pending(const market::ReplyBody& reply, base::Timestamp) {
  const auto* answer = std::get_if<pubsub::Answer>(&reply);
  const auto* pending = answer == nullptr ? nullptr : std::get_if<pubsub::PendingAnswer>(answer);
  if (pending == nullptr || pending->nodes.empty()) {
    return {.note = "No subscription request waits for you."};
  }
  std::vector<pubsub::FieldOption> options;
  for (const auto& node : pending->nodes) options.push_back({node.value, node.value});
  auto form = blank();
  form.fields.push_back(required_field(choice_field(kNodeField, "Node", {}, {}, std::move(options), false)));
  return {.done = false, .form = std::move(form)};
}

}  // namespace

pubsub::Form pending_form(const Scene&) {
  auto form = blank();
  form.fields.push_back(required_field(text_field(kNodeField, "Node", "A node that you own.")));
  return form;
}

// The nodes that people make are in the first pool.
Turn begin_pending(const Scene& scene) {
  return Order{{scene.rules.pools.front(), pubsub::Command(pubsub::GetPending{})}, {}, show_pending};
}

base::Result<Turn> run_pending(const Scene& scene, const Entered& entered) {
  domain::NodeName node{entered.text(kNodeField)};
  auto pool = pool_of(node, scene.rules.pools);
  std::string done = "The requests for '" + node.value + "' are on their way to you.";
  return Turn(Order{{std::move(pool), pubsub::Command(pubsub::GetPending{std::move(node)})}, std::move(done)});
}

}  // namespace bourse::xmpp
