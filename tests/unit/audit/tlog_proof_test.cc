#include "audit/tlog_proof.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "unit/audit/merkle_oracle.h"

namespace bourse::audit {
namespace {

NoteSigner signer(std::string_view name, SignatureType type) {
  return NoteSigner::make(name, type, base::SigningKey::generate()).value();
}

// A log of 100 entries, a witness, and the receipt of entry 42.
struct Receipt {
  NoteSigner log = signer("bourse.example/commons", SignatureType::kEd25519);
  NoteSigner witness = signer("w.example/1", SignatureType::kCosignature);
  std::vector<Hash> leaves = oracle::make_leaves(100);
  Checkpoint checkpoint{"bourse.example/commons", 100, oracle::root(leaves), {}};
  std::string entry = "0/42";
  TlogProof proof{"extra \n bytes", 42, oracle::path(42, leaves), {}};
  TrustPolicy trust{log.verifier(), {witness.verifier()}, 1};

  Receipt() { proof.checkpoint = signed_by(checkpoint, {witness}); }
  [[nodiscard]] std::string signed_by(const Checkpoint& head, const std::vector<NoteSigner>& witnesses) const {
    const auto text = format_checkpoint(head);
    Note note{text, {sign_text(text, log)}};
    for (const auto& one : witnesses) note.signatures.push_back(cosign(text, 1'790'000'000, one));
    return format_note(note);
  }
};

TEST(TlogProof, LooksAsTheStandardHasIt) {
  TlogProof proof{
      "age", 73894, {leaf_hash("a"), leaf_hash("b")}, "log\n1\n" + hash_text(leaf_hash("r")) + "\n\n— log AAAAAAA=\n"};
  EXPECT_EQ(format_tlog_proof(proof), "c2sp.org/tlog-proof@v1\nextra YWdl\nindex 73894\n" + hash_text(leaf_hash("a")) +
                                          '\n' + hash_text(leaf_hash("b")) + "\n\n" + proof.checkpoint);
  EXPECT_EQ(parse_tlog_proof(format_tlog_proof(proof)).value(), proof);
  proof.extra.clear();
  proof.inclusion.clear();
  proof.index = 0;
  EXPECT_EQ(format_tlog_proof(proof), "c2sp.org/tlog-proof@v1\nindex 0\n\n" + proof.checkpoint);
  EXPECT_EQ(parse_tlog_proof(format_tlog_proof(proof)).value(), proof);
}

TEST(TlogProof, RefusesEverythingElse) {
  const std::string head = "c2sp.org/tlog-proof@v1\n";
  const std::string hash = hash_text(leaf_hash("a")) + '\n';
  const std::string end = "\nlog\n1\n" + hash + "\n— log AAAAAAA=\n";
  std::string longest = head + "index 0\n";
  for (int i = 0; i < 64; ++i) longest += hash;
  for (const std::string& bad : {std::string(),
                                 head,
                                 head + "index 0\n",
                                 head + "index 0\n" + hash,
                                 "c2sp.org/tlog-proof@v2\nindex 0\n" + end,
                                 "index 0\n" + end,
                                 head + end,
                                 head + "index\n" + end,
                                 head + "index 00\n" + end,
                                 head + "index -1\n" + end,
                                 head + "index 0\r\n" + end,
                                 head + "index 9223372036854775808\n" + end,
                                 head + "extra\nindex 0\n" + end,
                                 head + "extra \nindex 0\n" + end,
                                 head + "extra YWd\nindex 0\n" + end,
                                 head + "extra YWdl\n" + end,
                                 head + "extra YWdl\nextra YWdl\nindex 0\n" + end,
                                 head + "index 0\nextra YWdl\n" + end,
                                 head + "index 0\nshort\n" + end,
                                 head + "index 0\n" + hash + end.substr(1),
                                 head + "index 0\n\n" + end,
                                 head + "index 0\n\nnot a note\n",
                                 longest + end,
                                 head + "index 0\n" + end + "more\n",
                                 head + "extra " + std::string(2'000'000, 'A') + "\nindex 0\n" + end}) {
    const auto proof = parse_tlog_proof(bad);
    ASSERT_FALSE(proof.ok()) << bad.substr(0, 300);
    EXPECT_EQ(proof.error().code, base::Errc::kCorrupt) << bad.substr(0, 300);
  }
  EXPECT_TRUE(parse_tlog_proof(head + "index 0\n" + end).ok());
}

TEST(TlogProof, AReceiptHoldsOffline) {
  const Receipt r;
  const auto read = parse_tlog_proof(format_tlog_proof(r.proof));
  ASSERT_TRUE(read.ok()) << read.error().text;
  const auto check = check_tlog_proof(*read, r.entry, r.trust);
  ASSERT_TRUE(check.ok()) << check.error().text;
  EXPECT_TRUE(check->ok()) << check->problem;
  EXPECT_EQ(check->checkpoint, r.checkpoint);
  EXPECT_EQ(check->witnesses, (std::vector<Witnessed>{{"w.example/1", 1'790'000'000}}));
  EXPECT_EQ(check->inclusion.root.steps.size(), r.proof.inclusion.size());
}

TEST(TlogProof, EveryOtherReceiptFails) {
  const Receipt r;
  const auto problem = [&](TlogProof proof, std::string_view entry, const TrustPolicy& trust) {
    const auto check = check_tlog_proof(proof, entry, trust);
    return check ? check->problem : "error: " + check.error().text;
  };
  EXPECT_NE(problem(r.proof, "0/43", r.trust), "");
  for (std::uint64_t index = 0; index < 120; ++index) {
    auto moved = r.proof;
    moved.index = index;
    EXPECT_EQ(problem(moved, r.entry, r.trust).empty(), index == 42) << index;
  }
  auto unwitnessed = r.proof;
  unwitnessed.checkpoint = r.signed_by(r.checkpoint, {});
  EXPECT_EQ(problem(unwitnessed, r.entry, r.trust), "0 of the known witnesses cosigned the checkpoint; 1 must");
  EXPECT_EQ(problem(unwitnessed, r.entry, {r.log.verifier(), {}, 0}), "");
  auto other_tree = r.proof;
  other_tree.checkpoint = r.signed_by({"bourse.example/commons", 100, leaf_hash("fork"), {}}, {r.witness});
  EXPECT_NE(problem(other_tree, r.entry, r.trust), "");
  const auto stranger = signer("bourse.example/commons", SignatureType::kEd25519);
  EXPECT_EQ(problem(r.proof, r.entry, {stranger.verifier(), {}, 0}), "error: none of the known keys signed this note");
}

TEST(TlogProof, AnyChangedBitIsSeen) {
  Receipt r;
  r.proof.extra.clear();  // nobody vouches for it
  const auto bytes = format_tlog_proof(r.proof);
  for (std::size_t i = 0; i < 8 * bytes.size(); ++i) {
    auto changed = bytes;
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
    const auto proof = parse_tlog_proof(changed);
    if (!proof) continue;
    const auto check = check_tlog_proof(*proof, r.entry, r.trust);
    EXPECT_FALSE(check.ok() && check->ok()) << "bit " << i << " of " << bytes.size();
  }
}

RC_GTEST_PROP(TlogProofProperty, WhatParsesFormatsTheSame, (const std::string& bytes)) {
  for (const auto& any : {bytes, "c2sp.org/tlog-proof@v1\nindex 0\n" + bytes}) {
    if (const auto proof = parse_tlog_proof(any)) RC_ASSERT(format_tlog_proof(*proof) == any);
  }
}

}  // namespace
}  // namespace bourse::audit
