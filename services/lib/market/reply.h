// Purpose: what a command's sender is told once its batch is durable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

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

// Answer to PredictAvailability.
struct Prediction {
  struct Provider {
    domain::Jid provider;                       // bare
    std::optional<base::Duration> up_for = {};  // already; none: down, unknown, or not for who asks
    double stays = 0;                           // P(up for all of the time asked about), 0 to 1
    friend bool operator==(const Provider&, const Provider&) = default;
  };
  std::vector<Provider> providers;  // as asked
  base::Duration further{};
  std::uint32_t at_least = 0;
  double together = 0;  // P(at least so many stay), with the correlation that was observed
  friend bool operator==(const Prediction&, const Prediction&) = default;
};

// Answer to ShowPolicy and SetPolicy: what is set now, by name and subject.
struct PolicyShown {
  std::vector<PolicyRow> rows;
};

using ReplyBody =
    std::variant<Acknowledged, Published, pubsub::Answer, RequestExplanation, Prediction, PolicyShown, base::Error>;

struct Reply {
  ReplyTo to;
  ReplyBody body;
};

}  // namespace bourse::market
