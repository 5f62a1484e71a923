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

  // Case-folds ASCII in local and domain part; enforces the 1023-byte limit of each part and the
  // characters RFC 7622 §3.3.1 forbids in a localpart. kInvalidJid names the part that is wrong.
  static base::Result<Jid> parse(std::string_view text);

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

}  // namespace bourse::domain

template <>
struct std::hash<bourse::domain::Jid> {
  std::size_t operator()(const bourse::domain::Jid& jid) const noexcept { return std::hash<std::string>{}(jid.text()); }
};
