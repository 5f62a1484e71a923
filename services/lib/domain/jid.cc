#include "domain/jid.h"

#include <fmt/format.h>

#include <algorithm>

#include "domain/ascii.h"
#include "domain/utf8.h"

namespace bourse::domain {
namespace {

using base::Errc;

constexpr std::size_t kMaxPart = 1023;  // RFC 7622 §3.2 to §3.4

// RFC 7622 §3.3.1; space and control characters are outside PRECIS UsernameCaseMapped.
bool forbidden_in_local(char c) {
  return is_control(c) || c == ' ' || std::string_view("\"&'/:<>@").find(c) != std::string_view::npos;
}

// A ':' belongs to IPv6 literals.
bool forbidden_in_domain(char c) {
  return is_control(c) || c == ' ' || std::string_view("\"&'/<>@").find(c) != std::string_view::npos;
}

base::Status check_part(std::string_view name, std::string_view part) {
  if (part.empty()) return {Errc::kInvalidJid, fmt::format("the {} of the JID is empty", name)};
  if (part.size() > kMaxPart) {
    return {Errc::kInvalidJid, fmt::format("the {} of the JID is longer than {} bytes", name, kMaxPart)};
  }
  if (!is_utf8(part)) return {Errc::kInvalidJid, fmt::format("the {} of the JID is not valid UTF-8", name)};
  return base::Done{};
}

}  // namespace

base::Result<Jid> Jid::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view bare_text = text.substr(0, slash);
  const std::size_t at = bare_text.find('@');
  const bool has_local = at != std::string_view::npos;
  const std::string_view local_text = has_local ? bare_text.substr(0, at) : std::string_view{};
  std::string_view domain_text = has_local ? bare_text.substr(at + 1) : bare_text;
  if (domain_text.ends_with('.')) domain_text.remove_suffix(1);  // RFC 7622 §3.2: the root label is not kept
  if (domain_text.starts_with('.') || domain_text.find("..") != std::string_view::npos || domain_text.ends_with('.')) {
    return {Errc::kInvalidJid, "the domainpart of the JID has an empty label between dots"};
  }

  if (has_local) {
    if (auto status = check_part("localpart", local_text); !status) return status.error();
    if (std::any_of(local_text.begin(), local_text.end(), forbidden_in_local)) {
      return {Errc::kInvalidJid, "the localpart of the JID has a character that is forbidden there (\"&'/:<>@, space)"};
    }
  }
  if (auto status = check_part("domainpart", domain_text); !status) return status.error();
  if (std::any_of(domain_text.begin(), domain_text.end(), forbidden_in_domain)) {
    return {Errc::kInvalidJid, "the domainpart of the JID has a character that no domain has"};
  }

  Jid jid;
  jid.text_.reserve(text.size());
  if (has_local) jid.text_.append(local_text) += '@';
  jid.domain_at_ = static_cast<std::uint16_t>(jid.text_.size());
  jid.text_.append(domain_text);
  std::transform(jid.text_.begin(), jid.text_.end(), jid.text_.begin(), [](char c) { return fold(c); });
  jid.resource_at_ = static_cast<std::uint16_t>(jid.text_.size());

  if (slash != std::string_view::npos) {
    const std::string_view resource_text = text.substr(slash + 1);
    if (auto status = check_part("resourcepart", resource_text); !status) return status.error();
    if (std::any_of(resource_text.begin(), resource_text.end(), is_control)) {
      return {Errc::kInvalidJid, "the resourcepart of the JID has a control character"};
    }
    (jid.text_ += '/').append(resource_text);
  }
  return jid;
}

std::string_view Jid::local() const {
  return domain_at_ == 0 ? std::string_view{} : std::string_view(text_).substr(0, domain_at_ - 1U);
}

std::string_view Jid::domain() const {
  return std::string_view(text_).substr(domain_at_, static_cast<std::size_t>(resource_at_ - domain_at_));
}

std::string_view Jid::resource() const {
  return is_bare() ? std::string_view{} : std::string_view(text_).substr(resource_at_ + 1U);
}

Jid Jid::bare() const {
  Jid jid;
  jid.text_ = text_.substr(0, resource_at_);
  jid.domain_at_ = domain_at_;
  jid.resource_at_ = resource_at_;
  return jid;
}

}  // namespace bourse::domain
