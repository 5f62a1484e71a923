// Purpose: XEP-0059 over SQL: one page of an ordered set, by keyset. The set is described once (from, where,
//   order key, id); the four ways of asking (first, after, before, index) are here.
// Lifetime: value, for one query. Threads: the connection's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "market/reader.h"
#include "storage/pqxx_dialect.h"

namespace bourse::storage {

// A set of rows. SQL texts refer to `params` as $1 … $n.
struct RowSet {
  std::string columns;
  std::string table;
  std::string where;
  std::vector<std::string> key;  // columns that order it, unique together
  std::string id;                // expression equal to an item id's `id_type` value
  std::string id_type = "text";
  bool id_is_key = false;  // ids are values of the key: anchors are a place in the order, whether a row is there or not
  bool about = false;      // beyond kExactCount, counts and positions are the planner's guess
  std::optional<std::uint64_t> total{};  // rows of the whole set, where that is known already
  std::vector<std::string> params;

  // Adds a parameter; gives its placeholder.
  std::string bind(std::string value);
};

inline constexpr std::uint64_t kExactCount = 10'000;

struct PageRows {
  std::vector<pqxx::row> rows;  // in order of the key
  std::uint64_t first_index = 0;
  bool complete = true;
};

// `page.after` and `page.before` as `id_type` values; kNotFound when that row is not in the set, unless `id_is_key`.
[[nodiscard]] base::Result<PageRows> fetch_page(pqxx::transaction_base& tx, const RowSet& set,
                                                const market::Page& page);

// At most `most`, so that a large set costs no more.
[[nodiscard]] std::uint64_t count_up_to(pqxx::transaction_base& tx, const RowSet& set, std::uint64_t most);
[[nodiscard]] std::uint64_t count_all(pqxx::transaction_base& tx, const RowSet& set);
// Exact up to kExactCount; above, as many as the planner believes, at no cost.
[[nodiscard]] std::uint64_t count_about(pqxx::transaction_base& tx, const RowSet& set);

}  // namespace bourse::storage
