// Purpose: single fields between domain values and protobuf, for records.cc only.
// Lifetime: free functions. Threads: no state.
#pragma once

#include <array>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "bourse/v1/market.pb.h"
#include "domain/availability.h"
#include "domain/grant.h"
#include "domain/offer.h"
#include "domain/request.h"

namespace bourse::domain {

inline std::int64_t to_micros(base::Timestamp at) { return at.time_since_epoch().count(); }
inline base::Timestamp from_micros(std::int64_t micros) { return base::Timestamp(base::Duration(micros)); }

template <class Ours, class Wire, std::size_t kSize>
using EnumTable = std::array<std::pair<Ours, Wire>, kSize>;

inline constexpr EnumTable<AttributeType, v1::AttributeType, 4> kAttributeTypes = {
    {{AttributeType::kString, v1::ATTRIBUTE_TYPE_STRING},
     {AttributeType::kNumber, v1::ATTRIBUTE_TYPE_NUMBER},
     {AttributeType::kVersion, v1::ATTRIBUTE_TYPE_VERSION},
     {AttributeType::kBoolean, v1::ATTRIBUTE_TYPE_BOOLEAN}}};
inline constexpr EnumTable<Confirm, v1::Confirm, 2> kConfirms = {
    {{Confirm::kAuto, v1::CONFIRM_AUTO}, {Confirm::kManual, v1::CONFIRM_MANUAL}}};
inline constexpr EnumTable<Preference::Kind, v1::Preference, 3> kPolicies = {
    {{Preference::Kind::kBestFit, v1::PREFERENCE_BEST_FIT},
     {Preference::Kind::kAvailability, v1::PREFERENCE_AVAILABILITY},
     {Preference::Kind::kFastest, v1::PREFERENCE_FASTEST}}};
inline constexpr EnumTable<GrantState, v1::GrantState, std::size(kGrantStates)> kWireGrantStates = {
    {{GrantState::kActive, v1::GRANT_STATE_ACTIVE},
     {GrantState::kReleased, v1::GRANT_STATE_RELEASED},
     {GrantState::kExpired, v1::GRANT_STATE_EXPIRED},
     {GrantState::kRevoked, v1::GRANT_STATE_REVOKED},
     {GrantState::kProposed, v1::GRANT_STATE_PROPOSED},
     {GrantState::kReserved, v1::GRANT_STATE_RESERVED},
     {GrantState::kReclaiming, v1::GRANT_STATE_RECLAIMING},
     {GrantState::kSuspect, v1::GRANT_STATE_SUSPECT},
     {GrantState::kDeclined, v1::GRANT_STATE_DECLINED},
     {GrantState::kTimedOut, v1::GRANT_STATE_TIMED_OUT},
     {GrantState::kLost, v1::GRANT_STATE_LOST}}};
inline constexpr EnumTable<Presence, v1::Presence, 2> kPresences = {
    {{Presence::kUp, v1::PRESENCE_UP}, {Presence::kDown, v1::PRESENCE_DOWN}}};

template <class Table, class Ours>
auto wire_of(const Table& table, Ours value) {
  for (const auto& [ours, wire] : table) {
    if (ours == value) return wire;
  }
  BOURSE_CHECK(false && "an enumerator without a wire form");
  return table.front().second;
}

// False for a value this version does not know.
template <class Table, class Wire, class Ours>
bool ours_of(const Table& table, Wire value, Ours& to) {
  for (const auto& [ours, wire] : table) {
    if (wire != value) continue;
    to = ours;
    return true;
  }
  return false;
}

inline auto to_wire(AttributeType value) { return wire_of(kAttributeTypes, value); }
inline auto to_wire(Confirm value) { return wire_of(kConfirms, value); }
inline auto to_wire(GrantState value) { return wire_of(kWireGrantStates, value); }
inline auto to_wire(Presence value) { return wire_of(kPresences, value); }

[[nodiscard]] inline bool from_wire(v1::AttributeType value, AttributeType& to) {
  return ours_of(kAttributeTypes, value, to);
}
[[nodiscard]] inline bool from_wire(v1::Confirm value, Confirm& to) { return ours_of(kConfirms, value, to); }
[[nodiscard]] inline bool from_wire(v1::GrantState value, GrantState& to) {
  return ours_of(kWireGrantStates, value, to);
}
[[nodiscard]] inline bool from_wire(v1::Presence value, Presence& to) { return ours_of(kPresences, value, to); }

using ResourceFields = google::protobuf::RepeatedPtrField<v1::ResourceAmount>;

inline void put(ResourceFields& fields, const Resources& resources) {
  fields.Reserve(static_cast<int>(resources.entries().size()));
  for (const auto& entry : resources.entries()) {
    auto& field = *fields.Add();
    field.set_name(entry.name);
    field.set_amount(entry.amount);
  }
}

[[nodiscard]] inline bool get(const ResourceFields& fields, Resources& resources) {
  for (const auto& field : fields) {
    if (!resources.add(field.name(), field.amount())) return false;
  }
  return true;
}

[[nodiscard]] inline bool get(const std::string& text, Filter& filter) {
  if (text.empty()) return true;
  auto parsed = Filter::parse(text);
  if (!parsed) return false;
  filter = std::move(parsed).value();
  return true;
}

[[nodiscard]] inline bool get(const std::string& text, Jid& jid) {
  if (text.empty()) return true;
  auto parsed = Jid::stored(text);
  if (!parsed) return false;
  jid = std::move(parsed).value();
  return true;
}

// What version 0.1 could say is said as it was then: equal requests have equal bytes, whichever version wrote them.
inline void put_preference(v1::Request& message, const Preference& preference) {
  if (preference.kind() == Preference::Kind::kWeighted) {
    message.set_preference(preference.text());
  } else {
    message.set_prefers(wire_of(kPolicies, preference.kind()));
  }
}

[[nodiscard]] inline bool get_preference(const v1::Request& message, Preference& preference) {
  std::string_view text = message.preference();
  if (text.empty()) {
    Preference::Kind kind = Preference::Kind::kBestFit;
    if (!ours_of(kPolicies, message.prefers(), kind)) return false;
    if (kind == Preference::Kind::kBestFit) return true;
    text = kind == Preference::Kind::kFastest ? "fastest" : "availability";
  }
  auto parsed = Preference::parse(text);
  if (!parsed) return false;
  preference = std::move(parsed).value();
  return true;
}

inline void put_spread(v1::Request& message, const std::string& spread) {
  if (spread.empty()) {
    message.set_spread(v1::SPREAD_NONE);
  } else if (spread == kByProvider) {
    message.set_spread(v1::SPREAD_PROVIDER);
  } else {
    message.set_spread_by(spread);
  }
}

[[nodiscard]] inline bool get_spread(const v1::Request& message, std::string& spread) {
  spread = message.spread_by();
  if (!spread.empty()) return true;
  if (message.spread() == v1::SPREAD_PROVIDER) spread = kByProvider;
  return message.spread() == v1::SPREAD_PROVIDER || message.spread() == v1::SPREAD_NONE;
}

}  // namespace bourse::domain
