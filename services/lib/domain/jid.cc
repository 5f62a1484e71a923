#include "domain/jid.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "domain/ascii.h"
#include "domain/domain_name.h"
#include "domain/precis.h"
#include "domain/utf8.h"

namespace bourse::domain {
namespace {

using base::Errc;

// RFC 7622 §3.3.1: beside what the profile forbids.
constexpr std::string_view kNotInLocal = "\"&'/:<>@";

enum Place : std::uint8_t { kLocal = 1, kDomain = 2, kResource = 4, kBeyondAscii = 8 };

constexpr std::array<std::uint8_t, 256> kPlaces = [] {
  std::array<std::uint8_t, 256> places{};
  for (unsigned byte = 0; byte < places.size(); ++byte) {
    const char c = static_cast<char>(byte);
    if (byte >= 0x80) {
      places[byte] = kBeyondAscii;
      continue;
    }
    unsigned allowed = 0;
    if (!is_control(c)) allowed |= kResource;
    if (!is_control(c) && c != ' ' && kNotInLocal.find(c) == std::string_view::npos) allowed |= kLocal;
    if (is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_') allowed |= kDomain;
    places[byte] = static_cast<std::uint8_t>(allowed);
  }
  return places;
}();

// Which places every byte may be in, and whether any is beyond ASCII.
struct Bytes {
  unsigned places = kLocal | kDomain | kResource;
  bool ascii = true;
};
Bytes look_at(std::string_view text) {
  unsigned all = kLocal | kDomain | kResource | kBeyondAscii;
  unsigned any = 0;
  for (const char c : text) {
    const unsigned allowed = kPlaces[static_cast<unsigned char>(c)];
    all &= allowed;
    any |= allowed;
  }
  return {all, (any & kBeyondAscii) == 0};
}

void append_folded(std::string& to, std::string_view text) {
  const std::size_t at = to.size();
  to.append(text);
  std::transform(to.begin() + static_cast<std::ptrdiff_t>(at), to.end(), to.begin() + static_cast<std::ptrdiff_t>(at),
                 [](char c) { return fold(c); });
}

base::Error wrong(std::string_view part, std::string_view what) {
  return {Errc::kInvalidJid, fmt::format("the {} of the JID {}", part, what)};
}

base::Status check_size(std::string_view name, std::string_view part) {
  if (part.empty()) return wrong(name, "is empty");
  if (part.size() > kMaxJidPart) return wrong(name, fmt::format("is longer than {} bytes", kMaxJidPart));
  return base::Done{};
}

base::Status append_local(std::string& to, std::string_view text) {
  constexpr std::string_view kName = "localpart";
  constexpr const char* kForbidden = "has a character that is forbidden there (\"&'/:<>@, space)";
  if (auto status = check_size(kName, text); !status) return status;
  const auto bytes = look_at(text);
  if (bytes.ascii) {
    if ((bytes.places & kLocal) == 0) return wrong(kName, kForbidden);
    append_folded(to, text);
    return base::Done{};
  }
  const auto normal = username_case_mapped(text);
  if (!normal) return wrong(kName, normal.error().text);
  // Again: a wide @ has become one.
  if (normal->find_first_of(kNotInLocal) != std::string::npos) return wrong(kName, kForbidden);
  to.append(*normal);
  return base::Done{};
}

// An xn-- label is looked into; RFC 5890 §2.3.2.1 has nothing against "--" elsewhere.
bool has_ace_label(std::string_view domain) {
  for (std::size_t at = domain.find("--"); at != std::string_view::npos; at = domain.find("--", at + 1)) {
    const bool begins = at == 2 || (at > 2 && domain[at - 3] == '.');
    if (begins && fold(domain[at - 2]) == 'x' && fold(domain[at - 1]) == 'n') return true;
  }
  return false;
}

bool has_empty_label(std::string_view domain) {
  return domain.starts_with('.') || domain.ends_with('.') || domain.find("..") != std::string_view::npos;
}

base::Status append_domain(std::string& to, std::string_view text) {
  constexpr std::string_view kName = "domainpart";
  if (text.ends_with('.')) text.remove_suffix(1);  // RFC 7622 §3.2: the root label is not kept
  if (auto status = check_size(kName, text); !status) return status;
  if (has_empty_label(text)) return wrong(kName, "has an empty label between dots");
  if ((look_at(text).places & kDomain) != 0 && !has_ace_label(text)) {
    append_folded(to, text);
    return base::Done{};
  }
  const auto normal = normal_domain(text);
  if (!normal) return wrong(kName, normal.error().text);
  to.append(*normal);
  return base::Done{};
}

base::Status append_resource(std::string& to, std::string_view text) {
  constexpr std::string_view kName = "resourcepart";
  if (auto status = check_size(kName, text); !status) return status;
  const auto bytes = look_at(text);
  if (bytes.ascii) {
    if ((bytes.places & kResource) == 0) return wrong(kName, "has a control character");
    to.append(text);
    return base::Done{};
  }
  const auto normal = opaque_string(text);
  if (!normal) return wrong(kName, normal.error().text);
  to.append(*normal);
  return base::Done{};
}

struct Parts {
  bool has_local = false;
  bool has_resource = false;
  std::string_view local;
  std::string_view domain;
  std::string_view resource;
};
// RFC 7622 §3.1: before anything is mapped, so that nothing becomes a separator by it.
Parts split(std::string_view text) {
  Parts parts;
  const std::size_t slash = text.find('/');
  parts.has_resource = slash != std::string_view::npos;
  if (parts.has_resource) parts.resource = text.substr(slash + 1);
  parts.domain = text.substr(0, slash);
  const std::size_t at = parts.domain.find('@');
  parts.has_local = at != std::string_view::npos;
  if (!parts.has_local) return parts;
  parts.local = parts.domain.substr(0, at);
  parts.domain.remove_prefix(at + 1);
  return parts;
}

}  // namespace

base::Result<Jid> Jid::parse(std::string_view text) {
  const Parts parts = split(text);
  Jid jid;
  jid.text_.reserve(std::min(text.size(), 3 * (kMaxJidPart + 1)));
  if (parts.has_local) {
    if (auto status = append_local(jid.text_, parts.local); !status) return status.error();
    jid.text_ += '@';
  }
  jid.domain_at_ = static_cast<std::uint16_t>(jid.text_.size());
  if (auto status = append_domain(jid.text_, parts.domain); !status) return status.error();
  jid.resource_at_ = static_cast<std::uint16_t>(jid.text_.size());
  if (parts.has_resource) {
    jid.text_ += '/';
    if (auto status = append_resource(jid.text_, parts.resource); !status) return status.error();
  }
  return jid;
}

base::Result<Jid> Jid::stored(std::string_view text) {
  const Parts parts = split(text);
  if (parts.has_local) {
    if (auto status = check_size("localpart", parts.local); !status) return status.error();
  }
  if (auto status = check_size("domainpart", parts.domain); !status) return status.error();
  if (parts.has_resource) {
    if (auto status = check_size("resourcepart", parts.resource); !status) return status.error();
  }
  if (!is_printable_utf8(text)) return {Errc::kInvalidJid, "the JID is not printable UTF-8"};
  Jid jid;
  jid.text_ = text;
  jid.domain_at_ = static_cast<std::uint16_t>(parts.has_local ? parts.local.size() + 1 : 0);
  jid.resource_at_ = static_cast<std::uint16_t>(jid.domain_at_ + parts.domain.size());
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

std::string shown(const Jid& jid) {
  const std::string_view text = jid.text();
  const std::size_t before = text.size() - (jid.is_bare() ? 0 : jid.resource().size() + 1) - jid.domain().size();
  std::string result(text.substr(0, before));
  result += ascii_domain(jid.domain());
  return result.append(text.substr(before + jid.domain().size()));
}

}  // namespace bourse::domain
