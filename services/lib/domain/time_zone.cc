#include "domain/time_zone.h"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "domain/ascii.h"

namespace bourse::domain {

using base::Errc;

bool is_zone_name(std::string_view name) {
  constexpr std::size_t kMaxName = 64;
  const auto is_named_so = [](char c) {
    return is_alpha(c) || is_digit(c) || std::string_view("/_-+").find(c) != std::string_view::npos;
  };
  return name.size() <= kMaxName && std::all_of(name.begin(), name.end(), is_named_so);
}

base::Result<const date::time_zone*> find_zone(std::string_view name) {
  if (!is_zone_name(name)) {
    return {Errc::kInvalidPayload, "the time zone's name is not one: use an IANA name such as Europe/Berlin"};
  }
  const base::Error unknown{Errc::kInvalidPayload,
                            fmt::format("there is no time zone '{}': use an IANA name such as Europe/Berlin", name)};
  if (name == "localtime") return unknown;  // would mean another zone on another machine
  try {
    const auto& zones = date::get_tzdb().zones;
    const auto found = std::lower_bound(zones.begin(), zones.end(), name,
                                        [](const auto& zone, std::string_view wanted) { return zone.name() < wanted; });
    if (found == zones.end() || found->name() != name) return unknown;
    (void)found->get_info(date::sys_seconds{});  // reads the file, which may fail
    return &*found;
  } catch (const std::exception& error) {
    return {
        Errc::kUnavailable,
        fmt::format("the time zone database of this machine cannot be read (is tzdata installed?): {}", error.what())};
  }
}

base::Result<base::Duration> east_of(std::string_view name, base::Timestamp at) {
  const auto zone = find_zone(name);
  if (!zone) return zone.error();
  return base::Duration((*zone)->get_info(std::chrono::floor<std::chrono::seconds>(at)).offset);
}

}  // namespace bourse::domain
