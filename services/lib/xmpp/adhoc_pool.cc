#include "xmpp/adhoc_pool.h"

namespace bourse::xmpp {

pubsub::Form form_of(const Scene& scene, std::string_view title, std::string_view instructions) {
  pubsub::Form form;
  form.title = title;
  form.instructions = instructions;
  const auto& pools = scene.rules.pools;
  if (pools.size() > 1) {
    std::vector<pubsub::FieldOption> options;
    for (const auto& pool : pools) options.push_back({pool.value, pool.value});
    form.fields.push_back(choice_field("pool", "Pool", "Offers and requests meet only inside one pool.",
                                       pools.front().value, std::move(options), false));
  }
  return form;
}

domain::PoolName pool_of(const Scene& scene, const Entered& entered) {
  auto chosen = entered.text("pool");
  return chosen.empty() ? scene.rules.pools.front() : domain::PoolName{std::move(chosen)};
}

}  // namespace bourse::xmpp
