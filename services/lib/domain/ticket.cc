#include "domain/ticket.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/base64url.h"

namespace bourse::domain {
namespace {

using base::Errc;
using Json = nlohmann::json;  // keeps object members sorted by key: equal tickets have equal bytes

constexpr std::size_t kMaxTicket = 8 * 1024;
constexpr std::int64_t kMaxDevice = std::numeric_limits<std::uint16_t>::max();
constexpr base::Duration kSkew = std::chrono::seconds(5);

std::int64_t to_seconds(base::Timestamp at) {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

std::string encode_json(const Json& json) {
  // Ids are foreign text: a byte that is not UTF-8 must not throw while a batch is delivered.
  return base::base64url_encode(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Json claims_of(const Ticket& ticket) {
  const Grant& grant = ticket.grant;
  Json resources = Json::object();
  for (const auto& entry : grant.resources.entries()) resources[entry.name] = format_quantity(entry.name, entry.amount);
  Json devices = Json::array();
  for (const auto& device : grant.devices) devices.push_back({{"index", device.index}, {"milli", device.milli}});
  Json claims{{"iss", ticket.issuer.text()}, {"sub", grant.consumer.text()},      {"aud", grant.provider.text()},
              {"jti", to_item_id(grant.id)}, {"nbf", to_seconds(grant.started)},  {"exp", to_seconds(grant.expires)},
              {"offer", grant.offer.value},  {"request", grant.request.value},    {"pool", ticket.pool.value},
              {"fence", grant.id.value},     {"resources", std::move(resources)}, {"devices", std::move(devices)}};
  if (grant.entry) claims["entry"] = grant.entry->value;
  return claims;
}

base::Error corrupt(std::string text) { return {Errc::kCorrupt, "the ticket is not valid: " + std::move(text)}; }

// Reads claims one by one and remembers the first that is missing or of the wrong type.
class Claims {
 public:
  explicit Claims(const Json& json) : json_(json) {}

  std::string text(const char* name) {
    const Json* claim = find(name);
    if (claim != nullptr && claim->is_string()) return claim->get<std::string>();
    miss(name);
    return {};
  }
  Jid jid(const char* name) {
    auto jid = Jid::stored(text(name));  // as whoever signed it wrote it
    if (jid) return std::move(jid).value();
    miss(name);
    return {};
  }
  base::Timestamp time(const char* name) {
    // Far enough from the ends of the range that adding the skew cannot overflow.
    constexpr std::int64_t kFarthest = 253'402'300'799;  // 9999-12-31T23:59:59Z
    const std::int64_t seconds = number(find(name), name);
    if (seconds <= kFarthest) return base::Timestamp(std::chrono::seconds(seconds));
    miss(name);
    return {};
  }
  GrantId fence() {
    const Json* claim = find("fence");
    if (claim != nullptr && claim->is_number_unsigned()) return {claim->get<std::uint64_t>()};
    miss("fence");
    return {};
  }
  std::optional<AuditIndex> entry() {
    const Json* claim = find("entry");
    if (claim == nullptr) return std::nullopt;
    return AuditIndex{static_cast<std::uint64_t>(number(claim, "entry"))};
  }
  Resources resources() {
    Resources resources;
    const Json* claim = find("resources");
    if (claim == nullptr || !claim->is_object()) {
      miss("resources");
      return resources;
    }
    for (const auto& [name, quantity] : claim->items()) {
      const auto* text = quantity.get_ptr<const std::string*>();
      const auto amount =
          text == nullptr ? base::Result<std::int64_t>(Errc::kCorrupt, "") : parse_quantity(name, *text);
      if (!amount || !resources.add(name, *amount)) miss("resources");
    }
    return resources;
  }
  std::vector<DeviceShare> devices() {
    std::vector<DeviceShare> devices;
    const Json* claim = find("devices");
    if (claim == nullptr || !claim->is_array()) {
      miss("devices");
      return devices;
    }
    for (const auto& device : *claim) {
      const bool object = device.is_object() && device.contains("index") && device.contains("milli");
      const std::int64_t index = number(object ? &device["index"] : nullptr, "devices");
      const std::int64_t milli = number(object ? &device["milli"] : nullptr, "devices");
      if (index > kMaxDevice) miss("devices");
      devices.push_back({static_cast<std::uint16_t>(std::min(index, kMaxDevice)), milli});
    }
    return devices;
  }

  [[nodiscard]] const std::string& missing() const { return missing_; }
  void miss(const char* name) {
    if (missing_.empty()) missing_ = name;
  }

 private:
  const Json* find(const char* name) const {
    const auto at = json_.find(name);
    return at == json_.end() ? nullptr : &*at;
  }
  // Not negative; 0 when it is not there.
  std::int64_t number(const Json* json, const char* name) {
    if (json != nullptr && json->is_number_unsigned()) {
      const auto value = json->get<std::uint64_t>();
      if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return static_cast<std::int64_t>(value);
      }
    }
    miss(name);
    return 0;
  }

  const Json& json_;
  std::string missing_;
};

base::Result<Json> decode_json(std::string_view part, const char* what) {
  const auto bytes = base::base64url_decode(part);
  if (!bytes) return corrupt(std::string("its ") + what + " is not base64url");
  Json json = Json::parse(*bytes, nullptr, false);
  if (!json.is_object()) return corrupt(std::string("its ") + what + " is not a JSON object");
  return json;
}

// The payload of a JWS in compact form whose signature `key` verifies.
base::Result<Json> verified_payload(std::string_view jws, const base::VerifyKey& key) {
  if (jws.size() > kMaxTicket) return corrupt("it is longer than 8 KiB");
  const std::size_t first = jws.find('.');
  const std::size_t last = jws.rfind('.');
  if (first == std::string_view::npos || first == last || jws.find('.', first + 1) != last) {
    return corrupt("it is not a JWS in compact form (three parts with dots between)");
  }
  const auto header = decode_json(jws.substr(0, first), "header");
  if (!header) return header.error();
  const auto alg = header->find("alg");
  if (alg == header->end() || *alg != "EdDSA") return corrupt("its algorithm is not EdDSA");
  if (header->contains("crit")) return corrupt("its header has extensions that must be understood and are not");
  const auto signature = base::base64url_decode(jws.substr(last + 1));
  if (!signature || !key.verifies(jws.substr(0, last), *signature)) {
    return corrupt("its signature does not verify with the market's key");
  }
  return decode_json(jws.substr(first + 1, last - first - 1), "payload");
}

base::Result<Ticket> ticket_from(const Json& payload) {
  Claims claims(payload);
  Ticket ticket;
  ticket.issuer = claims.jid("iss");
  ticket.pool = {claims.text("pool")};
  Grant& grant = ticket.grant;
  grant.consumer = claims.jid("sub");
  grant.provider = claims.jid("aud");
  grant.id = claims.fence();
  if (claims.text("jti") != to_item_id(grant.id)) claims.miss("jti");
  grant.offer = {claims.text("offer")};
  grant.request = {claims.text("request")};
  grant.started = claims.time("nbf");
  grant.expires = claims.time("exp");
  grant.resources = claims.resources();
  grant.devices = claims.devices();
  grant.entry = claims.entry();
  if (!claims.missing().empty()) return corrupt("its claim '" + claims.missing() + "' is missing or wrong");
  return ticket;
}

}  // namespace

std::string sign_ticket(const Ticket& ticket, const base::SigningKey& key) {
  BOURSE_CHECK(may_have_ticket(ticket.grant.state));
  static const std::string kHeader = encode_json({{"alg", "EdDSA"}, {"typ", "JWT"}});
  std::string jws = kHeader + '.' + encode_json(claims_of(ticket));
  const std::string signature = key.sign(jws);
  return jws.append(1, '.').append(base::base64url_encode(signature));
}

base::Result<Ticket> verify_ticket(std::string_view jws, const base::VerifyKey& key, const Jid& provider,
                                   base::Timestamp now) {
  const auto payload = verified_payload(jws, key);
  if (!payload) return payload.error();
  auto ticket = ticket_from(*payload);
  if (!ticket) return ticket;
  if (ticket->grant.provider != provider.bare()) {
    return {Errc::kForbidden,
            "the ticket is for provider " + ticket->grant.provider.text() + ", not for " + provider.bare().text()};
  }
  if (now + kSkew < ticket->grant.started) return {Errc::kConflict, "the ticket is not valid yet: check the clocks"};
  if (now - kSkew >= ticket->grant.expires) return {Errc::kConflict, "the ticket has expired: the lease is over"};
  return ticket;
}

}  // namespace bourse::domain
