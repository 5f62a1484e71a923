// The byte stream from the XMPP server: cut anywhere, the guard passes and refuses the same, and never holds
// more than one stanza.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "xmpp/stream_guard.h"

using namespace bourse;

namespace {

constexpr xmpp::GuardLimits kLimits{.stanza_bytes = 512, .depth = 6};
constexpr std::size_t kMostHeld = 16'384;  // the stream's own header has a limit of its own

struct Record final : xmpp::GuardSink {
  void pass(std::string_view bytes) override { passed += bytes; }
  void refuse(const xmpp::Refusal& refusal) override { refused += refusal.name + "/" + refusal.id + "\n"; }
  std::string passed;
  std::string refused;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0] % 16;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  Record whole;
  xmpp::StreamGuard at_once(kLimits, whole);
  const bool fine = at_once.feed(bytes);

  Record parts;
  xmpp::StreamGuard piecewise(kLimits, parts);
  bool fine_too = true;
  for (std::size_t at = 0; at < bytes.size() && fine_too; at += piece) {
    fine_too = piecewise.feed(bytes.substr(at, piece));
    BOURSE_CHECK(piecewise.held_bytes() <= kMostHeld + piece);
  }
  BOURSE_CHECK(fine == fine_too);
  if (!fine) return 0;  // the stream is closed; how much was answered before depends on the reads
  BOURSE_CHECK(whole.refused == parts.refused);
  BOURSE_CHECK(whole.passed == parts.passed);
  return 0;
}
