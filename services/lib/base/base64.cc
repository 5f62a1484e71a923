#include "base/base64.h"

#include <algorithm>

#include "base/base64url.h"

namespace bourse::base {

std::string base64_encode(std::string_view bytes) {
  std::string text = base64url_encode(bytes);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

Result<std::string> base64_decode(std::string_view text) {
  const auto wrong = [] { return Error{Errc::kCorrupt, "not base64 with padding (RFC 4648, section 4)"}; };
  if (text.size() % 4 != 0 || text.find_first_of("-_") != std::string_view::npos) return wrong();
  std::string plain(text);
  for (int padding = 0; padding < 2 && plain.ends_with('='); ++padding) plain.pop_back();
  std::replace(plain.begin(), plain.end(), '+', '-');
  std::replace(plain.begin(), plain.end(), '/', '_');
  auto bytes = base64url_decode(plain);
  if (!bytes || base64_encode(*bytes) != text) return wrong();
  return bytes;
}

}  // namespace bourse::base
