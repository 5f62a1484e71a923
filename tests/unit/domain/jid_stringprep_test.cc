// Servers of today stamp addresses that are normal by RFC 6122 (stringprep). Whatever such a server keeps apart must
// stay apart here: each of its addresses is taken as it is, or refused. And nobody with an ordinary name is refused.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/usprep.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/jid.h"

namespace bourse::domain {
namespace {

// ICU's stringprep, which is also the one of Debian's Prosody.
class Stringprep {
 public:
  explicit Stringprep(UStringPrepProfileType type) {
    UErrorCode status = U_ZERO_ERROR;
    profile_ = usprep_openByType(type, &status);
    EXPECT_TRUE(U_SUCCESS(status));
  }
  Stringprep(const Stringprep&) = delete;
  Stringprep& operator=(const Stringprep&) = delete;
  ~Stringprep() { usprep_close(profile_); }

  // What a server would stamp; none: it refuses.
  [[nodiscard]] std::optional<icu::UnicodeString> apply(const icu::UnicodeString& text) const {
    constexpr std::int32_t kRoom = 512;
    std::array<char16_t, kRoom> room{};
    UErrorCode status = U_ZERO_ERROR;
    const auto length = usprep_prepare(profile_, text.getBuffer(), text.length(), room.data(), kRoom,
                                       USPREP_ALLOW_UNASSIGNED, nullptr, &status);
    if (U_FAILURE(status)) return std::nullopt;
    return icu::UnicodeString(room.data(), length);
  }
  [[nodiscard]] bool is_normal(const icu::UnicodeString& text) const { return apply(text) == text; }

