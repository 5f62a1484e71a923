#include "xmpp/client_xml.h"

#include <fmt/format.h>
#include <gloox/parser.h>
#include <gloox/tag.h>
#include <gloox/taghandler.h>

#include <algorithm>
#include <memory>
#include <string>

#include "xmpp/element.h"
#include "xmpp/payload.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using base::Error;
using base::Result;

constexpr std::size_t kMostBytes = 256 * 1024;
constexpr std::size_t kMostTags = 20'000;  // gloox recurses once a level, so this bounds its stack

class KeepTag final : public gloox::TagHandler {
 public:
  void handleTag(gloox::Tag* tag) override {
    if (tag == nullptr) return;
    ++seen;
    if (!kept) kept.reset(tag->clone());
  }
  std::unique_ptr<gloox::Tag> kept;
  int seen = 0;
};

// Without comments, which gloox does not know. Line feeds inside stay, so that lines keep their numbers.
std::string without_comments(std::string_view xml) {
  std::string text;
  while (!xml.empty()) {
    const auto begin = std::min(xml.find("<!--"), xml.size());
    text += xml.substr(0, begin);
    xml.remove_prefix(begin);
    if (xml.empty()) break;
    const auto end = std::min(xml.find("-->"), xml.size());
    text.append(static_cast<std::size_t>(std::count(xml.begin(), xml.begin() + static_cast<std::ptrdiff_t>(end), '\n')),
                '\n');
    xml.remove_prefix(std::min(end + 3, xml.size()));
  }
  return text;
}

bool within_depth(std::string_view xml) {
  std::size_t opened = 0;
  std::size_t closed = 0;
  for (std::size_t i = 0; i + 1 < xml.size(); ++i) {
    if (xml[i] == '<') ++(xml[i + 1] == '/' ? closed : opened);
    if (xml[i] == '/' && xml[i + 1] == '>') ++closed;
    if (opened > kMostTags || opened > closed + 64) return false;
  }
  return true;
}

Result<std::unique_ptr<gloox::Tag>> parse_xml(std::string_view xml) {
  if (xml.size() > kMostBytes) {
    return {Errc::kPayloadTooBig, fmt::format("the file has more than {} bytes", kMostBytes)};
  }
  std::string text = without_comments(xml);
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return {Errc::kInvalidPayload, "the file is empty"};
  const auto lead =
      static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(first), '\n'));
  text.erase(0, first);
  if (!within_depth(text)) return {Errc::kInvalidPayload, "the file nests elements too deeply or has too many"};
  KeepTag keep;
  gloox::Parser parser(&keep);
  const std::string whole = text;  // feed() may consume its argument
  const int position = parser.feed(text);
  if (position >= 0) {
    const auto stop = std::min(static_cast<std::size_t>(position), whole.size());
    const auto line =
        1 + lead +
        static_cast<std::size_t>(std::count(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(stop), '\n'));
    return {Errc::kInvalidPayload, fmt::format("line {}: the XML is not well-formed", line)};
  }
  if (!keep.kept) return {Errc::kInvalidPayload, "the XML is not well-formed: its root element does not end"};
  if (keep.seen > 1) return {Errc::kInvalidPayload, "the file holds more than one element"};
  return std::move(keep.kept);
}

template <class T>
Result<T> parse_payload(std::string_view xml, const char* name, Result<T> (*parse)(const gloox::Tag&)) {
  const auto tag = parse_xml(xml);
  if (!tag) return tag.error();
  if (!is(**tag, name, kMarketNs)) {
    return {Errc::kInvalidPayload,
            fmt::format("expected <{} xmlns='{}'>, found <{}>", name, kMarketNs, (*tag)->name())};
  }
  return parse(**tag);
}

}  // namespace

Result<domain::Offer> offer_from_xml(std::string_view xml) { return parse_payload(xml, "offer", &parse_offer); }
Result<domain::Request> request_from_xml(std::string_view xml) { return parse_payload(xml, "request", &parse_request); }

}  // namespace bourse::xmpp
