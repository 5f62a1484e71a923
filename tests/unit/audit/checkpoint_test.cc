#include "audit/checkpoint.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "audit/cosignature.h"

namespace bourse::audit {
namespace {

// C2SP tlog-checkpoint's and tlog-cosignature's example, with a witness.
constexpr std::string_view kText =
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
constexpr std::string_view kSignatures =
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/"
    "zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

NoteSigner signer(std::string_view name, SignatureType type = SignatureType::kEd25519) {
  return NoteSigner::make(name, type, base::SigningKey::generate()).value();
}

Checkpoint example() { return {"bourse.example/commons", 70'000, leaf_hash("root"), {}}; }

TEST(Checkpoint, TheStandardsExample) {
  const auto note = parse_note(std::string(kText) + '\n' + std::string(kSignatures));
  ASSERT_TRUE(note.ok()) << note.error().text;
  const auto checkpoint = parse_checkpoint(note->text);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().text;
  EXPECT_EQ(checkpoint->origin, "example.com/behind-the-sofa");
  EXPECT_EQ(checkpoint->size, 20852163U);
  EXPECT_EQ(hash_text(checkpoint->root), "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=");
  EXPECT_EQ(format_checkpoint(*checkpoint), kText);
  ASSERT_EQ(note->signatures.size(), 2U);
  const auto cosignature = parse_cosignature(note->signatures[1].bytes);
  ASSERT_TRUE(cosignature.ok());
  EXPECT_EQ(cosignature->seconds, 1679315147U);
  EXPECT_EQ(cosigned_message(cosignature->seconds, note->text),
            "cosignature/v1\ntime 1679315147\n" + std::string(kText));
}

TEST(Checkpoint, RefusesEverythingElse) {
  const std::string hash = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
  for (const std::string& bad :
       {std::string(), std::string("\n"), std::string("a\n1\n"), "\n1\n" + hash, "a\n\n" + hash, "a\n01\n" + hash,
        "a\n-1\n" + hash, "a\n1 \n" + hash, "a\n9223372036854775808\n" + hash, std::string("a\n1\nCsUY\n"),
        "a\n1\n" + hash + "\n", "a\n1\n" + hash + "b\n\nc\n", "a\n1\n" + hash.substr(0, hash.size() - 1),
        "a\r\n1\n" + hash, "a\xFF\n1\n" + hash, std::string("a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n"),
        std::string(kMaxNoteBytes, 'a') + "\n1\n" + hash}) {
    EXPECT_EQ(parse_checkpoint(bad).error().code, base::Errc::kCorrupt) << bad.substr(0, 100);
  }
  const auto extended = parse_checkpoint("a b\n0\n" + hash + "one\ntwo 2\n");
  ASSERT_TRUE(extended.ok());
  EXPECT_EQ(extended->extensions, (std::vector<std::string>{"one", "two 2"}));
  EXPECT_EQ(format_checkpoint(*extended), "a b\n0\n" + hash + "one\ntwo 2\n");
}

TEST(Checkpoint, OpensOnlyWhatTheLogSigned) {
  const auto log = signer("bourse.example/commons");
  const auto bytes = sign_checkpoint(example(), log);
  const auto opened = open_checkpoint(bytes, log.verifier());
  ASSERT_TRUE(opened.ok()) << opened.error().text;
  EXPECT_EQ(opened->checkpoint, example());
  EXPECT_EQ(format_note(opened->note), bytes);
  EXPECT_EQ(open_checkpoint(bytes, signer("bourse.example/commons").verifier()).error().code, base::Errc::kForbidden);
  EXPECT_EQ(open_checkpoint(bytes, signer("bourse.example/other").verifier()).error().code, base::Errc::kForbidden);
  EXPECT_EQ(open_checkpoint("", log.verifier()).error().code, base::Errc::kCorrupt);
  for (std::size_t i = 0; i < 8 * bytes.size(); ++i) {
    auto changed = bytes;
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
    EXPECT_FALSE(open_checkpoint(changed, log.verifier()).ok()) << "bit " << i;
  }
}

// A key that signs for one log does not speak for another, and not every text it signs is a checkpoint.
TEST(Checkpoint, OriginIsTheKeysName) {
  const auto log = signer("bourse.example/commons");
  auto other = example();
  other.origin = "bourse.example/other";
  for (const auto& text : {format_checkpoint(other), std::string("hello\n")}) {
    const auto bytes = format_note({text, {sign_text(text, log)}});
    EXPECT_EQ(open_checkpoint(bytes, log.verifier()).error().code, base::Errc::kCorrupt);
  }
}

struct Witnesses {
  NoteSigner log = signer("bourse.example/commons");
  NoteSigner one = signer("w.example/1", SignatureType::kCosignature);
  NoteSigner two = signer("w.example/2", SignatureType::kCosignature);
  std::string text = format_checkpoint(example());
  Note note{text, {sign_text(text, log)}};
  std::vector<NoteVerifier> keys = {one.verifier(), two.verifier()};
};

TEST(Cosignature, CountsEachWitnessOnceWithItsLatestTime) {
  Witnesses w;
  EXPECT_TRUE(verify_cosignatures(w.note, w.keys).value().empty());
  w.note.signatures.push_back(cosign(w.text, 1679315147, w.two));
  w.note.signatures.push_back(cosign(w.text, 0, signer("w.example/3", SignatureType::kCosignature)));
  const auto read = parse_note(format_note(w.note)).value();
  EXPECT_EQ(verify_cosignatures(read, w.keys).value(), (std::vector<Witnessed>{{"w.example/2", 1679315147}}));
  EXPECT_TRUE(open_checkpoint(format_note(w.note), w.log.verifier()).ok());
  w.note.signatures.push_back(cosign(w.text, 1679315150, w.two));
  w.note.signatures.push_back(cosign(w.text, kMaxTreeSize, w.one));
  w.keys.push_back(w.one.verifier());
  EXPECT_EQ(verify_cosignatures(w.note, w.keys).value(),
            (std::vector<Witnessed>{{"w.example/1", kMaxTreeSize}, {"w.example/2", 1679315150}}));
}

TEST(Cosignature, AnyChangedBitIsSeen) {
  Witnesses w;
  const auto good = cosign(w.text, 1679315147, w.one);
  ASSERT_EQ(good.bytes.size(), 72U);
  for (std::size_t i = 0; i < 8 * good.bytes.size(); ++i) {
    auto bad = good;
    bad.bytes[i / 8] = static_cast<char>(bad.bytes[i / 8] ^ (1 << (i % 8)));
    w.note.signatures = {bad};
    EXPECT_EQ(verify_cosignatures(w.note, w.keys).error().code, base::Errc::kCorrupt) << "bit " << i;
  }
  for (const std::size_t size : {1U, 8U, 64U, 71U, 73U}) {
    auto bad = good;
    bad.bytes.resize(size, 'x');
    w.note.signatures = {bad};
    EXPECT_FALSE(verify_cosignatures(w.note, w.keys).ok()) << size;
  }
  w.note.signatures = {good};
  w.note.text = format_checkpoint({"bourse.example/commons", 70'001, leaf_hash("root"), {}});
  EXPECT_FALSE(verify_cosignatures(w.note, w.keys).ok());
}

TEST(Cosignature, TimeHasAnEnd) {
  const std::string rest(71, '\xFF');
  EXPECT_EQ(parse_cosignature('\x7F' + rest).value().seconds, kMaxTreeSize);
  EXPECT_EQ(parse_cosignature('\x80' + rest).error().code, base::Errc::kCorrupt);
}

// The signed message begins with words no checkpoint begins with: one signature cannot pass for the other.
TEST(Cosignature, IsNoSignatureOfTheNote) {
  const auto key = base::SigningKey::generate();
  const auto log = NoteSigner::make("x", SignatureType::kEd25519, key).value();
  const auto witness = NoteSigner::make("x", SignatureType::kCosignature, key).value();
  const Checkpoint checkpoint{"x", 1, leaf_hash("r"), {}};
  const auto text = format_checkpoint(checkpoint);
  auto cosignature = cosign(text, 5, witness);
  cosignature.key_id = log.verifier().id();
  cosignature.bytes.erase(0, 8);
  EXPECT_EQ(open_checkpoint(format_note({text, {cosignature}}), log.verifier()).error().code, base::Errc::kCorrupt);
}

RC_GTEST_PROP(CheckpointProperty, WhatParsesFormatsTheSame,
              (const std::string& origin, std::uint64_t size, const std::string& more)) {
  const auto text = origin + '\n' + std::to_string(size) + '\n' + hash_text(leaf_hash("r")) + '\n' + more;
  for (const auto& any : {text, more}) {
    if (const auto checkpoint = parse_checkpoint(any)) RC_ASSERT(format_checkpoint(*checkpoint) == any);
  }
}

}  // namespace
}  // namespace bourse::audit
