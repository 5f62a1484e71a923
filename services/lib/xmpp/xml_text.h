// Purpose: text inside XML: escaped for character data and for attribute values in either quote.
// Threads: free functions, no state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bourse::xmpp {

// Appends `text` with & < > ' " escaped. Characters XML 1.0 cannot carry (controls other than tab, line
// feed and carriage return) become U+FFFD, so that no text can break a stream.
void append_escaped(std::string& to, std::string_view text);
[[nodiscard]] std::string escaped(std::string_view text);

// Appends ` name='value'`, escaped.
void append_attribute(std::string& to, std::string_view name, std::string_view value);
void append_attribute(std::string& to, std::string_view name, std::uint64_t value);

// At most `most` bytes of the front, cut between characters.
[[nodiscard]] std::string clipped(std::string_view text, std::size_t most);

// Appends escaped text of unknown origin: bytes that are not UTF-8 become U+FFFD, because one of them would
// make the server close the stream.
void append_repaired(std::string& to, std::string_view text);

// True when every byte sequence is well-formed UTF-8.
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace bourse::xmpp
