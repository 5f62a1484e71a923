// Purpose: a question to committed state and its answer, typed. Questions never pass through decide().
// Lifetime: values. Threads: handed over.
#pragma once

#include <variant>
#include <vector>

#include "base/result.h"
#include "market/command.h"
#include "market/reader.h"

namespace bourse::market {

struct StatusQuery {
  domain::PoolName pool;
};

using QueryBody = std::variant<ItemQuery, NodeItemsQuery, NodesQuery, ArchiveQuery, ArchiveEdgesQuery, HistoryQuery,
                               AuditQuery, StatusQuery, LogQuery>;

struct Query {
  Viewer viewer;
  ReplyTo reply_to;
  QueryBody body;
};

// Parallel to QueryBody.
using AnswerBody = std::variant<PageOf<Item>, PageOf<pubsub::ItemRow>, PageOf<NodeSummary>, PageOf<Event>, ArchiveEdges,
                                HistoryReport, PageOf<AuditRecord>, PoolStatus, LogAnswer>;

struct Answer {
  Query query;
  base::Result<AnswerBody> result;
};

}  // namespace bourse::market
