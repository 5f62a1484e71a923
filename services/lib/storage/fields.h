// Purpose: reading fields of a result without a locale, a stream or a copy too many.
// Errors: what our own schema cannot contain is a corrupt database: Corrupt is thrown, and caught where
//   libpqxx's exceptions are.
// Threads: none.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "domain/jid.h"
#include "storage/pqxx_dialect.h"

namespace bourse::storage {

struct Corrupt : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[nodiscard]] inline std::string_view view(const pqxx::field& field) { return {field.c_str(), field.size()}; }
[[nodiscard]] inline std::string text(const pqxx::field& field) { return std::string(view(field)); }
[[nodiscard]] std::int64_t number(const pqxx::field& field);
[[nodiscard]] double real(std::string_view digits);
[[nodiscard]] inline std::uint64_t count(const pqxx::field& field) { return static_cast<std::uint64_t>(number(field)); }
[[nodiscard]] inline bool flag(const pqxx::field& field) { return view(field) == "t"; }
[[nodiscard]] std::string bytes(const pqxx::field& field);     // bytea in hex output
[[nodiscard]] base::Timestamp time(const pqxx::field& field);  // microseconds since 1970
[[nodiscard]] std::optional<base::Timestamp> optional_time(const pqxx::field& field);
[[nodiscard]] domain::Jid jid(const pqxx::field& field);  // empty for an empty text or NULL
[[nodiscard]] std::vector<domain::Jid> jids(std::string_view list, char separator);
[[nodiscard]] std::vector<std::string> texts(std::string_view array);  // of a text[] without NULLs, one dimension

[[nodiscard]] inline std::int64_t micros(base::Timestamp at) { return at.time_since_epoch().count(); }

}  // namespace bourse::storage
