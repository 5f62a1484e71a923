// Purpose: single fields between domain values and protobuf, for records.cc only.
// Lifetime: free functions. Threads: no state.
#pragma once

#include <array>
#include <cstddef>
#include <string>
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
inline constexpr EnumTable<Preference, v1::Preference, 3> kPreferences = {
    {{Preference::kBestFit, v1::PREFERENCE_BEST_FIT},
     {Preference::kAvailability, v1::PREFERENCE_AVAILABILITY},
     {Preference::kFastest, v1::PREFERENCE_FASTEST}}};
inline constexpr EnumTable<Spread, v1::Spread, 2> kSpreads = {
    {{Spread::kNone, v1::SPREAD_NONE}, {Spread::kProvider, v1::SPREAD_PROVIDER}}};
inline constexpr EnumTable<GrantState, v1::GrantState, 4> kGrantStates = {
    {{GrantState::kActive, v1::GRANT_STATE_ACTIVE},
     {GrantState::kReleased, v1::GRANT_STATE_RELEASED},
     {GrantState::kExpired, v1::GRANT_STATE_EXPIRED},
     {GrantState::kRevoked, v1::GRANT_STATE_REVOKED}}};
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
inline auto to_wire(Preference value) { return wire_of(kPreferences, value); }
inline auto to_wire(Spread value) { return wire_of(kSpreads, value); }
inline auto to_wire(GrantState value) { return wire_of(kGrantStates, value); }
inline auto to_wire(Presence value) { return wire_of(kPresences, value); }

[[nodiscard]] inline bool from_wire(v1::AttributeType value, AttributeType& to) {
  return ours_of(kAttributeTypes, value, to);
}
[[nodiscard]] inline bool from_wire(v1::Confirm value, Confirm& to) { return ours_of(kConfirms, value, to); }
[[nodiscard]] inline bool from_wire(v1::Preference value, Preference& to) { return ours_of(kPreferences, value, to); }
[[nodiscard]] inline bool from_wire(v1::Spread value, Spread& to) { return ours_of(kSpreads, value, to); }
[[nodiscard]] inline bool from_wire(v1::GrantState value, GrantState& to) { return ours_of(kGrantStates, value, to); }
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
  auto parsed = Jid::parse(text);
  if (!parsed) return false;
  jid = std::move(parsed).value();
  return true;
}

}  // namespace bourse::domain
