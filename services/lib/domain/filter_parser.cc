#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "domain/ascii.h"
#include "domain/filter.h"
#include "domain/filter_node.h"
#include "domain/number.h"
#include "domain/utf8.h"

namespace bourse::domain {
namespace {

using base::Errc;
using Node = Filter::Node;
using Kind = Node::Kind;

constexpr std::size_t kMaxName = 320;  // the longest qualified resource name: 253 + '/' + 63

// Letters, digits, '-' as in RFC 4512 §1.4, and what the market's names have besides.
bool is_name_character(char c) {
  return is_alpha(c) || is_digit(c) || std::string_view("-._/+").find(c) != std::string_view::npos;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = fold(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string without_spaces(std::string text) {
  text.erase(std::remove_if(text.begin(), text.end(), is_space), text.end());
  return text;
}

Assertion make_assertion(Kind kind, const std::string& value) {
  Assertion assertion;
  assertion.folded = fold(value);
  if (kind == Kind::kApprox) assertion.squeezed = without_spaces(assertion.folded);
  assertion.number = parse_number(value);
  if (is_version(value)) assertion.version = Version{value};
  assertion.boolean = parse_boolean(value);
  return assertion;
}

// A recursive descent over RFC 4515 §3. Functions return false once `error_` is set. White space between
// parts is allowed, because people wrap long filters; inside a value it counts, at its ends it does not.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  base::Result<Node> run() {
    Node root;
    skip_space();
    if (parse_filter(root, 1)) {
      skip_space();
      if (at_ != text_.size()) fail("expected the end of the filter; put several filters into (&…) or (|…)");
    }
    if (error_) return *error_;
    return root;
  }

 private:
  bool fail_at(std::size_t at, std::string_view what) {
    if (!error_) error_ = base::Error{Errc::kInvalidPayload, fmt::format("filter, position {}: {}", at + 1, what)};
    return false;
  }
  bool fail(std::string_view what) { return fail_at(at_, what); }

  [[nodiscard]] bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool take(char c) {
    if (!next_is(c)) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  bool parse_filter(Node& node, std::size_t depth) {
    if (!next_is('(')) return fail("expected '('");
    if (depth > Filter::kMaxDepth) return fail(fmt::format("nested deeper than {} levels", Filter::kMaxDepth));
    ++at_;
    skip_space();
    const bool parsed = parse_inside(node, depth);
    if (!parsed) return false;
    skip_space();
    return take(')') || fail("expected ')'");
  }

  bool parse_inside(Node& node, std::size_t depth) {
    if (take('&')) return parse_list(node, Kind::kAnd, depth);
    if (take('|')) return parse_list(node, Kind::kOr, depth);
    if (take('!')) {
      node.kind = Kind::kNot;
      skip_space();
      return parse_filter(node.children.emplace_back(), depth + 1);
    }
    return parse_comparison(node);
  }

  // None is allowed: (&) is true and (|) is false (RFC 4526).
  bool parse_list(Node& node, Kind kind, std::size_t depth) {
    node.kind = kind;
    for (skip_space(); next_is('('); skip_space()) {
      if (!parse_filter(node.children.emplace_back(), depth + 1)) return false;
    }
    return true;
  }

  bool parse_comparison(Node& node) {
    if (++terms_ > Filter::kMaxTerms) return fail(fmt::format("more than {} comparisons", Filter::kMaxTerms));
    return parse_name(node.attribute) && parse_operator(node.kind) && parse_value(node);
  }

  bool parse_name(std::string& name) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_name_character(text_[at_])) ++at_;
    if (at_ == begin) return fail("expected an attribute name, '&', '|' or '!'");
    if (!is_alpha(text_[begin]) && !is_digit(text_[begin])) {
      return fail_at(begin, "an attribute name starts with a letter");
    }
    if (at_ - begin > kMaxName) return fail_at(begin, fmt::format("an attribute name longer than {} bytes", kMaxName));
    name = fold(text_.substr(begin, at_ - begin));
    return true;
  }

