#include "domain/records.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

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
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) offer.services.push_back({any_text(), any_text(), any_text()});
  offer.schedule = {any_text(), any_text()};
  offer.terms.divisible = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>()) offer.terms.min_lease = any_duration();
  if (*rc::gen::arbitrary<bool>()) offer.terms.max_lease = any_duration();
  offer.terms.confirm = *rc::gen::element(Confirm::kAuto, Confirm::kManual);
  offer.serves = any_filter();
  if (*rc::gen::arbitrary<bool>()) offer.expires = any_time();
  offer.extensions = any_texts();
  return offer;
}

Request any_request() {
  Request request;
  request.resources = any_resources();
  request.needs = any_filter();
  request.prefers = *rc::gen::element(Preference::kBestFit, Preference::kAvailability, Preference::kFastest);
  request.count = *rc::gen::inRange<std::uint32_t>(0, kMaxCount);
  request.spread = *rc::gen::element(Spread::kNone, Spread::kProvider);
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
  grant.state =
      *rc::gen::element(GrantState::kActive, GrantState::kReleased, GrantState::kExpired, GrantState::kRevoked);
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
  full.services = {{"s", "1", "u"}};
  full.terms.max_lease = base::Duration(5);
  full.serves = Filter::parse("(a=1)").value();
  full.expires = at(9);
  full.extensions = {"<x/>"};
  ASSERT_TRUE(decode_offer(encode(full)).ok());
  const auto empty = decode_offer(encode(Offer()));
  ASSERT_TRUE(empty.ok());
  EXPECT_EQ(*empty, Offer());
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