 private:
  UStringPrepProfile* profile_ = nullptr;
};

std::string utf8(const icu::UnicodeString& text) {
  std::string bytes;
  text.toUTF8String(bytes);
  return bytes;
}

struct Part {
  std::string name;
  UStringPrepProfileType profile;
  std::function<std::string(const std::string&)> address;  // with the text in that part
  std::function<std::string_view(const Jid&)> of;
};
const std::vector<Part>& parts() {
  static const std::vector<Part> all = {
      {"local", USPREP_RFC3920_NODEPREP, [](const auto& text) { return text + "@x.test"; },
       [](const Jid& jid) { return jid.local(); }},
      {"domain", USPREP_RFC3491_NAMEPREP, [](const auto& text) { return "a@" + text + ".test"; },
       [](const Jid& jid) { return jid.domain().substr(0, jid.domain().rfind('.')); }},
      {"resource", USPREP_RFC3920_RESOURCEPREP, [](const auto& text) { return "a@x.test/" + text; },
       [](const Jid& jid) { return jid.resource(); }},
  };
  return all;
}

bool splits_an_address(char32_t c) { return c == '@' || c == '/' || c == '.'; }

enum class Fate { kKept, kRefused, kChanged };
// Of what a server may stamp; a domain that is kept as xn-- is the same domain.
Fate fate(const Part& part, const std::string& text) {
  const auto jid = Jid::parse(part.address(text));
  if (!jid) return Fate::kRefused;
  EXPECT_EQ(Jid::parse(jid->text()).value(), *jid) << text;
  return part.of(*jid) == text ? Fate::kKept : Fate::kChanged;
}

// Every plane that has letters or marks, private use and all the rest of the others left out.
template <class Visit>
void each_code_point(Visit visit) {
  for (char32_t c = 0x21; c <= 0x323AF; ++c) {
    if (c >= 0xD800 && c <= 0xF8FF) continue;
    if ((c >= 0x4E10 && c <= 0x9F00) || (c >= 0xAC10 && c <= 0xD700)) continue;  // of these all are alike
    if ((c >= 0x17010 && c <= 0x18C00) || (c >= 0x20010 && c <= 0x2F7FF) || (c >= 0x30010 && c <= 0x323A0)) continue;
    visit(c);
  }
  for (char32_t c = 0xE0000; c <= 0xE01FF; ++c) visit(c);
}

icu::UnicodeString text_of(const char16_t* before, char32_t c) {
  return icu::UnicodeString(before).append(static_cast<UChar32>(c));
}

TEST(JidStringprep, NoAddressOfAServerBecomesAnother) {
  for (const auto& part : parts()) {
    const Stringprep prep(part.profile);
    std::map<Fate, int> count;
    each_code_point([&](char32_t c) {
      if (splits_an_address(c)) return;
      for (const char16_t* before : {u"", u"x"}) {
        const auto text = text_of(before, c);
        if (!prep.is_normal(text)) continue;
        const auto what = fate(part, utf8(text));
        ++count[what];
        EXPECT_NE(what, Fate::kChanged) << part.name << ": " << utf8(text) << " U+" << std::hex << std::uint32_t{c};
      }
    });
    EXPECT_GT(count[Fate::kKept], 40'000) << part.name;
  }
}

// Marks, joiners, digits, the newest and the oldest, beside each other.
RC_GTEST_PROP(JidStringprepProperty, NoAddressOfAServerBecomesAnother, ()) {
  static constexpr std::array<char32_t, 40> kDelicate = {
      0x0061, 0x0131, 0x00DF,  0x03C2,  0x03C3,  0x0300,  0x0301,  0x0323, 0x0345, 0x0327,
      0x05D0, 0x05BC, 0x0627,  0x0654,  0x0661,  0x06F1,  0x094D,  0x0915, 0x200C, 0x200D,
      0x0B47, 0x0B3E, 0x1100,  0x1161,  0x10A0,  0x2D00,  0x13A0,  0xAB70, 0xA64A, 0xA64B,
      0x1DC4, 0x1DC2, 0x11131, 0x11127, 0x1112E, 0x1E900, 0xE0100, 0x3002, 0x4E00, 0x00B7};
  const auto picked = *rc::gen::resize(6, rc::gen::container<std::vector<char32_t>>(rc::gen::elementOf(
                                              std::vector<char32_t>(kDelicate.begin(), kDelicate.end()))));
  for (const auto& part : parts()) {
    static const std::array<Stringprep, 3> preps{Stringprep(parts()[0].profile), Stringprep(parts()[1].profile),
                                                 Stringprep(parts()[2].profile)};
    icu::UnicodeString text;
    for (const char32_t c : picked) text.append(static_cast<UChar32>(c));
    const auto& prep = preps[static_cast<std::size_t>(&part - parts().data())];
    if (text.isEmpty() || !prep.is_normal(text)) continue;
    RC_ASSERT(fate(part, utf8(text)) != Fate::kChanged);
  }
}

// Beside what Unicode itself calls a variant of another character, a part of a syllable, or ornament.
TEST(JidStringprep, NoLetterIsRefusedThatNamesAreWrittenWith) {
  const auto is_special = [](UChar32 c) {
    const bool syllable_part =
        (c >= 0x1100 && c <= 0x11FF) || (c >= 0xA960 && c <= 0xA97C) || (c >= 0xD7B0 && c <= 0xD7FB);
    const bool ornament = c == 0x0640 || c == 0x07FA || (c >= 0x3031 && c <= 0x3035) || c == 0x303B;
    return syllable_part || ornament || u_getIntPropertyValue(c, UCHAR_DECOMPOSITION_TYPE) != U_DT_NONE;
  };
  for (const std::size_t at : {0U, 2U}) {
    const auto& part = parts()[at];
    const Stringprep prep(part.profile);
    int letters = 0;
    each_code_point([&](char32_t code_point) {
      const auto c = static_cast<UChar32>(code_point);
      const bool right_to_left = u_charDirection(c) == U_ARABIC_NUMBER;
      if ((U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_ND_MASK)) == 0 || is_special(c)) return;
      const auto text = text_of(right_to_left ? u"\u0627" : u"", code_point).append(right_to_left ? u"\u0627" : u"");
      if (!prep.is_normal(text)) return;
      ++letters;
      EXPECT_EQ(fate(part, utf8(text)), Fate::kKept) << part.name << ": " << utf8(text) << " U+" << std::hex << c;
    });
    EXPECT_GT(letters, 20'000);
  }
}

// What people type becomes what their server stamps, but for these, which RFC 8265 does not fold as RFC 3454 does:
// sharp s, final sigma, iota below a Greek vowel, and five ideographs whose tables were wrong before Unicode 4.0. (In
// resources RFC 8265 keeps every compatibility variant.)
TEST(JidStringprep, WhatIsTypedIsWhatIsStamped) {
  const auto folds_otherwise = [](char32_t c) {
    return c == 0x00DF || c == 0x03C2 || c == 0x0345 || (c >= 0x1F80 && c <= 0x1FFC) || c == 0x2F868 || c == 0x2F874 ||
           c == 0x2F91F || c == 0x2F95F || c == 0x2F9BF;
  };
  for (const std::size_t at : {0U, 1U}) {
    const auto& part = parts()[at];
    const Stringprep prep(part.profile);
    each_code_point([&](char32_t c) {
      if (splits_an_address(c) || folds_otherwise(c)) return;
      const auto typed = text_of(u"", c).append(u'y');
      const auto stamped = prep.apply(typed);
      if (!stamped) return;
      const auto ours = Jid::parse(part.address(utf8(typed)));
      const auto theirs = Jid::parse(part.address(utf8(*stamped)));
      if (!ours || !theirs) return;
      EXPECT_EQ(ours->text(), theirs->text()) << "U+" << std::hex << std::uint32_t{c};
    });
  }
}

}  // namespace
}  // namespace bourse::domain
