#include "market/query_pool.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>
#include <variant>

#include "market/item_kind.h"
#include "market/log_answer.h"
#include "market/permission.h"
#include "pubsub/affiliation.h"
#include "pubsub/market_nodes.h"

namespace bourse::market {
namespace {

// Who asks for more than the link takes waits in his domain's lane, and holds up nobody else's answers in the link's
// queue. A link that is down takes nothing at all; what is asked meanwhile is not worth keeping.
constexpr base::Duration kLongestWaitForRoom = std::chrono::seconds(1);

constexpr std::chrono::seconds kTryAgainAfter{1};  // of who finds the queue full

template <class Value>
base::Result<AnswerBody> wrap(base::Result<Value>&& result) {
  if (!result) return result.error();
  return AnswerBody(std::move(result).value());
}

// The first kMaxPage ids of a leaf, as disco#items lists them (XEP-0060 §5.5).
NodeItemsQuery listing_of(const NodesQuery& query) {
  return {.pool = query.pool, .node = *query.collection, .payloads = false, .page = query.page};
}

class Run {
 public:
  Run(Reader& reader, const Viewer& viewer, const HistoryPolicy& history)
      : reader_(reader), viewer_(viewer), history_(history) {}

  base::Result<AnswerBody> operator()(const ItemQuery& query) const {
    const auto access = query.own ? base::Result<NodeAccess>(NodeAccess{})
                                  : allowed(query.pool, pubsub::node_name(query.pool, market_node(query.kind)));
    if (!access) return access.error();
    return wrap(in_order(query, [this](const auto& each) { return reader_.items(each, viewer_); }));
  }
  base::Result<AnswerBody> operator()(const NodeItemsQuery& query) const {
    const auto access = allowed(query.pool, query.node);
    if (!access) return access.error();
    if (auto keeps = keeps_items(*access, query.node); !keeps) return keeps.error();
    return wrap(in_order(query, [this](const auto& each) { return reader_.node_items(each); }));
  }
  base::Result<AnswerBody> operator()(const NodesQuery& query) const {
    if (!query.collection) return wrap(reader_.nodes(query, viewer_));
    const auto access = allowed(query.pool, *query.collection);
    if (!access) return access.error();
    switch (access->kind) {
      case pubsub::NodeKind::kCollection:
        return wrap(reader_.nodes(query, viewer_));
      case pubsub::NodeKind::kLeaf:
        return wrap(reader_.node_items(listing_of(query)));
      case pubsub::NodeKind::kMarket:
        return market_listing(query);
    }
    BOURSE_CHECK(false);
  }
  base::Result<AnswerBody> operator()(const ArchiveQuery& query) const {
    const auto access = allowed(query.pool, query.node);
    if (!access) return access.error();
    if (auto keeps = keeps_items(*access, query.node); !keeps) return keeps.error();
    return wrap(reader_.archive(query, viewer_));
  }
  base::Result<AnswerBody> operator()(const ArchiveEdgesQuery& query) const {
    const auto access = allowed(query.pool, query.node);
    if (!access) return access.error();
    if (auto keeps = keeps_items(*access, query.node); !keeps) return keeps.error();
    return wrap(reader_.archive_edges(query, viewer_));
  }
  base::Result<AnswerBody> operator()(const HistoryQuery& query) const {
    return wrap(answer_history(reader_, query, viewer_, history_));
  }
  base::Result<AnswerBody> operator()(const AuditQuery& query) const { return wrap(reader_.audit(query, viewer_)); }
  base::Result<AnswerBody> operator()(const StatusQuery& query) const { return wrap(reader_.status(query.pool)); }
  base::Result<AnswerBody> operator()(const LogQuery& query) const { return wrap(answer_log(reader_, query, viewer_)); }

 private:
  // XEP-0413 lists the newest first: what comes after an item here comes before it there.
  template <class Query, class Read>
  static auto in_order(Query query, const Read& read) -> decltype(read(query)) {
    if (!query.newest_first || !query.ids.empty()) return read(query);
    Page& page = query.page;
    if (page.index) {
      Query counting = query;
      counting.page = Page();
      counting.page.max = 0;
      auto counted = read(counting);
      if (!counted) return counted;
      const std::uint64_t left = counted->count - std::min(*page.index, counted->count);
      page.max = static_cast<std::uint32_t>(std::min<std::uint64_t>(page.max, left));
      page.index = left - page.max;
    } else if (page.after) {
      page.before = std::exchange(page.after, std::nullopt);
    } else if (page.before && !page.before->empty()) {
      page.after = std::exchange(page.before, std::nullopt);
    } else {
      page.before = page.before ? std::nullopt : std::optional<std::string>("");
    }
    auto found = read(query);
    if (!found) return found;
    std::reverse(found->rows.begin(), found->rows.end());
    if (!found->rows.empty()) found->first_index = found->count - found->first_index - found->rows.size();
    return found;
  }

