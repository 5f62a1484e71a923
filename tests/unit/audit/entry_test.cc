#include "audit/entry.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "bourse/v1/audit.pb.h"

namespace bourse::audit {
namespace {

domain::Jid jid(const std::string& text) { return domain::Jid::parse(text).value(); }

const std::vector<EntryKind>& all_kinds() {
  static const std::vector<EntryKind> kinds = [] {
    std::vector<EntryKind> all;
    for (int number = 1; number <= 31; ++number) all.push_back(static_cast<EntryKind>(number));
    return all;
  }();
  return kinds;
}

void expect_equal(const Entry& a, const Entry& b) {
  EXPECT_EQ(a.at, b.at);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.actor, b.actor);
  EXPECT_EQ(a.provider, b.provider);
  EXPECT_EQ(a.consumer, b.consumer);
  EXPECT_EQ(a.offer, b.offer);
  EXPECT_EQ(a.request, b.request);
  EXPECT_EQ(a.grant, b.grant);
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_EQ(a.record, b.record);
}

Entry full_entry() {
  Entry entry;
  entry.at = base::Timestamp(base::Duration(1'790'000'000'123'456));
  entry.kind = EntryKind::kGrantRevoked;
  entry.actor = jid("lab@example.org/agent 1");
  entry.provider = jid("lab@example.org");
  entry.consumer = jid("ana@example.net");
  entry.offer = {"node-1"};
  entry.request = {"job-7"};
  entry.grant = {42};
  entry.reason = "the provider went offline — ohne Gruß";
  entry.record = std::string("\0\xFF\x80 any bytes", 13);
  return entry;
}

TEST(EntryKind, NamesAreDistinctAndReadBack) {
  std::set<std::string_view> names;
  for (const auto kind : all_kinds()) {
    EXPECT_TRUE(names.insert(name(kind)).second) << name(kind);
    EXPECT_EQ(entry_kind(name(kind)), kind);
  }
  EXPECT_EQ(name(EntryKind::kOfferPublished), "offer-published");
  EXPECT_EQ(name(EntryKind::kProviderDown), "provider-down");
  EXPECT_EQ(name(EntryKind::kSanctioned), "sanctioned");
  EXPECT_EQ(name(EntryKind::kSanctionLifted), "sanction-lifted");
  EXPECT_EQ(name(EntryKind::kGrantProposed), "grant-proposed");
  EXPECT_EQ(name(EntryKind::kGrantTimedOut), "grant-timed-out");
  EXPECT_EQ(name(EntryKind::kQuarantineLifted), "quarantine-lifted");
  for (const char* bad : {"", "offer", "Offer-Published", "offer-published "}) {
    EXPECT_EQ(entry_kind(bad), std::nullopt) << bad;
  }
}

TEST(EntryCodec, RoundTrips) {
  for (const auto& entry : {full_entry(), Entry{}}) {
    const auto decoded = decode_entry(encode(entry));
    ASSERT_TRUE(decoded.ok());
    expect_equal(*decoded, entry);
  }
}

TEST(EntryCodec, EqualEntriesHaveEqualBytes) { EXPECT_EQ(encode(full_entry()), encode(full_entry())); }

// The log proves bytes for ever: what version 0.1 wrote must never come out differently.
TEST(EntryCodec, BytesAreFrozen) {
  Entry entry;
  entry.at = base::Timestamp(base::Duration(1));
  entry.kind = EntryKind::kProviderUp;
  entry.provider = jid("a@b");
  EXPECT_EQ(encode(entry), std::string("\x08\x01\x10\x0b\x22\x03"
                                       "a@b"));
}

TEST(EntryCodec, RefusesDamage) {
  v1::AuditEntry unknown_kind;
  unknown_kind.set_kind(static_cast<v1::AuditKind>(99));
  v1::AuditEntry bad_jid;
  bad_jid.set_kind(v1::AUDIT_KIND_PROVIDER_UP);
  bad_jid.set_provider("@");
  const std::string whole = encode(full_entry());
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"empty", ""},
      {"not protobuf", "\xFF\xFF\xFF"},
      {"cut off", whole.substr(0, whole.size() - 1)},
      {"unknown kind", unknown_kind.SerializeAsString()},
      {"bad JID", bad_jid.SerializeAsString()},
  };
  for (const auto& [name, bytes] : cases) {
    const auto decoded = decode_entry(bytes);
    ASSERT_FALSE(decoded.ok()) << name;
    EXPECT_EQ(decoded.error().code, base::Errc::kCorrupt) << name;
  }
}

RC_GTEST_PROP(EntryCodecProperty, AnyBytesAreDecodedOrRefused, (const std::string& bytes)) {
  const auto decoded = decode_entry(bytes);
  if (decoded.ok()) RC_ASSERT(decode_entry(encode(*decoded)).ok());
}

}  // namespace
}  // namespace bourse::audit
