// Purpose: cuts the bytes of an XMPP stream into its top-level stanzas by counting tags; no XML beyond that,
//   so that measuring costs less than what is measured. Trusts the server it reads from.
// Lifetime: one stream. Threads: none.
#pragma once

#include <string>
#include <string_view>

namespace bourse::bench {

class StanzaScanner {
 public:
  void append(std::string_view bytes) { buffer_.append(bytes); }
  // The next whole stanza, or empty if there is none yet. Valid until the next append().
  [[nodiscard]] std::string_view next();
  // For the new stream after authentication.
  void restart();

 private:
  void compact();

  std::string buffer_;
  std::size_t position_ = 0;  // of the next unread byte
  std::size_t start_ = 0;     // of the stanza being read
  int depth_ = 0;             // 1: between stanzas
};

// The value of the first attribute of that name in the stanza's first tag; empty if absent.
[[nodiscard]] std::string_view attribute(std::string_view stanza, std::string_view name);
// The text between `before` and the next `after`; empty if absent.
[[nodiscard]] std::string_view between(std::string_view text, std::string_view before, std::string_view after);

}  // namespace bourse::bench
