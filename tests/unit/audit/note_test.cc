#include "audit/note.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace bourse::audit {
namespace {

// The example of golang.org/x/mod/sumdb/note's documentation: keys, text and signature made by other software.
constexpr std::string_view kPrivateKey =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
constexpr std::string_view kPublicKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view kText =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
constexpr std::string_view kSignature =
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

// The example of C2SP signed-note; its key is not published.
constexpr std::string_view kPoem =
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "— quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";

std::string known_note() { return std::string(kText) + '\n' + std::string(kSignature); }
NoteVerifier known_key() { return NoteVerifier::parse(kPublicKey).value(); }
NoteSigner fresh_signer(std::string_view name, SignatureType type = SignatureType::kEd25519) {
  return NoteSigner::make(name, type, base::SigningKey::generate()).value();
}

TEST(NoteKey, ReadsAndWritesWhatGoDoes) {
  const auto signer = NoteSigner::parse(kPrivateKey);
  ASSERT_TRUE(signer.ok()) << signer.error().text;
  EXPECT_EQ(signer->text(), kPrivateKey);
  EXPECT_EQ(signer->verifier().text(), kPublicKey);
  const auto verifier = NoteVerifier::parse(kPublicKey);
  ASSERT_TRUE(verifier.ok());
  EXPECT_EQ(verifier->text(), kPublicKey);
  EXPECT_EQ(verifier->name(), "PeterNeumann");
  EXPECT_EQ(verifier->id(), 0xc74f20a3U);
}

TEST(NoteKey, RoundTrips) {
  for (const auto type : {SignatureType::kEd25519, SignatureType::kCosignature}) {
    const auto signer = fresh_signer("witness.example/w1", type);
    EXPECT_EQ(NoteSigner::parse(signer.text()).value().text(), signer.text());
    const auto again = NoteVerifier::parse(signer.verifier().text()).value();
    EXPECT_EQ(again.type(), type);
    EXPECT_EQ(again.id(), signer.verifier().id());
    EXPECT_EQ(again.key().raw(), signer.verifier().key().raw());
  }
}

// The same key has another id for another name or type (signed-note, "Signatures").
TEST(NoteKey, IdCoversNameAndType) {
  const auto key = base::SigningKey::generate().verify_key();
  const auto id = [&](std::string_view name, SignatureType type) {
    return NoteVerifier::make(name, type, key).value().id();
  };
  EXPECT_NE(id("a", SignatureType::kEd25519), id("b", SignatureType::kEd25519));
  EXPECT_NE(id("a", SignatureType::kEd25519), id("a", SignatureType::kCosignature));
}

TEST(NoteKey, RefusesEverythingElse) {
  const std::vector<std::string> cases = {"",
                                          "+",
                                          "++",
                                          "PeterNeumann",
                                          "PeterNeumann+c74f20a3",
                                          "PeterNeumann+c74f20a3+",
                                          "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                                          "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                                          "PeterNeumanN+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                                          "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TX",
                                          "PeterNeumann+c74f20a+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                                          "PeterNeumann+0c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                                          "PeterNeumann+-74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                                          "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                                          "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n",
                                          "PeterNeumann+c74f20a3+AQ=="};
  for (const auto& bad : cases) {
    EXPECT_EQ(NoteVerifier::parse(bad).error().code, base::Errc::kCorrupt) << bad;
    EXPECT_EQ(NoteSigner::parse("PRIVATE+KEY+" + bad).error().code, base::Errc::kCorrupt) << bad;
  }
  EXPECT_EQ(NoteSigner::parse(kPublicKey).error().code, base::Errc::kCorrupt);
  EXPECT_EQ(NoteVerifier::parse("log+00000000+Bhpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").error().code,
            base::Errc::kUnsupported);
}

// A private key must not leak through what is logged about it.
TEST(NoteKey, ErrorsTellNothingOfASecret) {
  const std::string secret(kPrivateKey);
  for (std::size_t cut = 0; cut < secret.size(); ++cut) {
    const auto error = NoteSigner::parse(secret.substr(0, cut)).error();
    EXPECT_EQ(error.text.find("AYEKFALVFG"), std::string::npos);
  }
}

TEST(KeyName, NoSpacesNoPlus) {
  for (const char* good : {"a", "example.com/behind-the-sofa", "bourse.example.org/commons", "größe", "a\u200Bb"}) {
    EXPECT_TRUE(is_key_name(good)) << good;
  }
  for (const std::string& bad :
       {std::string(), std::string("a b"), std::string("a+b"), std::string("a\nb"), std::string("a\tb"),
        std::string("a\u00A0b"), std::string("a\u2003b"), std::string("a\u3000b"), std::string("a\u0085b"),
        std::string("a\xFF"), std::string(256, 'a')}) {
    EXPECT_FALSE(is_key_name(bad)) << bad;
  }
}

TEST(Note, SignsLikeGo) {
  const auto signer = NoteSigner::parse(kPrivateKey).value();
  EXPECT_EQ(format_note({std::string(kText), {sign_text(kText, signer)}}), known_note());
}

TEST(Note, OpensWhatGoSigned) {
  const auto note = parse_note(known_note());
  ASSERT_TRUE(note.ok()) << note.error().text;
  EXPECT_EQ(note->text, kText);
  const std::vector<NoteVerifier> keys = {fresh_signer("other").verifier(), known_key()};
  const auto signers = verify_note(*note, keys);
  ASSERT_TRUE(signers.ok()) << signers.error().text;
  ASSERT_EQ(signers->size(), 1U);
  EXPECT_EQ(signers->front().name(), "PeterNeumann");
}

TEST(Note, TextMayHaveEmptyLines) {
  const auto note = parse_note(kPoem);
  ASSERT_TRUE(note.ok()) << note.error().text;
  EXPECT_TRUE(note->text.ends_with(":\n\ned è subito sera.\n"));
  ASSERT_EQ(note->signatures.size(), 1U);
  EXPECT_EQ(note->signatures[0].name, "quasimodo.example/salvatore");
  EXPECT_EQ(note->signatures[0].key_id, 0x367ba04bU);
  EXPECT_EQ(note->signatures[0].bytes.size(), 64U);
  EXPECT_EQ(format_note(*note), kPoem);
  EXPECT_EQ(verify_note(*note, {}).error().code, base::Errc::kForbidden);
}

TEST(Note, RefusesMalformedOnes) {
  const std::string text = "text\n\n";
  const std::string line(kSignature);
  std::string many = text;
  for (std::size_t i = 0; i <= kMaxNoteSignatures; ++i) many += line;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"empty", ""},
      {"no signatures", text},
      {"no empty line", "text\n" + line},
      {"no end", (text + line).substr(0, text.size() + line.size() - 1)},
      {"empty text", "\n" + line},
      {"another dash", text + "- PeterNeumann x08go/ZJkuBS\n"},
      {"no space", text + "—PeterNeumann x08go/ZJkuBS\n"},
      {"no name", text + "—  x08go/ZJkuBS\n"},
      {"no signature", text + "— PeterNeumann\n"},
      {"key id alone", text + "— PeterNeumann x08gow==\n"},
      {"not base64", text + "— PeterNeumann x08go*ZJkuBS\n"},
      {"two forms of base64", text + "— PeterNeumann x08go/ZJkuB=\n"},
      {"plus in the name", text + "— Peter+Neumann x08go/ZJkuBS\n"},
      {"carriage return", "te\rxt\n\n" + line},
      {"NUL", std::string("te\0xt\n\n", 7) + line},
      {"not UTF-8", "te\xFFxt\n\n" + line},
      {"text after the signatures", text + line + "more\n"},
      {"too many signatures", many},
      {"too long", std::string(kMaxNoteBytes, 'a') + "\n\n" + line},
  };
  for (const auto& [name, bytes] : cases) {
    const auto note = parse_note(bytes);
    ASSERT_FALSE(note.ok()) << name;
    EXPECT_EQ(note.error().code, base::Errc::kCorrupt) << name;
  }
  EXPECT_TRUE(parse_note(text + line).ok());
}

