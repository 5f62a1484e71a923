#include "xmpp/stamped_sender.h"

#include <fmt/format.h>
#include <gloox/tag.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstddef>
#include <utility>

#include "xmpp/element.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

constexpr base::Duration kReportEvery = std::chrono::minutes(1);
constexpr std::size_t kMostQuoted = 128;

// Foreign text goes to the log without what moves a terminal's cursor.
std::string quoted(std::string_view text) {
  std::string plain = clipped(text, kMostQuoted);
  for (char& c : plain) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return plain;
}

}  // namespace

std::optional<domain::Jid> StampedSenders::of(const gloox::Tag& stanza) {
  const std::string& from = attribute_or_empty(stanza, "from");
  auto sender = domain::Jid::parse(from);
  if (sender && stanza.prefix().empty()) return std::move(*sender);
  ++dropped_;
  const std::string why = sender ? "it is in a foreign namespace" : sender.error().text;
  last_ = fmt::format("<{}/> from '{}': {}", quoted(stanza.name()), quoted(from), quoted(why));
  return std::nullopt;
}

std::uint64_t StampedSenders::report(base::Timestamp now) {
  const auto count = dropped_ - reported_;
  if (count == 0 || (reported_at_ && now - *reported_at_ < kReportEvery)) return 0;
  spdlog::warn("{} stanzas were dropped, as nobody can be answered; the latest is a {}", count, last_);
  reported_ = dropped_;
  reported_at_ = now;
  return count;
}

bool is_address(const gloox::Tag& stanza, std::string_view attribute, const domain::Jid& jid) {
  const std::string& text = attribute_or_empty(stanza, attribute);
  if (text == jid.text()) return true;
  const auto parsed = domain::Jid::parse(text);
  return parsed.ok() && *parsed == jid;
}

}  // namespace bourse::xmpp
