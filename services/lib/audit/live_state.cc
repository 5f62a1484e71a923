#include "audit/live_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_set>

namespace bourse::audit {
namespace {

std::string resources_text(const domain::Resources& resources) {
  std::string text;
  for (const auto& entry : resources.entries()) {
    text +=
        fmt::format("{}{} {}", text.empty() ? "" : ", ", entry.name, domain::format_quantity(entry.name, entry.amount));
  }
  return text.empty() ? "nothing" : text;
}

std::string devices_text(const domain::Grant& grant) {
  std::string text;
  for (const auto& device : grant.devices) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", device.index, device.milli);
  }
  return text.empty() ? "none" : text;
}

std::string time_text(base::Timestamp at) { return fmt::format("{} µs", at.time_since_epoch().count()); }
std::string time_text(const std::optional<base::Timestamp>& at) { return at ? time_text(*at) : "none"; }

std::string entry_text(const std::optional<domain::AuditIndex>& index) {
  return index ? std::to_string(index->value) : "none";
}

// Collects what differs in one offer, request or grant, into one line.
class Comparison {
 public:
  explicit Comparison(std::string what) : what_(std::move(what)) {}
  void field(std::string_view name, std::string_view database, std::string_view log) {
    if (database == log) return;
    text_ += fmt::format("{}{} is {} in the database, {} in the log", text_.empty() ? "" : "; ", name, database, log);
  }
  void bytes(std::string_view name, bool equal) {
    if (!equal) text_ += fmt::format("{}{} is another than in the log", text_.empty() ? "" : "; ", name);
  }
  void add_to(std::vector<std::string>& lines) && {
    if (!text_.empty()) lines.push_back(what_ + ": " + text_);
  }

 private:
  std::string what_;
  std::string text_;
};

void compare(const LiveOffer& ours, const ReplayedOffer& log, std::vector<std::string>& lines) {
  Comparison offer("offer " + ours.id.value);
  offer.field("its provider", ours.provider.text(), log.provider.text());
  offer.field("it", ours.open ? "open" : "closed", log.open ? "open" : "closed");
  offer.field("its capacity", resources_text(ours.capacity), resources_text(log.capacity));
  offer.bytes("its content", ours.record == log.record);
  std::move(offer).add_to(lines);
}

void compare(const LiveRequest& ours, const ReplayedRequest& log, std::vector<std::string>& lines) {
  Comparison request("request " + ours.id.value);
  request.field("its consumer", ours.consumer.text(), log.consumer.text());
  request.bytes("its content", ours.record == log.record);
  std::move(request).add_to(lines);
}

void compare(const domain::Grant& ours, const ReplayedGrant& log, std::vector<std::string>& lines) {
  const auto& other = log.grant;
  if (ours == other) return;
  Comparison grant("grant " + domain::to_item_id(ours.id));
  grant.field("its offer", ours.offer.value, other.offer.value);
  grant.field("its request", ours.request.value, other.request.value);
  grant.field("its provider", ours.provider.text(), other.provider.text());
  grant.field("its consumer", ours.consumer.text(), other.consumer.text());
  grant.field("what it holds", resources_text(ours.resources), resources_text(other.resources));
  grant.field("its share of devices", devices_text(ours), devices_text(other));
  grant.field("it", domain::name(ours.state), domain::name(other.state));
  grant.field("its lease", ours.ahead ? "ahead" : "begun", other.ahead ? "ahead" : "begun");
  grant.field("its start", time_text(ours.started), time_text(other.started));
  grant.field("its end of lease", time_text(ours.expires), time_text(other.expires));
  grant.field("its timer", time_text(ours.state_until), time_text(other.state_until));
  grant.field("its end", time_text(ours.ended), time_text(other.ended));
  grant.field("its entry", entry_text(ours.entry), entry_text(other.entry));
  grant.bytes("its reason", ours.reason == other.reason);
  std::move(grant).add_to(lines);
}

std::string_view sanction_text(bool drained, bool banned) {
  if (drained) return banned ? "drained and banned" : "drained";
  return banned ? "banned" : "neither";
}

void compare(const LiveSanction& ours, const ReplayedSanction& log, std::vector<std::string>& lines) {
  Comparison sanction(ours.id.text());
  sanction.field("it", sanction_text(ours.drained, ours.banned), sanction_text(log.drained, log.banned));
  std::move(sanction).add_to(lines);
}

std::string name_of(const domain::Jid& id) { return "sanction of " + id.text(); }
std::string name_of(const domain::OfferId& id) { return "offer " + id.value; }
std::string name_of(const domain::RequestId& id) { return "request " + id.value; }
std::string name_of(domain::GrantId id) { return "grant " + domain::to_item_id(id); }

template <class Row, class Map>
void compare_all(const std::vector<Row>& rows, const Map& log, std::vector<std::string>& lines) {
  using Id = typename Map::key_type;
  std::unordered_set<Id> seen;
  for (const auto& row : rows) {
    if (!seen.insert(row.id).second) lines.push_back(name_of(row.id) + ": the database has it twice");
    if (const auto at = log.find(row.id); at != log.end()) {
      compare(row, at->second, lines);
    } else {
      lines.push_back(name_of(row.id) + ": the database has it, the log has not");
    }
  }
  std::vector<Id> missing;
  for (const auto& [id, value] : log) {
    if (!seen.contains(id)) missing.push_back(id);
  }
  std::ranges::sort(missing);
  for (const auto& id : missing) lines.push_back(name_of(id) + ": the log has it, the database has not");
}

}  // namespace

std::vector<std::string> differences(const Replay& log, const LiveState& state) {
  std::vector<std::string> lines;
  compare_all(state.offers, log.offers(), lines);
  compare_all(state.requests, log.requests(), lines);
  compare_all(state.grants, log.live_grants(), lines);
  compare_all(state.sanctions, log.sanctions(), lines);
  return lines;
}

void add_difference(const domain::Grant& database, const domain::Grant& log, std::vector<std::string>& lines) {
  compare(database, {.grant = log}, lines);
}

}  // namespace bourse::audit
