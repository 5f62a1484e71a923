#include <gloox/tag.h>

#include <utility>

#include "audit/merkle.h"
#include "audit/tile.h"
#include "xmpp/element.h"
#include "xmpp/payload.h"
#include "xmpp/payload_fields.h"
#include "xmpp/payload_log.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Result;
using market::LogQuery;
using What = decltype(LogQuery::what);

Result<std::uint64_t> read_size(const gloox::Tag& tag, std::string_view name) {
  const auto text = required(tag, name);
  if (!text) return text.error();
  const auto number = parse_number(*text, audit::kMaxTreeSize);
  if (!number) return within(tag, number.error());
  return *number;
}

// An element that is nothing but this one number.
Result<std::uint64_t> only_size(const gloox::Tag& tag, std::string_view name) {
  if (const auto known = only_attributes(tag, {name}); !known) return known.error();
  if (const auto empty = empty_element(tag); !empty) return empty.error();
  return read_size(tag, name);
}

Result<What> read_checkpoint(const gloox::Tag& tag) {
  if (attribute(tag, "size") != nullptr) {
    const auto size = only_size(tag, "size");
    if (!size) return size.error();
    return What(LogQuery::CheckpointOf{*size});
  }
  if (const auto known = only_attributes(tag, {}); !known) return known.error();
  if (const auto empty = empty_element(tag); !empty) return empty.error();
  return What(LogQuery::LastCheckpoint{});
}

Result<What> read_consistency(const gloox::Tag& tag) {
  const auto from = only_size(tag, "from");
  if (!from) return from.error();
  return What(LogQuery::Consistency{*from});
}

Result<What> read_entries(const gloox::Tag& tag) {
  const auto from = only_size(tag, "from");
  if (!from) return from.error();
  return What(LogQuery::Entries{*from});
}

// Calls `read` for each child, which has to be called `name`.
template <class Read>
base::Status read_children(const gloox::Tag& tag, std::string_view name, std::size_t most, Read&& read) {
  if (const auto plain = no_text(tag); !plain) return plain.error();
  std::size_t count = 0;
  for (const auto* child : tag.children()) {
    if (!is_in(*child, kMarketNs)) continue;
    if (child->name() != name) return unknown_element(*child, tag);
    if (++count > most) return invalid(tag, "more than " + std::to_string(most) + " at once: ask again for the rest");
    if (const auto done = read(*child); !done) return done.error();
  }
  return base::Done{};
}

Result<What> read_receipts(const gloox::Tag& tag) {
  if (const auto known = only_attributes(tag, {"grant"}); !known) return known.error();
  LogQuery::Receipts receipts;
  if (attribute(tag, "grant") != nullptr) {
    const auto grant = read_grant_id(tag, "grant");
    if (!grant) return grant.error();
    receipts.grant = *grant;
  }
  const auto read = read_children(tag, "entry", market::kMostReceipts, [&](const gloox::Tag& child) -> base::Status {
    const auto index = only_size(child, "index");
    if (!index) return index.error();
    receipts.indices.push_back({*index});
    return base::Done{};
  });
  if (!read) return read.error();
  if (receipts.grant.has_value() == !receipts.indices.empty()) {
    return invalid(tag, "name a grant or the indices of entries, one of the two");
  }
  return What(std::move(receipts));
}

Result<What> read_tiles(const gloox::Tag& tag) {
  if (const auto known = only_attributes(tag, {}); !known) return known.error();
  LogQuery::Tiles tiles;
  const auto read = read_children(tag, "tile", market::kMostLogTiles, [&](const gloox::Tag& child) -> base::Status {
    if (const auto known = only_attributes(child, {"level", "index"}); !known) return known.error();
    if (const auto empty = empty_element(child); !empty) return empty.error();
    const auto text = required(child, "level");
    if (!text) return text.error();
    const auto level = parse_number(*text, audit::kTileLevels - 1);
    if (!level) return within(child, level.error());
    const auto index = read_size(child, "index");
    if (!index) return index.error();
    tiles.tiles.push_back({static_cast<unsigned>(*level), *index});
    return base::Done{};
  });
  if (!read) return read.error();
  if (tiles.tiles.empty()) return invalid(tag, "no <tile/> in it");
  return What(std::move(tiles));
}

struct Known {
  std::string_view name;
  Result<What> (*read)(const gloox::Tag&);
};
constexpr Known kKnown[] = {{"checkpoint", read_checkpoint},
                            {"consistency", read_consistency},
                            {"receipts", read_receipts},
                            {"tiles", read_tiles},
                            {"entries", read_entries}};

Result<What> read_what(const gloox::Tag& child, const gloox::Tag& parent) {
  for (const auto& known : kKnown) {
    if (child.name() == known.name) return known.read(child);
  }
  return unknown_element(child, parent);
}

struct Render {
  std::string& xml;

  void operator()(const LogQuery::LastCheckpoint&) const { xml += "<checkpoint/>"; }
  void operator()(const LogQuery::CheckpointOf& asked) const { one("checkpoint", "size", asked.size); }
  void operator()(const LogQuery::Consistency& asked) const { one("consistency", "from", asked.from); }
  void operator()(const LogQuery::Entries& asked) const { one("entries", "from", asked.from); }
  void operator()(const LogQuery::Receipts& asked) const {
    xml += "<receipts";
    if (asked.grant) append_attribute(xml, "grant", domain::to_item_id(*asked.grant));
    xml += '>';
    for (const auto index : asked.indices) one("entry", "index", index.value);
    xml += "</receipts>";
  }
  void operator()(const LogQuery::Tiles& asked) const {
    xml += "<tiles>";
    for (const auto& tile : asked.tiles) {
      xml += "<tile";
      append_attribute(xml, "level", std::uint64_t{tile.level});
      append_attribute(xml, "index", tile.index);
      xml += "/>";
    }
    xml += "</tiles>";
  }

 private:
  void one(std::string_view element, std::string_view name, std::uint64_t value) const {
    xml.append("<").append(element);
    append_attribute(xml, name, value);
    xml += "/>";
  }
};

}  // namespace

Result<LogQuery> parse_log_query(const gloox::Tag& tag) {
  if (const auto ours = expect(tag, "log"); !ours) return ours.error();
  if (const auto known = only_attributes(tag, {"pool"}); !known) return known.error();
  if (const auto plain = no_text(tag); !plain) return plain.error();
  LogQuery query;
  auto pool = read_pool(tag);
  if (!pool) return pool.error();
  query.pool = std::move(*pool);
  bool found = false;
  for (const auto* child : tag.children()) {
    if (!is_in(*child, kMarketNs)) continue;
    if (found) return invalid(tag, "more than one question at once");
    auto what = read_what(*child, tag);
    if (!what) return what.error();
    query.what = std::move(*what);
    found = true;
  }
  if (!found) return invalid(tag, "ask for checkpoint, consistency, receipts, tiles or entries");
  return query;
}

std::string render_log_query(const LogQuery& query) {
  std::string xml = std::string("<log xmlns='") + kMarketNs + "'";
  if (!query.pool.value.empty() && query.pool.value != kDefaultPool) append_attribute(xml, "pool", query.pool.value);
  xml += '>';
  std::visit(Render{xml}, query.what);
  return xml += "</log>";
}

}  // namespace bourse::xmpp
