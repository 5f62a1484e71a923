// Tickets from strangers: nothing but what the key signed is ever accepted.
#include <cstdint>
#include <string_view>

#include "domain/ticket.h"

using namespace bourse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto kKey = base::SigningKey::generate().verify_key();
  static const auto kProvider = domain::Jid::parse("ann@a.test").value();
  const auto ticket =
      domain::verify_ticket({reinterpret_cast<const char*>(data), size}, kKey, kProvider, base::Timestamp{});
  BOURSE_CHECK(!ticket.ok());
  return 0;
}