TEST(Note, AnyChangedBitIsSeen) {
  const auto whole = known_note();
  for (std::size_t i = 0; i < 8 * whole.size(); ++i) {
    auto changed = whole;
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
    const auto note = parse_note(changed);
    const std::vector<NoteVerifier> keys = {known_key()};
    EXPECT_FALSE(note.ok() && verify_note(*note, keys).ok()) << "bit " << i;
  }
}

// "Verifiers MUST ignore signatures from unknown keys, even if they share a name or ID (but not both) with a known
// key."
TEST(Note, UnknownKeysAreIgnoredAndFalseOnesAreNot) {
  const auto log = fresh_signer("log");
  const auto same_name = fresh_signer("log");
  const std::string text = "text\n";
  const std::vector<NoteVerifier> keys = {log.verifier()};
  Note note{text, {sign_text(text, same_name), sign_text(text, log)}};
  note.signatures.push_back({"other", log.verifier().id(), "anything"});
  ASSERT_TRUE(verify_note(note, keys).ok());
  EXPECT_EQ(verify_note(note, keys).value().size(), 1U);
  note.signatures.push_back({"log", log.verifier().id(), "anything"});
  EXPECT_EQ(verify_note(note, keys).error().code, base::Errc::kCorrupt);
  note.signatures = {sign_text(text, same_name)};
  EXPECT_EQ(verify_note(note, keys).error().code, base::Errc::kForbidden);
}

TEST(Note, RotationLeavesBothKeysSigning) {
  const auto before = fresh_signer("log");
  const auto after = fresh_signer("log");
  const Note note{"text\n", {sign_text("text\n", before), sign_text("text\n", after)}};
  for (const auto& known : {before, after}) {
    const std::vector<NoteVerifier> keys = {known.verifier()};
    EXPECT_TRUE(verify_note(parse_note(format_note(note)).value(), keys).ok());
  }
}

RC_GTEST_PROP(NoteProperty, WhatParsesFormatsTheSame, (const std::string& bytes)) {
  for (const auto& any : {bytes, bytes + "\n\n" + std::string(kSignature)}) {
    if (const auto note = parse_note(any)) RC_ASSERT(format_note(*note) == any);
  }
}

}  // namespace
}  // namespace bourse::audit
