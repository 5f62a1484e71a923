#include "domain/records.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "bourse/v1/market.pb.h"

namespace bourse::domain {
namespace {

Jid jid(const std::string& text) { return Jid::parse(text).value(); }
base::Timestamp at(std::int64_t micros) { return base::Timestamp(base::Duration(micros)); }

std::string any_text() {
  return *rc::gen::container<std::string>(rc::gen::elementOf(std::string("abcXYZ019 .-_<>&'\"")));
}
std::vector<std::string> any_texts() {
  std::vector<std::string> texts(static_cast<std::size_t>(*rc::gen::inRange(0, 4)));
  for (auto& text : texts) text = any_text();
  return texts;
}
base::Duration any_duration() { return base::Duration(*rc::gen::inRange<std::int64_t>(-5, 1'000'000'000'000)); }
base::Timestamp any_time() { return at(*rc::gen::inRange<std::int64_t>(-5, 4'000'000'000'000'000)); }
Filter any_filter() {
  const auto text = *rc::gen::element<std::string>("", "(a=1)", "(&(a>=16Gi)(!(b=x*y)))", "(|)");
  return text.empty() ? Filter() : Filter::parse(text).value();
}
Resources any_resources() {
  Resources resources;
  for (const char* name : {"cpu", "gpu", "memory", "example.org/fpga"}) {
    const auto amount = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000);
    if (amount == 0) continue;
    EXPECT_TRUE(resources.add(name, amount).ok());
  }
  return resources;
}

Offer any_offer() {
  Offer offer;
  offer.resources = any_resources();
  offer.gpu_model = any_text();
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    offer.attributes.push_back({any_text(), any_text(),
                                *rc::gen::element(AttributeType::kString, AttributeType::kNumber,
                                                  AttributeType::kVersion, AttributeType::kBoolean)});
  }
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
    offer.services.push_back({any_text(), any_text(), any_text(), *rc::gen::inRange<std::uint32_t>(0, 3)});
  }
  offer.schedule = {any_text(), any_text()};
  offer.terms.divisible = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>()) offer.terms.min_lease = any_duration();
  if (*rc::gen::arbitrary<bool>()) offer.terms.max_lease = any_duration();
  offer.terms.confirm = *rc::gen::element(Confirm::kAuto, Confirm::kManual);
  if (*rc::gen::arbitrary<bool>()) offer.terms.grace = any_duration();
  offer.terms.drain = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>()) offer.starts = any_time();
  offer.serves = any_filter();
  if (*rc::gen::arbitrary<bool>()) offer.expires = any_time();
  offer.extensions = any_texts();
  return offer;
}

Preference any_preference() {
  const auto text =
      *rc::gen::element<std::string>("best-fit", "availability", "fastest", "speed", "2*speed - 0.5*price + cpu");
  return Preference::parse(text).value();
}

Request any_request() {
  Request request;
  request.resources = any_resources();
  request.needs = any_filter();
  request.prefers = any_preference();
  request.count = *rc::gen::inRange<std::uint32_t>(0, kMaxCount);
  request.spread = *rc::gen::element<std::string>("", "provider", "domain", "rack");
  request.services = any_texts();
  request.spares = *rc::gen::inRange<std::uint32_t>(0, kMaxSpares);
  request.gang = *rc::gen::arbitrary<bool>();
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) request.apart.push_back({{any_text()}, any_text()});
  request.priority = *rc::gen::inRange(-kMaxPriority, kMaxPriority + 1);
  if (*rc::gen::arbitrary<bool>()) request.start = any_time();
  request.duration = any_duration();
  if (*rc::gen::arbitrary<bool>()) request.deadline = any_time();
  request.extensions = any_texts();
  return request;
}

Grant any_grant() {
  Grant grant;
  grant.id = {*rc::gen::arbitrary<std::uint64_t>()};
  grant.offer = {any_text()};
  grant.request = {any_text()};
  grant.provider = jid("lab@example.org");
  grant.consumer = *rc::gen::arbitrary<bool>() ? jid("ana@example.net") : Jid();
  grant.resources = any_resources();
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    grant.devices.push_back(
        {static_cast<std::uint16_t>(*rc::gen::inRange(0, 1024)), *rc::gen::inRange<std::int64_t>(1, 1001)});
  }
  grant.state = *rc::gen::elementOf(std::vector<GrantState>(std::begin(kGrantStates), std::end(kGrantStates)));
  grant.ahead = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>()) grant.state_until = any_time();
  if (*rc::gen::arbitrary<bool>()) grant.entry = AuditIndex{*rc::gen::arbitrary<std::uint64_t>()};
  grant.started = any_time();
  grant.expires = any_time();
  if (*rc::gen::arbitrary<bool>()) grant.ended = any_time();
  grant.reason = any_text();
  return grant;
}

