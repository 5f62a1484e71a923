#include "xmpp/payload_log.h"

#include <gloox/tag.h>

#include <utility>

#include "audit/checkpoint.h"
#include "audit/entry_bundle.h"
#include "audit/tile.h"
#include "base/base64.h"
#include "xmpp/element.h"
#include "xmpp/page_fit.h"
#include "xmpp/payload.h"
#include "xmpp/payload_fields.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Done;
using base::Result;
using base::Status;
using market::LogAnswer;

constexpr std::size_t kHashBytes = sizeof(audit::Hash);
constexpr std::size_t kMostPathHashes = 63;          // no tree of audit::kMaxTreeSize leaves has a longer path
constexpr std::size_t kMostConsistencyHashes = 128;  // two paths

Result<std::uint64_t> read_number(const gloox::Tag& tag, std::string_view name, std::uint64_t most) {
  const auto text = required(tag, name);
  if (!text) return text.error();
  const auto number = parse_number(*text, most);
  if (!number) return within(tag, number.error());
  return *number;
}

Result<std::string> read_bytes(const gloox::Tag& tag, std::size_t most) {
  if (const auto childless = no_children(tag); !childless) return childless.error();
  const std::string text = text_of(tag);
  if (text.size() > (most + 2) / 3 * 4) return invalid(tag, "more than " + std::to_string(most) + " bytes");
  auto bytes = base::base64_decode(text);
  if (!bytes) return within(tag, {base::Errc::kInvalidPayload, bytes.error().text});
  return bytes;
}

Result<std::string> read_hash(const gloox::Tag& tag) {
  if (const auto known = only_attributes(tag, {}); !known) return known.error();
  auto bytes = read_bytes(tag, kHashBytes);
  if (bytes && bytes->size() != kHashBytes) return invalid(tag, "a hash has 32 bytes");
  return bytes;
}

// As written: line ends are part of what is signed. Some clients drop the last one.
Result<std::string> read_note(const gloox::Tag& tag, std::uint64_t size) {
  if (const auto childless = no_children(tag); !childless) return childless.error();
  std::string text = tag.cdata();
  if (!text.ends_with('\n')) text += '\n';
  const auto note = audit::read_unverified(text);
  if (!note) return invalid(tag, note.error().text);
  if (note->checkpoint.size != size) return invalid(tag, "its size is not that of the note");
  return text;
}

Status read_checkpoint(const gloox::Tag& tag, LogAnswer& answer) {
  if (const auto known = only_attributes(tag, {"size", "at"}); !known) return known.error();
  const auto size = read_number(tag, "size", audit::kMaxTreeSize);
  if (!size) return size.error();
  market::CheckpointRow row;
  row.size = *size;
  if (attribute(tag, "at") != nullptr) {
    const auto at = read_timestamp(tag, "at");
    if (!at) return at.error();
    row.at = *at;
  }
  auto note = read_note(tag, *size);
  if (!note) return note.error();
  row.note = std::move(*note);
  answer.checkpoint = std::move(row);
  return Done{};
}

// Calls `read` for each child, which has to be called `name`.
template <class Read>
Status read_list(const gloox::Tag& tag, std::string_view name, std::size_t most, Read&& read) {
  if (const auto known = only_attributes(tag, {}); !known) return known.error();
  if (const auto plain = no_text(tag); !plain) return plain.error();
  std::size_t count = 0;
  for (const auto* child : tag.children()) {
    if (!is_in(*child, kMarketNs)) continue;
    if (child->name() != name) return unknown_element(*child, tag);
    if (++count > most) return invalid(tag, "more than " + std::to_string(most) + " of them");
    if (const auto done = read(*child); !done) return done.error();
  }
  return Done{};
}

Status read_consistency(const gloox::Tag& tag, LogAnswer& answer) {
  return read_list(tag, "hash", kMostConsistencyHashes, [&](const gloox::Tag& child) -> Status {
    auto hash = read_hash(child);
    if (!hash) return hash.error();
    answer.consistency.push_back(std::move(*hash));
    return Done{};
  });
}

Result<market::Receipt> read_receipt(const gloox::Tag& tag) {
  if (const auto known = only_attributes(tag, {"index"}); !known) return known.error();
  if (const auto plain = no_text(tag); !plain) return plain.error();
  const auto index = read_number(tag, "index", audit::kMaxTreeSize);
  if (!index) return index.error();
  market::Receipt receipt;
  receipt.index.value = *index;
  bool entry_read = false;
  for (const auto* child : tag.children()) {
    if (!is_in(*child, kMarketNs)) continue;
    if (child->name() == "entry" && !entry_read) {
      if (const auto known = only_attributes(*child, {}); !known) return known.error();
      auto bytes = read_bytes(*child, audit::kMaxEntryBytes);
      if (!bytes) return bytes.error();
      receipt.entry = std::move(*bytes);
      entry_read = true;
    } else if (child->name() == "hash" && receipt.hashes.size() < kMostPathHashes) {
      auto hash = read_hash(*child);
      if (!hash) return hash.error();
      receipt.hashes.push_back(std::move(*hash));
    } else {
      return unknown_element(*child, tag);
    }
  }
  if (!entry_read) return invalid(tag, "<entry/> is missing");
  return receipt;
}

Status read_receipts(const gloox::Tag& tag, LogAnswer& answer) {
  return read_list(tag, "receipt", market::kMostReceipts, [&](const gloox::Tag& child) -> Status {
    auto receipt = read_receipt(child);
    if (!receipt) return receipt.error();
    answer.receipts.push_back(std::move(*receipt));
    return Done{};
  });
}

