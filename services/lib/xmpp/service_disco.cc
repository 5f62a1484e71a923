// What can be found here (XEP-0030): the service speaks for itself, nodes are asked of the market.
#include <gloox/tag.h>

#include <utility>

#include "xmpp/element.h"
#include "xmpp/pubsub_fields.h"
#include "xmpp/rsm.h"
#include "xmpp/service.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

std::string no_items(std::string_view node) {
  std::string xml = std::string("<query xmlns='") + kDiscoItemsNs + "'";
  append_attribute(xml, "node", node);
  return xml += "/>";
}

}  // namespace

void Service::on_disco_info(const gloox::Tag& payload, market::ReplyTo&& address) {
  const std::string& name = attribute_or_empty(payload, "node");
  if (name.empty()) return reply_result(address, render_disco_info(facts_));
  if (name == kShimNs) return reply_result(address, render_header_info());
  if (const auto command = adhoc_.render_info(name, address.from)) return reply_result(address, *command);
  auto node = node_of(payload, rules_);
  if (!node) return reply_error(address, node.error());
  auto question = ask_pool(rules_, &*node, pubsub::GetNode{*node});
  submit(std::move(std::get<PoolCommand>(question)), std::move(address));
}

void Service::on_disco_items(const gloox::Tag& payload, market::ReplyTo&& address) {
  const std::string& name = attribute_or_empty(payload, "node");
  if (name == kCommandsNs) return reply_result(address, adhoc_.render_list(address.from));
  if (name == kShimNs || (!name.empty() && adhoc_.render_info(name, address.from))) {
    return reply_result(address, no_items(name));
  }
  auto node = optional_node(payload, rules_);
  if (!node) return reply_error(address, node.error());
  auto page = parse_page(payload);
  if (!page) return reply_error(address, page.error());
  if (find_child(payload, "set", kRsmNs) == nullptr) page->max = market::kMaxPage;
  const auto& pool = *node ? pool_of(**node, rules_.pools) : rules_.pools.front();
  ask(market::NodesQuery{pool, std::move(*node), std::move(*page)}, std::move(address));
}

}  // namespace bourse::xmpp