RC_GTEST_PROP(RecordProperty, OfferRoundTrips, ()) {
  const Offer offer = any_offer();
  const auto decoded = decode_offer(encode(offer));
  RC_ASSERT(decoded.ok());
  RC_ASSERT(*decoded == offer);
  RC_ASSERT(encode(*decoded) == encode(offer));
  RC_ASSERT((decoded->serves.root() == nullptr) == (offer.serves.root() == nullptr));
}

RC_GTEST_PROP(RecordProperty, RequestRoundTrips, ()) {
  const Request request = any_request();
  const auto decoded = decode_request(encode(request));
  RC_ASSERT(decoded.ok());
  RC_ASSERT(*decoded == request);
  RC_ASSERT(encode(*decoded) == encode(request));
}

RC_GTEST_PROP(RecordProperty, GrantRoundTrips, ()) {
  const Grant grant = any_grant();
  const auto decoded = decode_grant(encode(grant));
  RC_ASSERT(decoded.ok());
  RC_ASSERT(*decoded == grant);
  RC_ASSERT(encode(*decoded) == encode(grant));
}

RC_GTEST_PROP(RecordProperty, AvailabilityRoundTrips, ()) {
  const AvailabilityChange change{jid("lab@example.org"), *rc::gen::element(Presence::kUp, Presence::kDown),
                                  any_time()};
  const auto decoded = decode_availability(encode(change));
  RC_ASSERT(decoded.ok());
  RC_ASSERT(*decoded == change);
}

RC_GTEST_PROP(RecordProperty, AnyBytesAreDecodedOrRefused, (const std::string& bytes)) {
  (void)decode_offer(bytes);
  (void)decode_request(bytes);
  (void)decode_grant(bytes);
  (void)decode_availability(bytes);
}

// A decoder keeps its message for the next call: nothing of the last record may show in the next.
TEST(Records, DecodingLeavesNothingBehind) {
  Offer full;
  ASSERT_TRUE(full.resources.add("cpu", 1).ok());
  full.gpu_model = "V100";
  full.attributes = {{"arch", "arm64", AttributeType::kString}};
  full.services = {{"s", "1", "u", 2}};
  full.terms.max_lease = base::Duration(5);
  full.terms.grace = base::Duration(6);
  full.terms.drain = true;
  full.starts = at(8);
  full.serves = Filter::parse("(a=1)").value();
  full.expires = at(9);
  full.extensions = {"<x/>"};
  ASSERT_TRUE(decode_offer(encode(full)).ok());
  const auto empty = decode_offer(encode(Offer()));
  ASSERT_TRUE(empty.ok());
  EXPECT_EQ(*empty, Offer());

  Request request;
  request.services = {"s"};
  request.prefers = Preference::parse("2*speed").value();
  request.spread = "rack";
  request.apart = {{{"r"}, "rack"}};
  request.gang = true;
  request.start = at(9);
  ASSERT_TRUE(decode_request(encode(request)).ok());
  EXPECT_EQ(*decode_request(encode(Request())), Request());

  Grant grant;
  grant.ahead = true;
  grant.state_until = at(9);
  ASSERT_TRUE(decode_grant(encode(grant)).ok());
  EXPECT_EQ(*decode_grant(encode(Grant())), Grant());
}

// Records are kept for ever: what version 0.1 wrote must never read or come out differently.
TEST(Records, BytesAreFrozen) {
  Request request;
  ASSERT_TRUE(request.resources.add("cpu", 500).ok());
  request.needs = Filter::parse("(a=1)").value();
  request.duration = base::Duration(1);
  EXPECT_EQ(encode(request), std::string("\x0A\x08\x0A\x03"
                                         "cpu"
                                         "\x10\xF4\x03"
                                         "\x12\x05"
                                         "(a=1)"
                                         "\x18\x01\x20\x01\x28\x01\x30\x01"));
  EXPECT_EQ(encode(AvailabilityChange{jid("a@b"), Presence::kDown, at(7)}), std::string("\x0A\x03"
                                                                                        "a@b"
                                                                                        "\x10\x02\x18\x07"));
}

// One field of protobuf's wire format, by hand, so that the test knows only the numbers of then.
std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes += static_cast<char>(value);
}
std::string number(std::uint32_t field, std::uint64_t value) { return varint(field << 3) + varint(value); }
std::string text(std::uint32_t field, const std::string& value) {
  return varint(field << 3 | 2) + varint(value.size()) + value;
}
std::string amount(std::uint32_t field, const std::string& name, std::uint64_t value) {
  return text(field, text(1, name) + number(2, value));
}

