#include "xmpp/adhoc_command.h"

#include <algorithm>
#include <array>

namespace bourse::xmpp {
namespace {

constexpr auto kCommands = std::to_array<AdhocCommand>({
    {.node = "urn:bourse:market:1#offer", .title = "Lend my machine", .form = offer_form, .run = run_offer},
    {.node = "urn:bourse:market:1#request", .title = "Request resources", .form = request_form, .run = run_request},
    {.node = "urn:bourse:market:1#my-offers", .title = "My offers", .form = own_items_form, .run = run_my_offers},
    {.node = "urn:bourse:market:1#my-requests", .title = "My requests", .form = own_items_form, .run = run_my_requests},
    {.node = "urn:bourse:market:1#my-grants", .title = "My grants", .form = own_items_form, .run = run_my_grants},
    {.node = "urn:bourse:market:1#explain",
     .title = "Why does my request wait?",
     .form = explain_form,
     .run = run_explain,
     .begin = begin_explain},
    {.node = "urn:bourse:market:1#confirm",
     .title = "Confirm a proposed grant",
     .form = confirm_form,
     .run = run_confirm,
     .begin = begin_confirm},
    {.node = "urn:bourse:market:1#decline",
     .title = "Decline a proposed grant",
     .form = decline_form,
     .run = run_decline,
     .begin = begin_decline},
    {.node = "urn:bourse:market:1#renew",
     .title = "Renew a grant",
     .form = renew_form,
     .run = run_renew,
     .begin = begin_renew},
    {.node = "urn:bourse:market:1#reclaim",
     .title = "Take a grant back after a grace period",
     .form = reclaim_form,
     .run = run_reclaim,
     .begin = begin_reclaim},
    {.node = "urn:bourse:market:1#release",
     .title = "Give a grant back",
     .form = release_form,
     .run = run_release,
     .begin = begin_release},
    {.node = "urn:bourse:market:1#withdraw",
     .title = "Withdraw an offer",
     .form = withdraw_form,
     .run = run_withdraw,
     .begin = begin_withdraw},
    {.node = "urn:bourse:market:1#cancel",
     .title = "Cancel a request",
     .form = cancel_form,
     .run = run_cancel,
     .begin = begin_cancel},
    {.node = "urn:bourse:market:1#history",
     .title = "Availability of a provider",
     .form = history_form,
     .run = run_history},
    {.node = "urn:bourse:market:1#audit-trail",
     .title = "Audit trail of a grant",
     .form = audit_form,
     .run = run_audit},
    {.node = "http://jabber.org/protocol/pubsub#get-pending",
     .title = "Pending subscription requests",
     .form = pending_form,
     .run = run_pending,
     .begin = begin_pending,
     .stanza_errors = true},
    {.node = "urn:bourse:market:1#status",
     .title = "Pool status",
     .operators_only = true,
     .form = own_items_form,
     .run = run_status},
    {.node = "urn:bourse:market:1#queue",
     .title = "Waiting requests",
     .operators_only = true,
     .form = own_items_form,
     .run = run_queue},
    {.node = "urn:bourse:market:1#drain",
     .title = "Drain a provider",
     .operators_only = true,
     .form = drain_form,
     .run = run_drain},
    {.node = "urn:bourse:market:1#ban",
     .title = "Ban a JID or a domain",
     .operators_only = true,
     .form = ban_form,
     .run = run_ban},
    {.node = "urn:bourse:market:1#policy",
     .title = "Policy",
     .operators_only = true,
     .form = policy_form,
     .run = run_policy},
    {.node = "urn:bourse:market:1#set-policy",
     .title = "Set the policy",
     .operators_only = true,
     .form = set_policy_form,
     .run = run_set_policy},
});

}  // namespace

std::span<const AdhocCommand> adhoc_commands() { return kCommands; }

const AdhocCommand* find_adhoc_command(std::string_view node) {
  const auto found =
      std::find_if(kCommands.begin(), kCommands.end(), [node](const AdhocCommand& each) { return each.node == node; });
  return found == kCommands.end() ? nullptr : &*found;
}

}  // namespace bourse::xmpp