Status read_tiles(const gloox::Tag& tag, LogAnswer& answer) {
  return read_list(tag, "tile", market::kMostLogTiles, [&](const gloox::Tag& child) -> Status {
    if (const auto known = only_attributes(child, {"level", "index"}); !known) return known.error();
    const auto level = read_number(child, "level", audit::kTileLevels - 1);
    if (!level) return level.error();
    const auto index = read_number(child, "index", audit::kMaxTreeSize);
    if (!index) return index.error();
    auto hashes = read_bytes(child, audit::kTileWidth * kHashBytes);
    if (!hashes) return hashes.error();
    if (hashes->empty() || hashes->size() % kHashBytes != 0) return invalid(child, "a tile is hashes of 32 bytes each");
    answer.tiles.push_back({static_cast<unsigned>(*level), *index, std::move(*hashes)});
    return Done{};
  });
}

Status read_entries(const gloox::Tag& tag, LogAnswer& answer) {
  return read_list(tag, "entry", market::kMostLogEntries, [&](const gloox::Tag& child) -> Status {
    if (const auto known = only_attributes(child, {"index"}); !known) return known.error();
    const auto index = read_number(child, "index", audit::kMaxTreeSize);
    if (!index) return index.error();
    auto bytes = read_bytes(child, audit::kMaxEntryBytes);
    if (!bytes) return bytes.error();
    market::AuditRow row;
    row.index.value = *index;
    row.entry = std::move(*bytes);
    answer.entries.push_back(std::move(row));
    return Done{};
  });
}

struct Known {
  std::string_view name;
  Status (*read)(const gloox::Tag&, LogAnswer&);
};
constexpr Known kKnown[] = {{"checkpoint", read_checkpoint},
                            {"consistency", read_consistency},
                            {"receipts", read_receipts},
                            {"tiles", read_tiles},
                            {"entries", read_entries}};

std::string open(std::string_view name) { return std::string("<").append(name); }

std::string rendered_hash(const std::string& hash) { return "<hash>" + base::base64_encode(hash) + "</hash>"; }

std::string rendered(const market::Receipt& receipt) {
  std::string xml = open("receipt");
  append_attribute(xml, "index", receipt.index.value);
  xml += "><entry>" + base::base64_encode(receipt.entry) + "</entry>";
  for (const auto& hash : receipt.hashes) xml += rendered_hash(hash);
  return xml += "</receipt>";
}

std::string rendered(const market::LogTileRow& tile) {
  std::string xml = open("tile");
  append_attribute(xml, "level", std::uint64_t{tile.level});
  append_attribute(xml, "index", tile.index);
  return xml += ">" + base::base64_encode(tile.hashes) + "</tile>";
}

std::string rendered(const market::AuditRow& row) {
  std::string xml = open("entry");
  append_attribute(xml, "index", row.index.value);
  return xml += ">" + base::base64_encode(row.entry) + "</entry>";
}

template <class Row>
void append_list(std::string& xml, std::string_view name, const std::vector<Row>& rows) {
  if (rows.empty()) return;
  xml.append("<").append(name).append(">");
  bool first = true;
  for (const auto& row : rows) {
    const std::string text = rendered(row);
    if (!first && xml.size() + text.size() > kMostStanzaBytes) break;
    xml += text;
    first = false;
  }
  xml.append("</").append(name).append(">");
}

}  // namespace

Result<LogAnswer> parse_log(const gloox::Tag& tag) {
  if (const auto ours = expect(tag, "log"); !ours) return ours.error();
  if (const auto known = only_attributes(tag, {}); !known) return known.error();
  if (const auto plain = no_text(tag); !plain) return plain.error();
  LogAnswer answer;
  unsigned seen = 0;
  for (const auto* child : tag.children()) {
    if (!is_in(*child, kMarketNs)) continue;
    unsigned which = 0;
    while (which < std::size(kKnown) && kKnown[which].name != child->name()) ++which;
    if (which == std::size(kKnown)) return unknown_element(*child, tag);
    if ((seen >> which & 1U) != 0) return invalid(tag, "<" + child->name() + "> twice");
    seen |= 1U << which;
    if (const auto read = kKnown[which].read(*child, answer); !read) return read.error();
  }
  return answer;
}

std::string render_log(const LogAnswer& answer) {
  std::string xml = std::string("<log xmlns='") + kMarketNs + "'>";
  if (answer.checkpoint) {
    xml += "<checkpoint";
    append_attribute(xml, "size", answer.checkpoint->size);
    append_attribute(xml, "at", format_timestamp(answer.checkpoint->at));
    xml += '>';
    append_escaped(xml, answer.checkpoint->note);
    xml += "</checkpoint>";
  }
  if (!answer.consistency.empty()) {
    xml += "<consistency>";
    for (const auto& hash : answer.consistency) xml += rendered_hash(hash);
    xml += "</consistency>";
  }
  append_list(xml, "receipts", answer.receipts);
  append_list(xml, "tiles", answer.tiles);
  append_list(xml, "entries", answer.entries);
  return xml += "</log>";
}

Result<CheckpointPayload> parse_checkpoint_payload(const gloox::Tag& tag) {
  if (const auto ours = expect(tag, "checkpoint"); !ours) return ours.error();
  if (const auto known = only_attributes(tag, {"size"}); !known) return known.error();
  const auto size = read_number(tag, "size", audit::kMaxTreeSize);
  if (!size) return size.error();
  auto note = read_note(tag, *size);
  if (!note) return note.error();
  return CheckpointPayload{*size, std::move(*note)};
}

std::string render_checkpoint_payload(const CheckpointPayload& payload) {
  std::string xml = std::string("<checkpoint xmlns='") + kMarketNs + "'";
  append_attribute(xml, "size", payload.size);
  xml += '>';
  append_escaped(xml, payload.note);
  return xml += "</checkpoint>";
}

}  // namespace bourse::xmpp
