#include "domain/resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "domain/ascii.h"

namespace bourse::domain {
namespace {

using base::Errc;

constexpr std::size_t kMaxName = 63;
constexpr std::size_t kMaxPrefix = 253;
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

bool is_alphanumeric(char c) { return is_alpha(c) || is_digit(c); }

bool is_simple_name(std::string_view text, std::size_t longest, std::string_view inner) {
  return !text.empty() && text.size() <= longest && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [inner](char c) { return is_alphanumeric(c) || inner.find(c) != std::string_view::npos; });
}

// Kubernetes' qualified name: [prefix/]name.
bool is_qualified_name(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return is_simple_name(text, kMaxName, "-_.");
  return is_simple_name(text.substr(0, slash), kMaxPrefix, "-.") &&
         is_simple_name(text.substr(slash + 1), kMaxName, "-_.");
}

auto find(auto& entries, std::string_view name) {
  return std::lower_bound(
      entries.begin(), entries.end(), name,
      [](const Resources::Entry& entry, std::string_view wanted) { return entry.name.compare(wanted) < 0; });
}

}  // namespace

base::Status Resources::add(std::string_view name, std::int64_t amount) {
  if (!is_qualified_name(name)) {
    return {Errc::kInvalidPayload,
            fmt::format("'{}' is not a resource name: letters, digits, '-', '_' and '.', at most {} characters, "
                        "optionally after a domain and '/'",
                        name.substr(0, kMaxName), kMaxName)};
  }
  if (amount <= 0) return {Errc::kInvalidPayload, fmt::format("resource '{}' needs an amount greater than 0", name)};
  const auto at = find(entries_, name);
  if (at != entries_.end() && at->name == name) {
    return {Errc::kInvalidPayload, fmt::format("resource '{}' is there twice: name each resource once", name)};
  }
  entries_.insert(at, Entry{std::string(name), amount});
  return base::Done{};
}

void Resources::increase(std::string_view name, std::int64_t amount) {
  BOURSE_CHECK(amount > 0);
  const auto at = find(entries_, name);
  if (at != entries_.end() && at->name == name) {
    at->amount = amount > kMost - at->amount ? kMost : at->amount + amount;
  } else {
    entries_.insert(at, Entry{std::string(name), amount});
  }
}

std::int64_t Resources::amount(std::string_view name) const {
  const auto at = find(entries_, name);
  return at != entries_.end() && at->name == name ? at->amount : 0;
}

}  // namespace bourse::domain
