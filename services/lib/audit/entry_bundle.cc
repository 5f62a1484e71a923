#include "audit/entry_bundle.h"

namespace bourse::audit {

base::Status append_entry(std::string_view entry, std::string& bundle) {
  if (entry.size() > kMaxEntryBytes) {
    return {base::Errc::kPayloadTooBig, "an audit entry of " + std::to_string(entry.size()) + " bytes: at most " +
                                            std::to_string(kMaxEntryBytes) + " fit into the log's format"};
  }
  bundle += static_cast<char>(static_cast<unsigned char>(entry.size() >> 8U));
  bundle += static_cast<char>(static_cast<unsigned char>(entry.size() & 0xFFU));
  bundle += entry;
  return base::Done{};
}

base::Result<std::vector<std::string_view>> parse_bundle(std::string_view bundle, unsigned width) {
  const auto wrong = [](std::string what) {
    return base::Error{base::Errc::kCorrupt, "a bundle of entries is damaged: " + std::move(what)};
  };
  std::vector<std::string_view> entries;
  while (!bundle.empty()) {
    if (entries.size() == width) return wrong("it has more than " + std::to_string(width) + " entries");
    if (bundle.size() < 2) return wrong("it ends within a length");
    const std::size_t size =
        static_cast<std::size_t>(static_cast<unsigned char>(bundle[0])) << 8U | static_cast<unsigned char>(bundle[1]);
    if (bundle.size() < 2 + size) return wrong("it ends within an entry");
    entries.push_back(bundle.substr(2, size));
    bundle.remove_prefix(2 + size);
  }
  if (entries.size() != width) {
    return wrong("it has " + std::to_string(entries.size()) + " entries, not " + std::to_string(width));
  }
  return entries;
}

}  // namespace bourse::audit
