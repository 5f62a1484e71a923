#include "xmpp/rsm.h"

#include <gloox/tag.h>

#include <algorithm>
#include <limits>

#include "xmpp/element.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Errc;

base::Error bad(const std::string& what) {
  return {Errc::kBadRequest, "<set xmlns='" + std::string(kRsmNs) + "'>: " + what};
}

void append_element(std::string& to, std::string_view name, std::string_view text) {
  to.append("<").append(name).append(">");
  append_escaped(to, text);
  to.append("</").append(name).append(">");
}

}  // namespace

base::Result<market::Page> parse_page(const gloox::Tag& parent) {
  market::Page page;
  const gloox::Tag* set = find_child(parent, "set", kRsmNs);
  if (set == nullptr) return page;
  for (const auto* child : set->children()) {
    const std::string text = text_of(*child);
    if (child->name() == "max") {
      const auto max = parse_number(text, std::numeric_limits<std::uint32_t>::max());
      if (!max) return bad("<max>: " + max.error().text);
      page.max = static_cast<std::uint32_t>(std::min<std::uint64_t>(*max, market::kMaxPage));
    } else if (child->name() == "after") {
      page.after = text;
    } else if (child->name() == "before") {
      page.before = text;
    } else if (child->name() == "index") {
      const auto index = parse_number(text, std::numeric_limits<std::int64_t>::max());
      if (!index) return bad("<index>: " + index.error().text);
      page.index = *index;
    } else {
      return bad("unknown element <" + clipped(child->name(), 64) + ">");
    }
  }
  if (page.after.has_value() + page.before.has_value() + page.index.has_value() > 1) {
    return bad("only one of <after>, <before> and <index> at a time");
  }
  return page;
}

std::string render_page(const market::Page& page) {
  std::string xml = "<set xmlns='" + std::string(kRsmNs) + "'>";
  append_element(xml, "max", std::to_string(page.max));
  if (page.after) append_element(xml, "after", *page.after);
  if (page.before) append_element(xml, "before", *page.before);
  if (page.index) append_element(xml, "index", std::to_string(*page.index));
  return xml + "</set>";
}

base::Result<std::optional<ResultSet>> parse_result_set(const gloox::Tag& parent) {
  const gloox::Tag* tag = find_child(parent, "set", kRsmNs);
  if (tag == nullptr) return std::optional<ResultSet>();
  ResultSet set;
  for (const auto* child : tag->children()) {
    if (child->name() == "count") {
      const auto count = parse_number(text_of(*child), std::numeric_limits<std::int64_t>::max());
      if (!count) return bad("<count>: " + count.error().text);
      set.count = *count;
    } else if (child->name() == "first") {
      set.first = text_of(*child);
      if (const std::string* index = attribute(*child, "index")) {
        const auto first = parse_number(*index, std::numeric_limits<std::int64_t>::max());
        if (!first) return bad("<first index=''>: " + first.error().text);
        set.first_index = *first;
      }
    } else if (child->name() == "last") {
      set.last = text_of(*child);
    }
  }
  return std::optional<ResultSet>(std::move(set));
}

std::string render_result_set(const ResultSet& set) {
  std::string xml = "<set xmlns='" + std::string(kRsmNs) + "'>";
  if (!set.first.empty()) {
    xml += "<first";
    append_attribute(xml, "index", set.first_index);
    xml += '>';
    append_escaped(xml, set.first);
    xml += "</first>";
    append_element(xml, "last", set.last);
  }
  append_element(xml, "count", std::to_string(set.count));
  return xml + "</set>";
}

}  // namespace bourse::xmpp
