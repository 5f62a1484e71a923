// Purpose: strict reading of one parsed element: what it may carry, and errors that quote it. gloox gives
//   the tree; namespaces, duplicates and strictness are decided here.
// Lifetime: Tags are only borrowed during the call. Threads: free functions, no state.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gloox {
class Tag;
}

namespace bourse::xmpp {

// The namespace the element is in; gloox's own Tag::xmlns() does not inherit the default one.
[[nodiscard]] std::string namespace_of(const gloox::Tag& tag);
[[nodiscard]] bool is_in(const gloox::Tag& tag, std::string_view ns);
[[nodiscard]] bool is(const gloox::Tag& tag, std::string_view name, std::string_view ns);
[[nodiscard]] const gloox::Tag* find_child(const gloox::Tag& tag, std::string_view name, std::string_view ns);

// The value of an attribute without a prefix; null when it is not there.
[[nodiscard]] const std::string* attribute(const gloox::Tag& tag, std::string_view name);
// The same, where none means what an empty one means.
[[nodiscard]] const std::string& attribute_or_empty(const gloox::Tag& tag, std::string_view name);
// kInvalidPayload: not there, or empty.
[[nodiscard]] base::Result<std::string> required(const gloox::Tag& tag, std::string_view name);

// kInvalidPayload: an attribute that is not in `known`, or one twice. Namespace declarations and
// attributes of other namespaces pass.
[[nodiscard]] base::Status only_attributes(const gloox::Tag& tag, std::initializer_list<std::string_view> known);
// kInvalidPayload: a child element, or text other than white space.
[[nodiscard]] base::Status no_children(const gloox::Tag& tag);
[[nodiscard]] base::Status no_text(const gloox::Tag& tag);
[[nodiscard]] base::Status empty_element(const gloox::Tag& tag);

// The character data, without white space at either end.
[[nodiscard]] std::string text_of(const gloox::Tag& tag);

[[nodiscard]] base::Result<bool> parse_boolean(std::string_view text);
[[nodiscard]] base::Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t most);

// The start tag as a person would write it, cut at about 200 bytes.
[[nodiscard]] std::string describe(const gloox::Tag& tag);
[[nodiscard]] base::Error invalid(const gloox::Tag& tag, std::string_view what);
// Puts the element in front of an error's text.
[[nodiscard]] base::Error within(const gloox::Tag& tag, const base::Error& error);
[[nodiscard]] base::Error unknown_element(const gloox::Tag& child, const gloox::Tag& parent);

// The element as XML text that means the same wherever it is put. kInvalidPayload: a prefix that is declared outside of
// it.
[[nodiscard]] base::Result<std::string> standalone_text(const gloox::Tag& tag);

// An element of a foreign namespace as XML text that means the same anywhere below our payload, added to
// `extensions`. kInvalidPayload: too many, too long, or a prefix that is declared outside of it.
[[nodiscard]] base::Status keep_extension(const gloox::Tag& tag, std::vector<std::string>& extensions);

}  // namespace bourse::xmpp
