// Purpose: what a command's sender is told once its batch is durable.
#pragma once

#include <string>
#include <variant>

#include "base/result.h"
#include "domain/ids.h"
#include "market/command.h"
#include "market/request_explanation.h"
#include "pubsub/outcome.h"

namespace bourse::market {

struct Published {
  domain::NodeName node;
  std::string item_id;
};
struct Acknowledged {};  // an empty result

using ReplyBody = std::variant<Acknowledged, Published, pubsub::Answer, RequestExplanation, base::Error>;

struct Reply {
  ReplyTo to;
  ReplyBody body;
};

}  // namespace bourse::market