  // The node's access model is judged here as it is for subscriptions in pubsub::Nodes: by the same function.
  base::Result<NodeAccess> allowed(const domain::PoolName& pool, const domain::NodeName& node) const {
    auto access = reader_.node_access(pool, node, viewer_.jid);
    if (!access || viewer_.privileged) return access;
    const auto config = config_of(*access);
    if (!config) return config.error();
    if (auto may = pubsub::may_retrieve(access->affiliation, access->subscribed, *config); !may) return may.error();
    return access;
  }

  static base::Result<pubsub::NodeConfig> config_of(const NodeAccess& access) {
    const auto type =
        access.kind == pubsub::NodeKind::kCollection ? pubsub::NodeType::kCollection : pubsub::NodeType::kLeaf;
    if (access.config.empty()) return pubsub::default_config(type);
    const auto stored = pubsub::decode_form(access.config);
    if (!stored) return {base::Errc::kCorrupt, "the stored configuration of the node cannot be read"};
    return pubsub::config_from(*stored);
  }

  static base::Status keeps_items(const NodeAccess& access, const domain::NodeName& node) {
    if (access.kind == pubsub::NodeKind::kMarket) return base::Done{};
    const auto config = config_of(access);
    if (!config) return config.error();
    if (access.kind == pubsub::NodeKind::kCollection) {
      return base::Error{base::Errc::kUnsupported,
                         "node '" + node.value + "' is a collection: its nodes have the items", "retrieve-items"};
    }
    if (config->persist_items) return base::Done{};
    return base::Error{base::Errc::kUnsupported, "node '" + node.value + "' keeps no items", "persistent-items"};
  }

  base::Result<AnswerBody> market_listing(const NodesQuery& query) const {
    const auto parsed = pubsub::parse_node(query.collection->value);
    BOURSE_CHECK(parsed.has_value());
    ItemQuery items;
    items.pool = query.pool;
    items.kind = item_kind(parsed->node);
    items.page = query.page;
    return wrap(reader_.items(items, viewer_));
  }

  Reader& reader_;
  const Viewer& viewer_;
  const HistoryPolicy& history_;
};

}  // namespace

QueryPool::QueryPool(Reader& reader, Outbox& outbox, std::size_t threads, std::size_t queue_capacity,
                     const HistoryPolicy& history, const PolicyBoard* policies)
    : reader_(reader), outbox_(outbox), history_(history), policies_(policies), queue_(queue_capacity) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
}

QueryPool::~QueryPool() {
  stopping_.store(true);
  queue_.close();
}

base::Status QueryPool::ask(Query&& query) {
  if (policies_ != nullptr) {
    const auto& pool = std::visit([](const auto& each) -> const domain::PoolName& { return each.pool; }, query.body);
    if (auto may = permitted(*policies_->of(pool), query); !may) return may;
  }
  // As lane_of() has it for commands.
  const auto& viewer = query.viewer;
  const std::string lane = viewer.privileged ? viewer.jid.bare().text() : std::string(viewer.jid.domain());
  if (queue_.try_push(lane, std::move(query))) return base::Done{};
  return base::Error{base::Errc::kResourceConstraint,
                     "too many questions are waiting, of your domain or of all; try again in a moment", "",
                     kTryAgainAfter};
}

void QueryPool::serve() {
  while (!queue_.closed_and_empty() && !stopping_.load()) {
    outbox_.wait_for_room(kLongestWaitForRoom);
    for (auto& query : queue_.pop_some(1, std::chrono::seconds(60))) answer(std::move(query));
  }
}

// One question that goes wrong in a way nobody thought of must not end the service for all.
void QueryPool::answer(Query&& query) {
  const auto asked = query.reply_to;
  try {
    auto result = std::visit(Run{reader_, query.viewer, history_}, query.body);
    outbox_.answer({std::move(query), std::move(result)});
  } catch (const std::exception& failure) {
    spdlog::error("a question of {} failed: {}", asked.from.text(), failure.what());
    outbox_.deliver({{asked, base::Error{base::Errc::kInternal, "the service failed to answer; its log says why"}}});
  }
}

}  // namespace bourse::market
