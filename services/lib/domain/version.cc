#include <algorithm>

#include "domain/ascii.h"
#include "domain/attribute.h"

namespace bourse::domain {
namespace {

bool separates(char c) { return !is_digit(c) && !is_alpha(c) && static_cast<unsigned char>(c) < 0x80; }

// Takes the next part off `rest`: a run of digits or a run of letters. "0" when nothing is left, because
// missing parts count as 0.
std::string_view next_part(std::string_view& rest) {
  while (!rest.empty() && separates(rest.front())) rest.remove_prefix(1);
  if (rest.empty()) return "0";
  const bool digits = is_digit(rest.front());
  std::size_t size = 1;
  while (size < rest.size() && !separates(rest[size]) && is_digit(rest[size]) == digits) ++size;
  const std::string_view part = rest.substr(0, size);
  rest.remove_prefix(size);
  return part;
}

// Of any length: no number is too long for a version.
int compare_numbers(std::string_view a, std::string_view b) {
  a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
  b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b);
}

int compare_parts(std::string_view a, std::string_view b) {
  const bool a_number = is_digit(a.front());
  const bool b_number = is_digit(b.front());
  if (a_number != b_number) return a_number ? 1 : -1;
  return a_number ? compare_numbers(a, b) : compare_folded(a, b);
}

}  // namespace

std::weak_ordering operator<=>(const Version& a, const Version& b) {
  std::string_view rest_a = a.text;
  std::string_view rest_b = b.text;
  while (!rest_a.empty() || !rest_b.empty()) {
    const int order = compare_parts(next_part(rest_a), next_part(rest_b));
    if (order != 0) return order < 0 ? std::weak_ordering::less : std::weak_ordering::greater;
  }
  return std::weak_ordering::equivalent;
}

bool operator==(const Version& a, const Version& b) { return (a <=> b) == 0; }

}  // namespace bourse::domain
