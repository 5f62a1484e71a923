// Purpose: the archive of a node (XEP-0313, XEP-0442): its part of the event log, as far as the viewer may see it.
// Errors: libpqxx exceptions and Corrupt (fields.h).
// Threads: the connection's.
#pragma once

#include <string>

#include "base/result.h"
#include "market/reader.h"
#include "storage/pqxx_dialect.h"

namespace bourse::storage {

// kNotFound: no such node, or an id that is not in the archive.
[[nodiscard]] base::Result<market::PageOf<market::Event>> read_archive(pqxx::transaction_base& tx,
                                                                       const std::string& pool_id,
                                                                       const market::ArchiveQuery& query,
                                                                       const market::Viewer& viewer);
[[nodiscard]] base::Result<market::ArchiveEdges> read_archive_edges(pqxx::transaction_base& tx,
                                                                    const std::string& pool_id,
                                                                    const domain::NodeName& node,
                                                                    const market::Viewer& viewer);

}  // namespace bourse::storage
