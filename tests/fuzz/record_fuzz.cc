// Records out of the database: whatever the bytes are, decoding is a value or an error; a value encodes to bytes
// that decode to it.
#include <cstdint>
#include <string_view>

#include "audit/entry.h"
#include "domain/records.h"

using namespace bourse;

namespace {

template <class Decode>
void round_trip(std::string_view bytes, Decode decode) {
  const auto value = decode(bytes);
  if (!value) return;
  const auto again = decode(domain::encode(*value));
  BOURSE_CHECK(again.ok() && *again == *value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  round_trip(bytes, [](std::string_view b) { return domain::decode_offer(b); });
  round_trip(bytes, [](std::string_view b) { return domain::decode_request(b); });
  round_trip(bytes, [](std::string_view b) { return domain::decode_grant(b); });
  round_trip(bytes, [](std::string_view b) { return domain::decode_availability(b); });
  (void)audit::decode_entry(bytes);
  return 0;
}
