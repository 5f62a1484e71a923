// Purpose: the one place that knows libpqxx 6 (Debian 12) from libpqxx 7 (Debian 13). Everything else in
//   storage/ uses only what both have.
// Lifetime: Params are values, used for one statement. Threads: as libpqxx: one connection, one thread.
#pragma once

#include <cstddef>
#include <pqxx/pqxx>
#include <string>
#include <string_view>
#include <vector>

namespace bourse::storage {

// Parameters of a statement: texts are $1 … $n, then blobs (bytea, sent binary) $n+1 ….
struct Params {
  std::vector<std::string> texts;
  std::vector<std::string> blobs;
};

#if PQXX_VERSION_MAJOR < 7

namespace dialect {
inline std::vector<pqxx::binarystring> binaries(const Params& params) {
  std::vector<pqxx::binarystring> blobs;
  blobs.reserve(params.blobs.size());
  for (const std::string& blob : params.blobs) blobs.emplace_back(blob);
  return blobs;
}
}  // namespace dialect

inline pqxx::result run_prepared(pqxx::transaction_base& tx, const std::string& name, const Params& params) {
  return tx.exec_prepared(name, pqxx::prepare::make_dynamic_params(params.texts),
                          pqxx::prepare::make_dynamic_params(dialect::binaries(params)));
}

inline pqxx::result run(pqxx::transaction_base& tx, const std::string& sql, const Params& params) {
  return tx.exec_params(sql, pqxx::prepare::make_dynamic_params(params.texts),
                        pqxx::prepare::make_dynamic_params(dialect::binaries(params)));
}

// libpqxx 6 would reconnect behind our back: lost session state, and a COMMIT in doubt taken for certain.
inline void never_reconnect(pqxx::connection& connection) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

#else

namespace dialect {
inline pqxx::params all(const Params& params) {
  pqxx::params given;
  given.reserve(params.texts.size() + params.blobs.size());
  for (const std::string& text : params.texts) given.append(text);
  for (const std::string& blob : params.blobs) {
    given.append(pqxx::bytes_view{reinterpret_cast<const std::byte*>(blob.data()), blob.size()});
  }
  return given;
}
}  // namespace dialect

inline pqxx::result run_prepared(pqxx::transaction_base& tx, const std::string& name, const Params& params) {
  return tx.exec(pqxx::prepped{name}, dialect::all(params));
}

inline pqxx::result run(pqxx::transaction_base& tx, const std::string& sql, const Params& params) {
  return tx.exec(sql, dialect::all(params));
}

inline void never_reconnect(pqxx::connection&) {}

#endif

}  // namespace bourse::storage
