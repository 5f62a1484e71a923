// Purpose: UTF-8 as ICU wants it and back; which characters RFC 6122's servers know.
// Lifetime: free functions. Threads: any; ICU's tables are read-only and opened once.
#pragma once

#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <string>
#include <string_view>

namespace bourse::domain {

// `text` is UTF-8 (utf8.h) of bounded length.
[[nodiscard]] icu::UnicodeString to_icu(std::string_view text);
[[nodiscard]] std::string to_utf8(const icu::UnicodeString& text);
[[nodiscard]] std::u32string to_code_points(const icu::UnicodeString& text);

// Assigned in Unicode 3.2, which stringprep (RFC 3454) knows. A server that follows it leaves newer characters as they
// are: whatever is newer must not be mapped here either, or two addresses it keeps apart would become one.
[[nodiscard]] bool is_known_to_stringprep(UChar32 c);

// Canonical composition (NFC) of those characters alone.
[[nodiscard]] icu::UnicodeString composed(const icu::UnicodeString& text);
// Whether the whole text is in NFC, newer characters included.
[[nodiscard]] bool is_composed(const icu::UnicodeString& text);

// What a character is a compatibility form of, one step; itself when it is none.
[[nodiscard]] icu::UnicodeString decomposed(UChar32 c);
// Whether NFKC makes something else of it.
[[nodiscard]] bool has_compatibility_form(UChar32 c);

// "U+2665", for error texts.
[[nodiscard]] std::string code_point_name(UChar32 c);

}  // namespace bourse::domain
