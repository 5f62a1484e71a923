// Purpose: stands between the socket and gloox's parser, which bounds neither depth nor size. Finds the
//   stanzas in the byte stream in one pass and lets only those through that keep the limits; another is
//   swallowed to its end, and its sender's address handed out for an answer. The link survives.
// Lifetime: one per connection. Threads: the network thread's.
// Memory: at most one unfinished stanza, within the limit, and one read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bourse::xmpp {

struct GuardLimits {
  std::size_t stanza_bytes = 262'144;
  std::size_t depth = 64;  // elements inside each other, the stanza itself being the first
};

enum class RefusalReason { kTooBig, kTooDeep };

// The start tag of a refused stanza. Values are still escaped, and safe between single quotes; empty where
// absent, or longer than any address or id may be.
struct Refusal {
  RefusalReason reason = RefusalReason::kTooBig;
  std::string name;  // iq, message, presence
  std::string type;
  std::string from;
  std::string to;
  std::string id;
};

class GuardSink {
 public:
  virtual ~GuardSink() = default;
  // Whole stanzas (and the stream's own tags), as they came.
  virtual void pass(std::string_view bytes) = 0;
  virtual void refuse(const Refusal& refusal) = 0;
};

class StreamGuard {
 public:
  StreamGuard(GuardLimits limits, GuardSink& sink) : limits_(limits), sink_(sink) {}

  // False when the stream has something XMPP forbids (RFC 6120 §11.1: comments, processing instructions,
  // document types, CDATA of our servers never come) or a stream header without end: close it. After that
  // nothing passes any more.
  [[nodiscard]] bool feed(std::string_view bytes);

  [[nodiscard]] std::size_t held_bytes() const { return held_.size(); }

 private:
  enum class State { kText, kOpened, kStartTag, kQuoted, kSlash, kEndTag, kDeclaration, kFault };

  void step(std::string_view bytes);
  void start_tag(std::string_view bytes);
  void opened(char c);
  void element_started(std::string_view bytes);
  void element_ended(std::string_view bytes);
  void stanza_ended(std::string_view bytes);
  void pass_finished(std::string_view bytes);
  void check_depth(std::string_view bytes, std::size_t depth);
  void refuse(std::string_view bytes, RefusalReason reason);
  [[nodiscard]] std::size_t stanza_size() const { return held_.size() + (at_ - begin_); }

  GuardLimits limits_;
  GuardSink& sink_;
  State state_ = State::kText;
  char quote_ = 0;
  bool question_ = false;    // the last byte of the declaration was a '?'
  std::size_t depth_ = 0;    // 1: inside the stream, between stanzas
  bool swallowing_ = false;  // the rest of a refused stanza
  std::string held_;         // of an unfinished stanza, from earlier reads

  // Within the current read:
  std::size_t at_ = 0;
  std::size_t from_ = 0;   // what is before was passed, held or swallowed
  std::size_t begin_ = 0;  // where the unfinished stanza begins; all between from_ and here is finished
};

// The answer to a refused stanza, or empty where none may be given (RFC 6120 §8.3.1: never to an error
// or a result).
[[nodiscard]] std::string render_refusal(const Refusal& refusal, const GuardLimits& limits);

}  // namespace bourse::xmpp
