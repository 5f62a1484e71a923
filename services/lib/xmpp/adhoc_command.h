// Purpose: what the commands for people have in common: what one stage of a command leads to, and the table of all of
//   them. Each command is a row: its form, and what a submitted form asks of the market.
// Lifetime: values; a Scene borrows during one call. Threads: free functions, no state.
// Private to adhoc*.cc.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/result.h"
#include "market/query.h"
#include "market/reply.h"
#include "pubsub/form.h"
#include "pubsub/outcome.h"
#include "xmpp/adhoc_fields.h"
#include "xmpp/pubsub_request.h"
#include "xmpp/reply_text.h"

namespace bourse::xmpp {

struct Scene {
  const domain::Jid& viewer;  // as the server stamped it
  base::Timestamp now;
  const PubsubRules& rules;
};

// What the person sees next.
struct Display {
  bool done = true;  // false: the form is to be filled in
  std::optional<pubsub::Form> form = {};
  std::string note = {};
  bool error = false;  // the note says what went wrong
};

// Asked of the readers; `show` makes the display of the answer. Its errors end the command.
struct Question {
  market::QueryBody query;
  base::Result<Display> (*show)(const market::Answer& answer, const TicketSigner& sign);
};

// Told to the market. Done: `done` is the note, or `show` makes the display of what the market says.
struct Order {
  PoolCommand command;
  std::string done;
  Display (*show)(const market::ReplyBody& reply, base::Timestamp asked) = nullptr;
};

using Turn = std::variant<Display, Question, Order>;

struct AdhocCommand {
  std::string_view node;
  std::string_view title;
  bool operators_only = false;
  // What it asks for; no fields: nothing.
  pubsub::Form (*form)(const Scene& scene) = nullptr;
  // A form with every required field. kPayloadRequired and kInvalidPayload: the form is shown again.
  base::Result<Turn> (*run)(const Scene& scene, const Entered& entered) = nullptr;
  // Null: the form is shown, or without fields the command runs at once.
  Turn (*begin)(const Scene& scene) = nullptr;
  bool stanza_errors = false;  // the market's refusal is the iq's error, as another XEP wants it; otherwise a note
};

// All of them, in the order people see them.
[[nodiscard]] std::span<const AdhocCommand> adhoc_commands();
[[nodiscard]] const AdhocCommand* find_adhoc_command(std::string_view node);

// The rows, by file.
[[nodiscard]] pubsub::Form offer_form(const Scene& scene);
[[nodiscard]] base::Result<Turn> run_offer(const Scene& scene, const Entered& entered);
[[nodiscard]] pubsub::Form request_form(const Scene& scene);
[[nodiscard]] base::Result<Turn> run_request(const Scene& scene, const Entered& entered);

[[nodiscard]] pubsub::Form own_items_form(const Scene& scene);
[[nodiscard]] base::Result<Turn> run_my_offers(const Scene& scene, const Entered& entered);
[[nodiscard]] base::Result<Turn> run_my_requests(const Scene& scene, const Entered& entered);
[[nodiscard]] base::Result<Turn> run_my_grants(const Scene& scene, const Entered& entered);
[[nodiscard]] base::Result<Turn> run_queue(const Scene& scene, const Entered& entered);

[[nodiscard]] pubsub::Form withdraw_form(const Scene& scene);
[[nodiscard]] pubsub::Form cancel_form(const Scene& scene);
[[nodiscard]] pubsub::Form release_form(const Scene& scene);
[[nodiscard]] Turn begin_withdraw(const Scene& scene);
[[nodiscard]] Turn begin_cancel(const Scene& scene);
[[nodiscard]] Turn begin_release(const Scene& scene);
[[nodiscard]] base::Result<Turn> run_withdraw(const Scene& scene, const Entered& entered);
[[nodiscard]] base::Result<Turn> run_cancel(const Scene& scene, const Entered& entered);
[[nodiscard]] base::Result<Turn> run_release(const Scene& scene, const Entered& entered);

[[nodiscard]] pubsub::Form confirm_form(const Scene& scene);
[[nodiscard]] pubsub::Form decline_form(const Scene& scene);
[[nodiscard]] pubsub::Form renew_form(const Scene& scene);
[[nodiscard]] pubsub::Form reclaim_form(const Scene& scene);
[[nodiscard]] Turn begin_confirm(const Scene& scene);
[[nodiscard]] Turn begin_decline(const Scene& scene);
[[nodiscard]] Turn begin_renew(const Scene& scene);
[[nodiscard]] Turn begin_reclaim(const Scene& scene);
[[nodiscard]] base::Result<Turn> run_confirm(const Scene& scene, const Entered& entered);
[[nodiscard]] base::Result<Turn> run_decline(const Scene& scene, const Entered& entered);
[[nodiscard]] base::Result<Turn> run_renew(const Scene& scene, const Entered& entered);
[[nodiscard]] base::Result<Turn> run_reclaim(const Scene& scene, const Entered& entered);

[[nodiscard]] pubsub::Form explain_form(const Scene& scene);
[[nodiscard]] Turn begin_explain(const Scene& scene);
[[nodiscard]] base::Result<Turn> run_explain(const Scene& scene, const Entered& entered);

[[nodiscard]] pubsub::Form history_form(const Scene& scene);
[[nodiscard]] base::Result<Turn> run_history(const Scene& scene, const Entered& entered);
[[nodiscard]] pubsub::Form audit_form(const Scene& scene);
[[nodiscard]] base::Result<Turn> run_audit(const Scene& scene, const Entered& entered);

[[nodiscard]] base::Result<Turn> run_status(const Scene& scene, const Entered& entered);
[[nodiscard]] pubsub::Form drain_form(const Scene& scene);
[[nodiscard]] base::Result<Turn> run_drain(const Scene& scene, const Entered& entered);
[[nodiscard]] pubsub::Form ban_form(const Scene& scene);
[[nodiscard]] base::Result<Turn> run_ban(const Scene& scene, const Entered& entered);

[[nodiscard]] pubsub::Form policy_form(const Scene& scene);
[[nodiscard]] base::Result<Turn> run_policy(const Scene& scene, const Entered& entered);
[[nodiscard]] pubsub::Form set_policy_form(const Scene& scene);
[[nodiscard]] base::Result<Turn> run_set_policy(const Scene& scene, const Entered& entered);

[[nodiscard]] pubsub::Form pending_form(const Scene& scene);
[[nodiscard]] Turn begin_pending(const Scene& scene);
[[nodiscard]] base::Result<Turn> run_pending(const Scene& scene, const Entered& entered);

}  // namespace bourse::xmpp
