#include "xmpp/adhoc_choices.h"

#include "domain/records.h"

namespace bourse::xmpp {
namespace {

using base::Result;
using market::ItemKind;

Result<std::string> label_of(const market::Item& item, const domain::Jid& viewer) {
  switch (item.kind) {
    case ItemKind::kOffer: {
      const auto offer = domain::decode_offer(item.record);
      if (!offer) return offer.error();
      return item.id + ": " + in_words(offer->resources, offer->gpu_model);
    }
    case ItemKind::kRequest: {
      const auto request = domain::decode_request(item.record);
      if (!request) return request.error();
      return item.id + ": " + std::to_string(item.granted) + " of " + std::to_string(request->count) + " × " +
             in_words(request->resources);
    }
    case ItemKind::kGrant: {
      const auto grant = domain::decode_grant(item.record);
      if (!grant) return grant.error();
      return item.id + ": " + in_words(grant->resources) +
             (grant->consumer == viewer ? " from " + grant->provider.text() : " lent to " + grant->consumer.text());
    }
    case ItemKind::kAvailability:
    case ItemKind::kCheckpoint:
      break;
  }
  return base::Error{base::Errc::kInternal, "an item of unknown kind"};
}

}  // namespace

market::ItemQuery own_items(const domain::PoolName& pool, ItemKind kind) {
  market::ItemQuery query;
  query.pool = pool;
  query.kind = kind;
  query.own = true;
  query.page.max = market::kMaxPage;
  query.page.before = "";
  return query;
}

Result<std::optional<pubsub::Field>> own_item_choice(const market::Answer& answer, std::string_view var,
                                                     std::string_view label, const KeepItem& keep) {
  const auto& viewer = answer.query.viewer.jid;
  std::vector<pubsub::FieldOption> options;
  for (const auto& item : std::get<market::PageOf<market::Item>>(answer.result.value()).rows) {
    if (keep && !keep(item, viewer)) continue;
    auto text = label_of(item, viewer);
    if (!text) return text.error();
    options.push_back({item.id, std::move(*text)});
  }
  if (options.empty()) return std::optional<pubsub::Field>();
  return std::optional(required_field(choice_field(var, label, {}, {}, std::move(options), true)));
}

}  // namespace bourse::xmpp
