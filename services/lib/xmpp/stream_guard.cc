#include "xmpp/stream_guard.h"

#include <algorithm>
#include <cstring>

namespace bourse::xmpp {
namespace {

constexpr std::size_t kMaxStreamHeader = 16 * 1024;
constexpr std::size_t kMaxAddress = 6 * 3072;  // a JID of 3071 bytes, each of them escaped
constexpr std::size_t kMaxStanzaId = 1024;

std::size_t find(std::string_view bytes, std::size_t at, char c) {
  const void* found = std::memchr(bytes.data() + at, c, bytes.size() - at);
  return found == nullptr ? bytes.size() : static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// A raw attribute value that may stand between single quotes, whatever quotes it stood between.
std::string requoted(std::string_view raw, std::size_t most) {
  if (raw.size() > most) return {};
  std::string text;
  text.reserve(raw.size());
  for (const char c : raw) {
    if (c == '\'') {
      text += "&apos;";
    } else {
      text += c;
    }
  }
  return text;
}

void keep_attribute(Refusal& refusal, std::string_view name, std::string_view raw) {
  if (name == "from") refusal.from = requoted(raw, kMaxAddress);
  if (name == "to") refusal.to = requoted(raw, kMaxAddress);
  if (name == "id") refusal.id = requoted(raw, kMaxStanzaId);
  if (name == "type") refusal.type = requoted(raw, kMaxStanzaId);
}

// Reads `<name a='b' …` as far as it is there.
void read_start_tag(std::string_view tag, Refusal& refusal) {
  std::size_t at = std::min<std::size_t>(1, tag.size());
  const auto skip_space = [&] {
    while (at < tag.size() && is_space(tag[at])) ++at;
  };
  const std::size_t name_at = at;
  while (at < tag.size() && !is_space(tag[at]) && tag[at] != '>' && tag[at] != '/') ++at;
  refusal.name = std::string(tag.substr(name_at, std::min<std::size_t>(at - name_at, 64)));
  for (;;) {
    skip_space();
    const std::size_t attribute_at = at;
    while (at < tag.size() && !is_space(tag[at]) && tag[at] != '=' && tag[at] != '>' && tag[at] != '/') ++at;
    const std::string_view attribute = tag.substr(attribute_at, at - attribute_at);
    skip_space();
    if (attribute.empty() || at >= tag.size() || tag[at] != '=') return;
    ++at;
    skip_space();
    if (at >= tag.size() || (tag[at] != '\'' && tag[at] != '"')) return;
    const std::size_t end = tag.find(tag[at], at + 1);
    if (end == std::string_view::npos) return;
    keep_attribute(refusal, attribute, tag.substr(at + 1, end - at - 1));
    at = end + 1;
  }
}

}  // namespace

bool StreamGuard::feed(std::string_view bytes) {
  at_ = from_ = begin_ = 0;
  while (at_ < bytes.size() && state_ != State::kFault) step(bytes);
  if (state_ == State::kFault) {
    held_.clear();
    return false;
  }
  const bool between = state_ == State::kText && depth_ <= 1;
  if (swallowing_) return true;
  if (between && held_.empty()) begin_ = at_;
  pass_finished(bytes);
  if (!between) {
    const std::size_t most = depth_ == 0 ? kMaxStreamHeader : limits_.stanza_bytes;
    if (stanza_size() <= most) {
      held_.append(bytes.substr(begin_));
    } else if (depth_ == 0) {
      state_ = State::kFault;
      return false;
    } else {
      refuse(bytes, RefusalReason::kTooBig);
    }
  }
  return true;
}

void StreamGuard::step(std::string_view bytes) {
  switch (state_) {
    case State::kText:
      at_ = find(bytes, at_, '<');
      if (at_ == bytes.size()) return;
      if (depth_ <= 1 && !swallowing_) begin_ = at_;
      ++at_;
      state_ = State::kOpened;
      return;
    case State::kOpened:
      opened(bytes[at_++]);
      return;
    case State::kStartTag:
      start_tag(bytes);
      return;
    case State::kQuoted:
      at_ = find(bytes, at_, quote_);
      if (at_ == bytes.size()) return;
      ++at_;
      state_ = State::kStartTag;
      return;
    case State::kSlash:
      if (bytes[at_] != '>') {
        state_ = State::kStartTag;
        return;
      }
      ++at_;
      element_ended(bytes);
      return;
    case State::kEndTag:
      at_ = find(bytes, at_, '>');
      if (at_ == bytes.size()) return;
      ++at_;
      --depth_;
      element_ended(bytes);
      return;
    case State::kDeclaration:
      if (question_ && bytes[at_] == '>') state_ = State::kText;
      question_ = bytes[at_++] == '?';
      if (state_ == State::kText) stanza_ended(bytes);
      return;
    case State::kFault:
      return;
  }
}

void StreamGuard::opened(char c) {
  if (c == '/') {
    state_ = depth_ == 0 ? State::kFault : State::kEndTag;
  } else if (c == '?' && depth_ == 0) {
    state_ = State::kDeclaration;
    question_ = false;
  } else if (c == '!' || c == '?' || c == '>' || c == '<') {
    state_ = State::kFault;
  } else {
    state_ = State::kStartTag;
  }
}

void StreamGuard::start_tag(std::string_view bytes) {
  for (; at_ < bytes.size(); ++at_) {
    switch (bytes[at_]) {
      case '>':
        ++at_;
        element_started(bytes);
        return;
      case '/':
        ++at_;
        state_ = State::kSlash;
        return;
      case '\'':
      case '"':
        quote_ = bytes[at_++];
        state_ = State::kQuoted;
        return;
      default:
        break;
    }
  }
}

void StreamGuard::element_started(std::string_view bytes) {
  state_ = State::kText;
  ++depth_;
  if (depth_ == 1) {
    begin_ = at_;  // the stream's header: no stanza, whatever its size
    if (!held_.empty()) pass_finished(bytes);
  } else {
    check_depth(bytes, depth_ - 1);
  }
}

void StreamGuard::element_ended(std::string_view bytes) {
  const bool self_closed = state_ == State::kSlash;
  state_ = State::kText;
  if (self_closed) check_depth(bytes, depth_);
  if (depth_ <= 1) stanza_ended(bytes);
}

void StreamGuard::check_depth(std::string_view bytes, std::size_t depth) {
  if (depth > limits_.depth && !swallowing_) refuse(bytes, RefusalReason::kTooDeep);
}

// Everything up to at_ is whole.
void StreamGuard::stanza_ended(std::string_view bytes) {
  if (swallowing_) {
    swallowing_ = false;
    from_ = begin_ = at_;
    return;
  }
  if (depth_ == 1 && stanza_size() > limits_.stanza_bytes) {
    refuse(bytes, RefusalReason::kTooBig);
    swallowing_ = false;
    return;
  }
  begin_ = at_;
  if (!held_.empty()) pass_finished(bytes);
}

void StreamGuard::pass_finished(std::string_view bytes) {
  if (begin_ == from_) return;
  const std::string_view finished = bytes.substr(from_, begin_ - from_);
  from_ = begin_;
  if (held_.empty()) {
    sink_.pass(finished);
    return;
  }
  held_.append(finished);
  sink_.pass(held_);
  held_.clear();
}

void StreamGuard::refuse(std::string_view bytes, RefusalReason reason) {
  if (held_.empty()) pass_finished(bytes);
  Refusal refusal;
  refusal.reason = reason;
  held_.append(bytes.substr(begin_, at_ - begin_));
  read_start_tag(held_, refusal);
  held_ = std::string();  // gives the memory back
  swallowing_ = true;
  from_ = begin_ = at_;
  sink_.refuse(refusal);
}

std::string render_refusal(const Refusal& refusal, const GuardLimits& limits) {
  const bool iq = refusal.name == "iq" && (refusal.type == "get" || refusal.type == "set");
  const bool message = refusal.name == "message" && refusal.type != "error";
  if ((!iq && !message) || refusal.from.empty() || refusal.to.empty()) return {};
  std::string xml = "<" + refusal.name + " type='error' from='" + refusal.to + "' to='" + refusal.from + "'";
  if (!refusal.id.empty()) xml += " id='" + refusal.id + "'";
  if (refusal.reason == RefusalReason::kTooBig) {
    xml +=
        "><error type='modify'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
        "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>the stanza is larger than " +
        std::to_string(limits.stanza_bytes) +
        " bytes</text><payload-too-big xmlns='http://jabber.org/protocol/pubsub#errors'/></error>";
  } else {
    xml +=
        "><error type='modify'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
        "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>the stanza nests elements more than " +
        std::to_string(limits.depth) + " levels deep</text></error>";
  }
  return xml + "</" + refusal.name + ">";
}

}  // namespace bourse::xmpp
