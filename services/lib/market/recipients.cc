#include "market/recipients.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "domain/records.h"

namespace bourse::market {
namespace {

using pubsub::MarketNode;
using pubsub::Recipients;

void add_unless_told(std::vector<pubsub::Recipient>& told, domain::Jid jid) {
  if (jid.empty() || std::ranges::any_of(told, [&](const auto& each) { return each.to == jid; })) return;
  told.push_back({.to = std::move(jid)});
}

// Those who may see it whoever they are to it: operators. Those whose own it is come with it.
Recipients privately(const State& state, MarketNode node, const domain::Jid& provider, const domain::Jid& consumer) {
  Recipients told;
  std::vector<domain::Jid> others = state.config.operators;
  if (node == MarketNode::kGrants) {
    add_unless_told(told.others, provider);
    add_unless_told(told.others, consumer);
    std::erase_if(others, [&](const auto& jid) { return jid == provider || jid == consumer; });
  } else if (std::ranges::find(others, consumer) == others.end()) {
    others.push_back(consumer);
  }
  auto subscribed = state.nodes.recipients_among(state.node(node), others);
  std::move(subscribed.begin(), subscribed.end(), std::back_inserter(told.others));
  return told;
}

pubsub::Notice notice_of(const Event& event) {
  return {.kind = static_cast<pubsub::NoticeKind>(event.kind),
          .seq = event.seq,
          .at = event.at,
          .node = event.node,
          .item_id = event.item_id,
          .publisher = event.publisher,
          .subject = event.consumer,
          .record = event.record};
}

}  // namespace

Recipients recipients_of(const State& state, MarketNode node, const domain::Jid& provider,
                         const domain::Jid& consumer) {
  switch (node) {
    case MarketNode::kOffers:
    case MarketNode::kAvailability:
    case MarketNode::kAudit:
      return state.nodes.recipients(state.node(node));
    case MarketNode::kRequests:
    case MarketNode::kGrants:
      return privately(state, node, provider, consumer);
  }
  BOURSE_CHECK(false);
}

Recipients recipients_of_offer(const State& state, const domain::Offer* now, const domain::Offer* before) {
  const auto& node = state.node(MarketNode::kOffers);
  std::optional<domain::OfferAttributes> is;
  std::optional<domain::OfferAttributes> was;
  if (now != nullptr) is.emplace(*now);
  if (before != nullptr) was.emplace(*before);
  return state.nodes.recipients(node, is ? &*is : nullptr, was ? &*was : nullptr);
}

// An offer's earlier content is not in the log's row: who watched that is told once more at the next change.
Recipients recipients_of(const State& state, const Event& event) {
  if (is_notice(event.kind)) return state.nodes.recipients_again(notice_of(event));
  const auto parsed = pubsub::parse_node(event.node.value);
  BOURSE_CHECK(parsed.has_value());
  if (parsed->node == MarketNode::kOffers && event.kind == EventKind::kPublished &&
      state.nodes.has_filters(event.node)) {
    if (const auto offer = domain::decode_offer(event.record)) return recipients_of_offer(state, &*offer, nullptr);
  }
  return recipients_of(state, parsed->node, event.provider, event.consumer);
}

}  // namespace bourse::market