  bool parse_operator(Kind& kind) {
    skip_space();
    if (next_is(':')) return fail("extensible matches (':=') are not supported");
    if (next_is(';')) return fail("attribute options (';') are not supported");
    if (take('=')) {
      kind = Kind::kEqual;
      return true;
    }
    constexpr std::string_view kFirst = "><~";
    constexpr Kind kKinds[] = {Kind::kGreaterOrEqual, Kind::kLessOrEqual, Kind::kApprox};
    const std::size_t which = at_ < text_.size() ? kFirst.find(text_[at_]) : std::string_view::npos;
    if (which == std::string_view::npos) return fail("expected '=', '>=', '<=' or '~='");
    ++at_;
    kind = kKinds[which];
    return take('=') || fail("expected '=' (there is no '<' or '>' alone: use '<=', '>=' and '!')");
  }

  bool parse_value(Node& node) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != ')') {
      if (text_[at_] == '(') return fail("'(' inside a value: write it as \\28");
      if (text_[at_] == '\0') return fail("a zero byte inside a value: write it as \\00");
      if (text_[at_] == '*' && node.kind != Kind::kEqual) return fail("'*' matches only after '=': write it as \\2a");
      ++at_;
    }
    const std::size_t end = at_;
    if (end == text_.size()) return fail("expected ')'");
    const std::string_view raw = text_.substr(begin, end - begin);
    if (raw.find('*') != std::string_view::npos) return parse_pattern(node, begin, end);
    std::string value;
    if (!unescape(begin, end, value)) return false;
    node.assertion = make_assertion(node.kind, value);
    return true;
  }

  // The pieces between asterisks; of "*" alone, presence.
  bool parse_pattern(Node& node, std::size_t begin, std::size_t end) {
    node.kind = Kind::kSubstring;
    for (std::size_t from = begin; from <= end;) {
      const std::size_t to = std::min(text_.find('*', from), end);
      std::string piece;
      if (!unescape(from, to, piece)) return false;
      piece = fold(piece);
      if (from == begin) {
        node.pattern.initial = std::move(piece);
      } else if (to == end) {
        node.pattern.final = std::move(piece);
      } else if (!piece.empty()) {
        node.pattern.any.push_back(std::move(piece));
      }
      from = to + 1;
    }
    if (node.pattern.initial.empty() && node.pattern.any.empty() && node.pattern.final.empty()) {
      node.kind = Kind::kPresent;
    }
    return true;
  }

  // The bytes that text_[begin, end) stands for (RFC 4515 §3, valueencoding), without its outer space.
  bool unescape(std::size_t begin, std::size_t end, std::string& value) {
    const std::string_view raw = trim(text_.substr(begin, end - begin));
    const auto raw_at = static_cast<std::size_t>(raw.data() - text_.data());
    value.reserve(raw.size());
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != '\\') {
        value += raw[i];
        continue;
      }
      const int high = i + 1 < raw.size() ? hex_value(raw[i + 1]) : -1;
      const int low = i + 2 < raw.size() ? hex_value(raw[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return fail_at(raw_at + i, "expected two hexadecimal digits after '\\' (a backslash itself is \\5c)");
      }
      value += static_cast<char>(high * 16 + low);
      i += 2;
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t terms_ = 0;
  std::optional<base::Error> error_;
};

}  // namespace

base::Result<Filter> Filter::parse(std::string_view text) {
  if (text.size() > kMaxLength) {
    return {Errc::kInvalidPayload, fmt::format("the filter is longer than {} bytes", kMaxLength)};
  }
  if (!is_utf8(text)) return {Errc::kInvalidPayload, "the filter is not valid UTF-8"};
  auto root = Parser(text).run();
  if (!root) return root.error();
  Filter filter;
  filter.text_ = std::string(trim(text));
  filter.root_ = std::make_shared<const Node>(std::move(root).value());
  return filter;
}

}  // namespace bourse::domain
