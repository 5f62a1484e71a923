// Purpose: commands with forms for people with an ordinary client (XEP-0050): what the list offers, the form of each,
//   and what a submitted form asks of the market.
// Lifetime: Tags are only borrowed during the call; one Adhoc per service. Threads: the network thread; render_… from
// any.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "market/command.h"
#include "market/query.h"
#include "market/reply.h"
#include "xmpp/disco.h"
#include "xmpp/pubsub_request.h"
#include "xmpp/reply_text.h"

namespace bourse::xmpp {

// What became of a <command/>: an answer at once (the payload of the result), or something for the market whose answer
// has to be wrapped as this command's: remembered under the iq's address until render() is asked for it.
struct AdhocAnswer {
  std::string payload;
};
// XEP-0050's own conditions (bad-action, session-expired, …), which no Errc has: a complete <error/> for the iq.
struct AdhocRefusal {
  std::string error;
};
using AdhocStep = std::variant<AdhocAnswer, AdhocRefusal, PoolCommand, market::QueryBody>;

class Adhoc {
 public:
  Adhoc(domain::Jid service, PubsubRules rules, std::vector<domain::Jid> operators);
  ~Adhoc();

  // `command` is the child of an iq of type set. Errors: kNotFound, kForbidden, kResourceConstraint.
  // Marks the address of what goes to the market, so that its answer is known from any other with the same id.
  [[nodiscard]] base::Result<AdhocStep> execute(const gloox::Tag& command, market::ReplyTo& address,
                                                base::Timestamp now);
  // The answer of the market to a command of ours as the payload of its iq result; none: it is not about one of ours.
  // Both forget it. An error is a reply to questions, too: when nobody could take them.
  [[nodiscard]] std::optional<base::Result<std::string>> render(const market::Reply& reply);
  [[nodiscard]] std::optional<base::Result<std::string>> render(const market::Answer& answer, const TicketSigner& sign);

  // disco#items and disco#info of the node kCommandsNs and of each command (XEP-0050 §2). None: no node of ours, or not
  // for this viewer.
  [[nodiscard]] std::string render_list(const domain::Jid& viewer) const;
  [[nodiscard]] std::optional<std::string> render_info(std::string_view node, const domain::Jid& viewer) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bourse::xmpp
