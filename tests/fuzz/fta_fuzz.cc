// Files in Failure Trace Archive form, whatever is in them: every line is an interval that comes back the same when it
// is written, or an error that names it.
#include <cstdint>
#include <string>
#include <string_view>

#include "history/fta.h"

using namespace bourse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const base::Timestamp now{std::chrono::hours(24 * 365 * 60)};
  history::FtaReader reader(now, {.line = 256, .field = 32, .nodes = 8, .spans = 16});
  history::FtaReader second(now);
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto event = reader.line(line);
    if (!event.ok()) {
      BOURSE_CHECK(event.error().text.starts_with("line " + std::to_string(reader.lines()) + ": "));
    } else if (event->has_value()) {
      const auto again = second.line(history::fta_line(**event, 0));
      BOURSE_CHECK(again.ok() && *again == *event);
      (void)history::fta_provider(**event, "trace.example");
    }
  }
  return 0;
}
