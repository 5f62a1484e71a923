#include "xmpp/payload_action.h"

#include <gloox/tag.h>

#include <array>
#include <optional>

#include "xmpp/element.h"
#include "xmpp/payload.h"
#include "xmpp/payload_fields.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Done;
using base::Errc;
using base::Status;
using Kind = market::GrantAction::Kind;

struct Action {
  Kind kind;
  std::string_view element;
  std::string_view length;  // the attribute that says GrantAction::duration; empty: there is none
  bool reason;
};
constexpr std::array<Action, 4> kActions{{{Kind::kConfirm, "confirm", "", false},
                                          {Kind::kDecline, "decline", "", true},
                                          {Kind::kRenew, "renew", "duration", false},
                                          {Kind::kReclaim, "reclaim", "grace", true}}};

const Action* action_named(std::string_view element) {
  for (const auto& action : kActions) {
    if (action.element == element) return &action;
  }
  return nullptr;
}

Status known_attributes(const gloox::Tag& tag, const Action& action) {
  switch (action.kind) {
    case Kind::kConfirm:
      return only_attributes(tag, {"grant", "pool"});
    case Kind::kDecline:
      return only_attributes(tag, {"grant", "reason", "pool"});
    case Kind::kRenew:
      return only_attributes(tag, {"grant", "duration", "pool"});
    case Kind::kReclaim:
      return only_attributes(tag, {"grant", "grace", "reason", "pool"});
  }
  BOURSE_CHECK(false && "a GrantAction of no kind");
  return Done{};
}

// No grace at all is a length too: the grant ends at once.
Status read_length(const gloox::Tag& tag, const Action& action, std::optional<base::Duration>& length) {
  const std::string* text = action.length.empty() ? nullptr : attribute(tag, action.length);
  if (text == nullptr) return Done{};
  const auto parsed = parse_duration(*text);
  if (!parsed) return within(tag, parsed.error());
  const std::string field(action.length);
  if (*parsed > domain::kMaxDuration) return invalid(tag, field + " is longer than 365 days");
  if (*parsed == base::Duration::zero() && action.kind == Kind::kRenew) {
    return invalid(tag, field + " must be longer than nothing");
  }
  length = *parsed;
  return Done{};
}

std::string open(std::string_view element, const domain::PoolName& pool) {
  std::string xml = "<";
  xml.append(element).append(" xmlns='").append(kMarketNs).append("'");
  if (!pool.value.empty() && pool.value != kDefaultPool) append_attribute(xml, "pool", pool.value);
  return xml;
}

}  // namespace

bool is_action(std::string_view element) { return action_named(element) != nullptr; }

base::Result<ActionPayload> parse_action(const gloox::Tag& tag) {
  const Action* action = is_in(tag, kMarketNs) ? action_named(tag.name()) : nullptr;
  if (action == nullptr) {
    return {Errc::kUnsupported, "<" + clipped(tag.name(), 64) +
                                    "> is nothing one can do with a grant: confirm, decline, renew or reclaim it, in "
                                    "namespace " +
                                    kMarketNs};
  }
  if (const auto known = known_attributes(tag, *action); !known) return known.error();
  if (const auto empty = empty_element(tag); !empty) return empty.error();
  ActionPayload payload;
  payload.action.kind = action->kind;
  auto pool = read_pool(tag);
  if (!pool) return pool.error();
  payload.pool = std::move(*pool);
  const auto grant = read_grant_id(tag, "grant");
  if (!grant) return grant.error();
  payload.action.grant = *grant;
  if (const auto read = read_length(tag, *action, payload.action.duration); !read) return read.error();
  payload.action.reason = attribute_or_empty(tag, "reason");
  if (payload.action.reason.size() > domain::kMaxReason) {
    return invalid(tag, "the reason is longer than " + std::to_string(domain::kMaxReason) + " bytes");
  }
  return payload;
}

std::string render_action(const domain::PoolName& pool, const market::GrantAction& wanted) {
  for (const auto& action : kActions) {
    if (action.kind != wanted.kind) continue;
    std::string xml = open(action.element, pool);
    append_attribute(xml, "grant", domain::to_item_id(wanted.grant));
    if (wanted.duration && !action.length.empty()) {
      append_attribute(xml, action.length, format_duration(*wanted.duration));
    }
    if (action.reason && !wanted.reason.empty()) append_attribute(xml, "reason", wanted.reason);
    return xml += "/>";
  }
  BOURSE_CHECK(false && "a GrantAction of no kind");
  return {};
}

}  // namespace bourse::xmpp
