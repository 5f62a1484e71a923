#include "bench/publish/stanza_scanner.h"

#include <algorithm>

namespace bourse::bench {
namespace {

// The position after the '>' that closes the tag at `from`, npos if it is not there yet. A quoted value may
// hold a '>'.
std::size_t tag_end(const std::string& text, std::size_t from) {
  for (std::size_t at = text.find_first_of("'\">", from); at != std::string::npos;
       at = text.find_first_of("'\">", at)) {
    if (text[at] == '>') return at + 1;
    at = text.find(text[at], at + 1);
    if (at == std::string::npos) break;
    ++at;
  }
  return std::string::npos;
}

}  // namespace

std::string_view StanzaScanner::next() {
  while (true) {
    const std::size_t open = buffer_.find('<', position_);
    if (open == std::string::npos) break;
    const std::size_t end = tag_end(buffer_, open);
    if (end == std::string::npos) break;
    position_ = end;
    const char second = buffer_[open + 1];
    if (second == '?') continue;
    const bool closing = second == '/';
    const bool empty = buffer_[end - 2] == '/';
    if (!closing && depth_ == 1) start_ = open;
    if (!empty) depth_ += closing ? -1 : 1;
    if (depth_ == 1 && (closing || empty)) return std::string_view(buffer_).substr(start_, end - start_);
    if (depth_ == 0) return "</stream:stream>";
  }
  compact();
  return {};
}

void StanzaScanner::compact() {
  const std::size_t keep = depth_ <= 1 ? position_ : start_;
  buffer_.erase(0, keep);
  position_ -= keep;
  start_ -= std::min(start_, keep);
}

void StanzaScanner::restart() {
  buffer_.clear();
  position_ = start_ = 0;
  depth_ = 0;
}

std::string_view attribute(std::string_view stanza, std::string_view name) {
  const std::string_view tag = stanza.substr(0, stanza.find('>'));
  for (std::size_t at = tag.find(name); at != std::string_view::npos; at = tag.find(name, at + 1)) {
    const std::size_t equals = at + name.size();
    if (at == 0 || tag[at - 1] != ' ' || equals + 1 >= tag.size() || tag[equals] != '=') continue;
    const std::size_t close = tag.find(tag[equals + 1], equals + 2);
    if (close == std::string_view::npos) return {};
    return tag.substr(equals + 2, close - equals - 2);
  }
  return {};
}

std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
  const std::size_t from = text.find(before);
  if (from == std::string_view::npos) return {};
  const std::size_t start = from + before.size();
  const std::size_t end = text.find(after, start);
  return end == std::string_view::npos ? std::string_view{} : text.substr(start, end - start);
}

}  // namespace bourse::bench
