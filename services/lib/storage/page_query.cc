#include "storage/page_query.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "storage/fields.h"

namespace bourse::storage {
namespace {

std::string from_where(const RowSet& set) { return " FROM " + set.table + " WHERE " + set.where; }

std::string joined(const std::vector<std::string>& columns, const std::string& suffix = "") {
  std::string list;
  for (const auto& column : columns) list += (list.empty() ? "" : ", ") + column + suffix;
  return list;
}

// "(key) < (the key of the row with this id)"
std::string beside(const RowSet& set, const std::string& comparison, const std::string& placeholder) {
  if (set.id_is_key) return "(" + joined(set.key) + ") " + comparison + " " + placeholder + "::" + set.id_type;
  return "(" + joined(set.key) + ") " + comparison + " (SELECT " + joined(set.key) + from_where(set) + " AND " +
         set.id + " = " + placeholder + "::" + set.id_type + ")";
}

bool contains(pqxx::transaction_base& tx, RowSet set, const std::string& id) {
  const std::string placeholder = set.bind(id);
  return !run(tx, "SELECT 1" + from_where(set) + " AND " + set.id + " = " + placeholder + "::" + set.id_type,
              {set.params, {}})
              .empty();
}

std::vector<pqxx::row> fetch(pqxx::transaction_base& tx, const RowSet& set, bool backwards, std::uint64_t offset,
                             std::uint64_t limit) {
  // Column 0 is the key's first column when there is nothing else to say about a row: the rank needs it.
  const auto result =
      run(tx,
          "SELECT " + set.columns + from_where(set) + " ORDER BY " + joined(set.key, backwards ? " DESC" : "") +
              " LIMIT " + std::to_string(limit) + " OFFSET " + std::to_string(offset),
          {set.params, {}});
  std::vector<pqxx::row> rows;
  rows.reserve(static_cast<std::size_t>(result.size()));
  for (pqxx::result::size_type i = 0; i < result.size(); ++i) rows.push_back(result[i]);
  return rows;
}

std::uint64_t position(pqxx::transaction_base& tx, const RowSet& set) {
  if (set.total) return *set.total;
  return set.about ? count_about(tx, set) : count_all(tx, set);
}

// "Limit  (cost=0.42..8.44 rows=101 width=8)"
std::uint64_t planned_rows(std::string_view plan) {
  constexpr std::string_view kRows = " rows=";
  const std::size_t at = plan.find(kRows);
  std::uint64_t rows = 0;
  if (at != std::string_view::npos) {
    const std::string_view digits = plan.substr(at + kRows.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), rows);
  }
  return rows;
}

}  // namespace

std::string RowSet::bind(std::string value) {
  params.push_back(std::move(value));
  return "$" + std::to_string(params.size());
}

std::uint64_t count_up_to(pqxx::transaction_base& tx, const RowSet& set, std::uint64_t most) {
  const auto result =
      run(tx, "SELECT count(*) FROM (SELECT" + from_where(set) + " LIMIT " + std::to_string(most) + ") AS counted",
          {set.params, {}});
  return count(result[0][0]);
}

std::uint64_t count_all(pqxx::transaction_base& tx, const RowSet& set) {
  return count(run(tx, "SELECT count(*)" + from_where(set), {set.params, {}})[0][0]);
}

std::uint64_t count_about(pqxx::transaction_base& tx, const RowSet& set) {
  const std::uint64_t few = count_up_to(tx, set, kExactCount + 1);
  if (few <= kExactCount) return few;
  const auto plan = run(tx, "EXPLAIN SELECT" + from_where(set), {set.params, {}});
  return std::max(few, planned_rows(view(plan[0][0])));
}

base::Result<PageRows> fetch_page(pqxx::transaction_base& tx, const RowSet& set, const market::Page& page) {
  const std::uint64_t max = std::min(page.max, market::kMaxPage);
  const bool backwards = page.before.has_value();
  const std::string anchor = page.after ? *page.after : page.before.value_or("");
  if (!anchor.empty() && !set.id_is_key && !contains(tx, set, anchor)) {
    return {base::Errc::kNotFound, "there is no item " + anchor + " to page from"};
  }

  RowSet part = set;
  if (!anchor.empty()) {
    const std::string placeholder = part.bind(anchor);
    part.total.reset();
    part.where = set.where + " AND " + beside(set, backwards ? "<" : ">", placeholder);
  }
  PageRows result;
  result.rows = fetch(tx, part, backwards, page.index.value_or(0), max + 1);
  result.complete = result.rows.size() <= max;
  if (!result.complete) result.rows.pop_back();

  const std::uint64_t shown = result.rows.size();
  if (backwards) {
    std::reverse(result.rows.begin(), result.rows.end());
    result.first_index = result.complete ? 0 : position(tx, part) - shown;
  } else if (page.index) {
    result.first_index = *page.index;
  } else if (page.after) {
    // What is not after the anchor is before the page.
    RowSet before = set;
    before.total.reset();
    const std::string placeholder = before.bind(anchor);
    before.where = set.where + " AND " + beside(set, "<=", placeholder);
    result.first_index = position(tx, before);
  }
  return result;
}

}  // namespace bourse::storage
