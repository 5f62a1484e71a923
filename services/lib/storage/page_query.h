// Purpose: XEP-0059 over SQL: one page of an ordered set, by keyset. The set is described once (from, where,
//   order key, id); the four ways of asking (first, after, before, index) are here.
// Lifetime: value, for one query. Threads: the connection's.
#pragma once

#include <cstdint>
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
  std::vector<std::string> params;

  // Adds a parameter; gives its placeholder.
  std::string bind(std::string value);
};

struct PageRows {
  std::vector<pqxx::row> rows;  // in order of the key
  std::uint64_t first_index = 0;
  bool complete = true;
};

// `page.after` and `page.before` as `id_type` values; kNotFound when that row is not in the set.
[[nodiscard]] base::Result<PageRows> fetch_page(pqxx::transaction_base& tx, const RowSet& set,
                                                const market::Page& page);

// At most `most`, so that a large set costs no more.
[[nodiscard]] std::uint64_t count_up_to(pqxx::transaction_base& tx, const RowSet& set, std::uint64_t most);
[[nodiscard]] std::uint64_t count_all(pqxx::transaction_base& tx, const RowSet& set);

}  // namespace bourse::storage
