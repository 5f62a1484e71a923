// Purpose: XMPP addresses (RFC 7622): localpart@domainpart/resourcepart, normalised once, here.
// Lifetime: value. Threads: none.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bourse::domain {

class Jid {
 public:
  Jid() = default;  // empty: no address

  // The one way from text to an address: the localpart by precis.h, the domainpart by domain_name.h, the resourcepart
  // by precis.h again; what is ASCII without any table. parse(text()) gives the same. kInvalidJid names the part that
  // is wrong.
  static base::Result<Jid> parse(std::string_view text);

  // What parse() gave, out of records of our own: taken as it is, so that they stay readable and name whom they named,
  // whatever a later Unicode, or a later parse(), thinks of it.
  static base::Result<Jid> stored(std::string_view text);

  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] bool is_bare() const { return resource_at_ == text_.size(); }
  [[nodiscard]] std::string_view local() const;
  [[nodiscard]] std::string_view domain() const;
  [[nodiscard]] std::string_view resource() const;
  [[nodiscard]] Jid bare() const;
  [[nodiscard]] const std::string& text() const { return text_; }

  friend bool operator==(const Jid& a, const Jid& b) { return a.text_ == b.text_; }
  friend auto operator<=>(const Jid& a, const Jid& b) { return a.text_ <=> b.text_; }

 private:
  std::string text_;
  std::uint16_t domain_at_ = 0;    // offset of the domainpart
  std::uint16_t resource_at_ = 0;  // offset of "/resource", or text_.size()
};

// For people, who must see that gооgle.test is not google.test: with the domain as DNS has it.
[[nodiscard]] std::string shown(const Jid& jid);

}  // namespace bourse::domain

template <>
struct std::hash<bourse::domain::Jid> {
  std::size_t operator()(const bourse::domain::Jid& jid) const noexcept { return std::hash<std::string>{}(jid.text()); }
};
