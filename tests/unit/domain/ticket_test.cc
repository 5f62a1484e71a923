#include "domain/ticket.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/base64url.h"

namespace bourse::domain {
namespace {

using Json = nlohmann::json;
using std::chrono::seconds;

const base::Timestamp kStart{seconds(1'790'000'000)};
const base::Timestamp kEnd = kStart + std::chrono::hours(2);

Jid jid(const std::string& text) { return Jid::parse(text).value(); }

const base::SigningKey& market_key() {
  static const base::SigningKey key = base::SigningKey::generate();
  return key;
}

Ticket sample() {
  Ticket ticket;
  ticket.issuer = jid("bourse.example.org");
  ticket.pool = {"commons"};
  Grant& grant = ticket.grant;
  grant.id = {42};
  grant.offer = {"node-1"};
  grant.request = {"job-7"};
  grant.provider = jid("lab@example.org");
  grant.consumer = jid("ana@example.net");
  EXPECT_TRUE(grant.resources.add("cpu", 1500).ok());
  EXPECT_TRUE(grant.resources.add("memory", std::int64_t{4} << 30).ok());
  EXPECT_TRUE(grant.resources.add("gpu", 500).ok());
  grant.devices = {{3, 500}};
  grant.started = kStart;
  grant.expires = kEnd;
  grant.entry = AuditIndex{1234};
  return ticket;
}

base::Result<Ticket> verify(const std::string& jws, base::Timestamp now = kStart) {
  return verify_ticket(jws, market_key().verify_key(), jid("lab@example.org/agent"), now);
}

// A JWS with this header and payload, properly signed with the market's key.
std::string signed_jws(const std::string& header, const std::string& payload) {
  const std::string input = base::base64url_encode(header) + "." + base::base64url_encode(payload);
  return input + "." + base::base64url_encode(market_key().sign(input));
}

Json claims_of(const std::string& jws) {
  const auto first = jws.find('.');
  return Json::parse(base::base64url_decode(jws.substr(first + 1, jws.rfind('.') - first - 1)).value());
}

constexpr const char* kHeader = R"({"alg":"EdDSA","typ":"JWT"})";

TEST(Ticket, RoundTrips) {
  const auto verified = verify(sign_ticket(sample(), market_key()));
  ASSERT_TRUE(verified.ok()) << verified.error().text;
  EXPECT_EQ(verified->issuer, sample().issuer);
  EXPECT_EQ(verified->pool, sample().pool);
  EXPECT_EQ(verified->grant, sample().grant);
}

TEST(Ticket, HasTheClaimsItPromises) {
  const Json expected = {{"iss", "bourse.example.org"},
                         {"sub", "ana@example.net"},
                         {"aud", "lab@example.org"},
                         {"jti", "g42"},
                         {"nbf", 1'790'000'000},
                         {"exp", 1'790'007'200},
                         {"offer", "node-1"},
                         {"request", "job-7"},
                         {"pool", "commons"},
                         {"fence", 42},
                         {"resources", {{"cpu", "1500m"}, {"memory", "4Gi"}, {"gpu", "500m"}}},
                         {"devices", Json::array({{{"index", 3}, {"milli", 500}}})},
                         {"entry", 1234}};
  const std::string jws = sign_ticket(sample(), market_key());
  EXPECT_EQ(claims_of(jws), expected);
  EXPECT_EQ(*base::base64url_decode(jws.substr(0, jws.find('.'))), kHeader);
}

TEST(Ticket, OfAnOlderMarketNamesNoEntry) {
  Ticket ticket = sample();
  ticket.grant.entry.reset();
  const auto verified = verify(sign_ticket(ticket, market_key()));
  ASSERT_TRUE(verified.ok());
  EXPECT_EQ(verified->grant.entry, std::nullopt);
}

TEST(Ticket, IsDeterministic) { EXPECT_EQ(sign_ticket(sample(), market_key()), sign_ticket(sample(), market_key())); }

TEST(Ticket, SurvivesForeignBytesInIds) {
  Ticket ticket = sample();
  ticket.grant.offer = {"\xFF\"\n"};
  EXPECT_TRUE(verify(sign_ticket(ticket, market_key())).ok());
}

struct TimeCase {
  std::string name;
  base::Timestamp now;
  bool valid;
};

TEST(Ticket, IsValidFromStartToEndGiveOrTakeFiveSeconds) {
  const std::vector<TimeCase> cases = {
      {"long before", kStart - seconds(3600), false},
      {"6 s early", kStart - seconds(6), false},
      {"5 s early", kStart - seconds(5), true},
      {"within", kStart + seconds(60), true},
      {"at the end", kEnd, true},
      {"just under 5 s late", kEnd + seconds(4), true},
      {"5 s late", kEnd + seconds(5), false},
  };
  const std::string jws = sign_ticket(sample(), market_key());
  for (const auto& test : cases) {
    const auto verified = verify(jws, test.now);
    ASSERT_EQ(verified.ok(), test.valid) << test.name;
    if (test.valid) continue;
    EXPECT_EQ(verified.error().code, base::Errc::kConflict) << test.name;
  }
}

// Nothing a proposal's parties have can be shown as the ticket of an active grant.
TEST(Ticket, NoneBeforeTheProviderAgreed) {
  for (const auto state : kGrantStates) {
    const bool expected = state == GrantState::kActive || state == GrantState::kReclaiming ||
                          state == GrantState::kSuspect || state == GrantState::kReserved;
    EXPECT_EQ(may_have_ticket(state), expected) << name(state);
  }
  Ticket proposed = sample();
  proposed.grant.state = GrantState::kProposed;
  EXPECT_DEATH((void)sign_ticket(proposed, market_key()), "may_have_ticket");
}

TEST(Ticket, OfAReservationIsNotValidBeforeItBegins) {
  Ticket reserved = sample();
  reserved.grant.state = GrantState::kReserved;
  reserved.grant.ahead = true;
  const std::string jws = sign_ticket(reserved, market_key());
  const auto early = verify(jws, kStart - std::chrono::hours(24));
  ASSERT_FALSE(early.ok());
  EXPECT_EQ(early.error().code, base::Errc::kConflict);
  EXPECT_TRUE(verify(jws, kStart).ok());
}

TEST(Ticket, CountsSeatsOfServices) {
  Ticket ticket = sample();
  ASSERT_TRUE(ticket.grant.resources.add("service/blast", 1000).ok());
  const auto verified = verify(sign_ticket(ticket, market_key()));
  ASSERT_TRUE(verified.ok()) << verified.error().text;
  EXPECT_EQ(verified->grant.resources.amount("service/blast"), 1000);
}

TEST(Ticket, IsForOneProvider) {
  const auto verified =
      verify_ticket(sign_ticket(sample(), market_key()), market_key().verify_key(), jid("other@example.org"), kStart);
  ASSERT_FALSE(verified.ok());
  EXPECT_EQ(verified.error().code, base::Errc::kForbidden);
}

TEST(Ticket, EveryFlippedCharacterIsNoticed) {
  const std::string jws = sign_ticket(sample(), market_key());
  for (std::size_t i = 0; i + 1 < jws.size(); ++i) {  // the last one has bits that stand for nothing
    std::string changed = jws;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(verify(changed).ok()) << i;
  }
}

struct ForgeryCase {
  std::string name;
  std::string jws;
};

TEST(Ticket, RefusesForgeries) {
  const std::string good = sign_ticket(sample(), market_key());
  const std::string payload = claims_of(good).dump();
  ASSERT_TRUE(verify(signed_jws(kHeader, payload)).ok());
  const std::string body = good.substr(0, good.rfind('.'));
  const std::vector<ForgeryCase> cases = {
      {"empty", ""},
      {"two parts", body},
      {"four parts", good + ".x"},
      {"no signature", body + "."},
      {"another key", sign_ticket(sample(), base::SigningKey::generate())},
      {"alg none", signed_jws(R"({"alg":"none"})", payload)},
      {"alg in another case", signed_jws(R"({"alg":"eddsa"})", payload)},
      {"alg HS256", signed_jws(R"({"alg":"HS256"})", payload)},
      {"alg missing", signed_jws("{}", payload)},
      {"alg a number", signed_jws(R"({"alg":1})", payload)},
      {"header an array", signed_jws(R"(["EdDSA"])", payload)},
      {"header not JSON", signed_jws("EdDSA", payload)},
      {"critical extension", signed_jws(R"({"alg":"EdDSA","crit":["b64"],"b64":false})", payload)},
      {"payload not JSON", signed_jws(kHeader, "{")},
      {"payload an array", signed_jws(kHeader, "[]")},
      {"deep payload", signed_jws(kHeader, std::string(3000, '['))},
      {"too long", signed_jws(kHeader, payload + std::string(8192, ' '))},
      {"padding", good + "="},
  };
  for (const auto& test : cases) {
    const auto verified = verify(test.jws);
    ASSERT_FALSE(verified.ok()) << test.name;
    EXPECT_EQ(verified.error().code, base::Errc::kCorrupt) << test.name;
  }
}

struct ClaimCase {
  std::string name;
  std::function<void(Json&)> change;
};

TEST(Ticket, RefusesWrongClaims) {
  const Json good = claims_of(sign_ticket(sample(), market_key()));
  std::vector<ClaimCase> cases = {
      {"jti of another grant", [](Json& c) { c["jti"] = "g43"; }},
      {"fence as text", [](Json& c) { c["fence"] = "42"; }},
      {"fence negative", [](Json& c) { c["fence"] = -42; }},
      {"exp as text", [](Json& c) { c["exp"] = "tomorrow"; }},
      {"exp a fraction", [](Json& c) { c["exp"] = 1.5; }},
      {"exp beyond all clocks", [](Json& c) { c["exp"] = 9'223'372'036'854'775'807; }},
      {"sub not a JID", [](Json& c) { c["sub"] = "@"; }},
      {"aud a list", [](Json& c) { c["aud"] = Json::array({"lab@example.org"}); }},
      {"resources a list", [](Json& c) { c["resources"] = Json::array(); }},
      {"resource a number", [](Json& c) { c["resources"]["cpu"] = 4; }},
      {"resource negative", [](Json& c) { c["resources"]["cpu"] = "-4"; }},
      {"devices an object", [](Json& c) { c["devices"] = Json::object(); }},
      {"device a number", [](Json& c) { c["devices"][0] = 1; }},
      {"device without index", [](Json& c) { c["devices"][0].erase("index"); }},
      {"device index too large", [](Json& c) { c["devices"][0]["index"] = 65'536; }},
      {"entry a text", [](Json& c) { c["entry"] = "1234"; }},
      {"entry negative", [](Json& c) { c["entry"] = -1; }},
  };
  for (const auto& [name, value] : good.items()) {
    if (name == "entry") continue;  // older markets name none
    cases.push_back({"without " + name, [key = name](Json& c) { c.erase(key); }});
  }
  for (const auto& test : cases) {
    Json claims = good;
    test.change(claims);
    const auto verified = verify(signed_jws(kHeader, claims.dump()));
    ASSERT_FALSE(verified.ok()) << test.name;
    EXPECT_EQ(verified.error().code, base::Errc::kCorrupt) << test.name << ": " << verified.error().text;
  }
}

}  // namespace
}  // namespace bourse::domain