// What version 0.1 wrote, with everything it could say.
TEST(Records, OldOffersStillDecode) {
  const std::string bytes = amount(1, "cpu", 16'000) + amount(1, "gpu", 2000) + text(2, "V100") +
                            text(3, text(1, "arch") + text(2, "x86_64") + number(3, 1)) +
                            text(4, text(1, "blast") + text(2, "2.14") + text(3, "https://x")) + text(5, "Sat-Sun") +
                            text(6, "Europe/Berlin") +
                            text(7, number(1, 1) + number(2, 600) + number(3, 7200) + number(4, 2)) +
                            text(8, "(domain=*.edu)") + number(9, 1'790'000'000'000'000) + text(10, "<x/>");
  Offer expected;
  ASSERT_TRUE(expected.resources.add("cpu", 16'000).ok());
  ASSERT_TRUE(expected.resources.add("gpu", 2000).ok());
  expected.gpu_model = "V100";
  expected.attributes = {{"arch", "x86_64", AttributeType::kString}};
  expected.services = {{"blast", "2.14", "https://x", 0}};
  expected.schedule = {"Sat-Sun", "Europe/Berlin"};
  expected.terms.min_lease = base::Duration(600);
  expected.terms.max_lease = base::Duration(7200);
  expected.terms.confirm = Confirm::kManual;
  expected.serves = Filter::parse("(domain=*.edu)").value();
  expected.expires = at(1'790'000'000'000'000);
  expected.extensions = {"<x/>"};
  const auto decoded = decode_offer(bytes);
  ASSERT_TRUE(decoded.ok()) << decoded.error().text;
  EXPECT_EQ(*decoded, expected);
  EXPECT_EQ(encode(*decoded), bytes) << "the same offer published again must be the same record";
}

TEST(Records, OldRequestsStillDecode) {
  const std::vector<std::pair<std::uint64_t, std::string>> preferences = {
      {1, "best-fit"}, {2, "availability"}, {3, "fastest"}};
  const std::vector<std::pair<std::uint64_t, std::string>> spreads = {{1, ""}, {2, "provider"}};
  for (const auto& [prefers, preference] : preferences) {
    for (const auto& [spread, by] : spreads) {
      const std::string bytes = amount(1, "cpu", 500) + text(2, "(a=1)") + number(3, prefers) + number(4, 7) +
                                number(5, spread) + number(6, 3'600'000'000) + number(7, 1'790'000'000'000'000) +
                                text(8, "<x/>");
      Request expected;
      ASSERT_TRUE(expected.resources.add("cpu", 500).ok());
      expected.needs = Filter::parse("(a=1)").value();
      expected.prefers = Preference::parse(preference).value();
      expected.count = 7;
      expected.spread = by;
      expected.duration = std::chrono::hours(1);
      expected.deadline = at(1'790'000'000'000'000);
      expected.extensions = {"<x/>"};
      const auto decoded = decode_request(bytes);
      ASSERT_TRUE(decoded.ok()) << decoded.error().text;
      EXPECT_EQ(*decoded, expected);
      EXPECT_EQ(encode(*decoded), bytes);
    }
  }
}

TEST(Records, OldGrantsStillDecode) {
  const std::vector<GrantState> states = {GrantState::kActive, GrantState::kReleased, GrantState::kExpired,
                                          GrantState::kRevoked};
  for (std::uint64_t state = 1; state <= states.size(); ++state) {
    const std::string bytes = number(1, 42) + text(2, "o1") + text(3, "r1") + text(4, "lab@example.org") +
                              text(5, "ana@example.net") + amount(6, "gpu", 500) +
                              text(7, number(1, 3) + number(2, 500)) + number(8, state) + number(9, 5) + number(10, 9) +
                              number(11, 8) + text(12, "why");
    Grant expected;
    expected.id = {42};
    expected.offer = {"o1"};
    expected.request = {"r1"};
    expected.provider = jid("lab@example.org");
    expected.consumer = jid("ana@example.net");
    ASSERT_TRUE(expected.resources.add("gpu", 500).ok());
    expected.devices = {{3, 500}};
    expected.state = states[state - 1];
    expected.started = at(5);
    expected.expires = at(9);
    expected.ended = at(8);
    expected.reason = "why";
    const auto decoded = decode_grant(bytes);
    ASSERT_TRUE(decoded.ok()) << decoded.error().text;
    EXPECT_EQ(*decoded, expected);
    EXPECT_EQ(encode(*decoded), bytes);
  }
}

// The numbers of what version 0.2 added.
TEST(Records, NewFieldsHaveTheirNumbers) {
  Offer offer;
  offer.services = {{"s", "", "", 4}};
  offer.terms.grace = base::Duration(7);
  offer.terms.drain = true;
  offer.starts = at(9);
  EXPECT_EQ(encode(offer), text(4, text(1, "s") + number(4, 4)) +
                               text(7, number(1, 1) + number(4, 1) + number(5, 7) + number(6, 1)) + number(11, 9));
  Request request;
  request.prefers = Preference::parse("2*speed").value();
  request.services = {"s"};
  request.spares = 1;
  request.gang = true;
  request.spread = "rack";
  request.apart = {{{"r"}, "by"}};
  request.priority = -5;
  request.duration = base::Duration(1);
  request.start = at(9);
  EXPECT_EQ(encode(request), number(4, 1) + number(6, 1) + text(9, "2*speed") + text(10, "s") + number(11, 1) +
                                 number(12, 1) + text(13, "rack") + text(14, text(1, "r") + text(2, "by")) +
                                 number(15, 9) + number(16, 9));
  const std::vector<GrantState> states = {GrantState::kProposed, GrantState::kReserved, GrantState::kReclaiming,
                                          GrantState::kSuspect,  GrantState::kDeclined, GrantState::kTimedOut,
                                          GrantState::kLost};
  for (std::size_t i = 0; i < states.size(); ++i) {
    Grant grant;
    grant.state = states[i];
    grant.ahead = true;
    grant.state_until = at(9);
    EXPECT_EQ(encode(grant), number(8, 5 + i) + number(13, 1) + number(14, 9));
  }
}

template <class Decode>
void expect_corrupt(const std::string& name, const google::protobuf::MessageLite& message, Decode decode) {
  const auto decoded = decode(message.SerializeAsString());
  ASSERT_FALSE(decoded.ok()) << name;
  EXPECT_EQ(decoded.error().code, base::Errc::kCorrupt) << name;
}

TEST(Records, RefuseDamage) {
  for (const std::string& bytes : {std::string("\xFF"), std::string("\x0A\x7F")}) {
    EXPECT_FALSE(decode_offer(bytes).ok());
    EXPECT_FALSE(decode_request(bytes).ok());
    EXPECT_FALSE(decode_grant(bytes).ok());
    EXPECT_FALSE(decode_availability(bytes).ok());
  }
  v1::Offer offer;
  offer.mutable_terms()->set_confirm(v1::CONFIRM_AUTO);
  ASSERT_TRUE(decode_offer(offer.SerializeAsString()).ok());

  v1::Offer bad = offer;
  bad.mutable_terms()->set_confirm(v1::CONFIRM_UNSPECIFIED);
  expect_corrupt("confirm", bad, decode_offer);
  bad = offer;
  bad.set_serves("(a=");
  expect_corrupt("filter", bad, decode_offer);
  bad = offer;
  bad.add_attributes()->set_type(static_cast<v1::AttributeType>(77));
  expect_corrupt("attribute type", bad, decode_offer);
  bad = offer;
  bad.add_resources()->set_name("cpu");
  expect_corrupt("amount 0", bad, decode_offer);

  v1::Request request;
  request.set_prefers(v1::PREFERENCE_BEST_FIT);
  request.set_spread(v1::SPREAD_NONE);
  ASSERT_TRUE(decode_request(request.SerializeAsString()).ok());
  v1::Request bad_request = request;
  bad_request.clear_prefers();
  expect_corrupt("no preference", bad_request, decode_request);
  bad_request.set_preference("2*");
  expect_corrupt("preference", bad_request, decode_request);
  bad_request = request;
  bad_request.clear_spread();
  expect_corrupt("no spread", bad_request, decode_request);
  bad_request.set_spread(static_cast<v1::Spread>(77));
  expect_corrupt("spread", bad_request, decode_request);

  v1::Grant grant;
  grant.set_state(v1::GRANT_STATE_ACTIVE);
  ASSERT_TRUE(decode_grant(grant.SerializeAsString()).ok());
  v1::Grant bad_grant = grant;
  bad_grant.set_provider("@");
  expect_corrupt("provider", bad_grant, decode_grant);
  bad_grant = grant;
  bad_grant.add_devices()->set_index(70'000);
  expect_corrupt("device", bad_grant, decode_grant);
  bad_grant = grant;
  bad_grant.set_state(v1::GRANT_STATE_UNSPECIFIED);
  expect_corrupt("state", bad_grant, decode_grant);
}

}  // namespace
}  // namespace bourse::domain
