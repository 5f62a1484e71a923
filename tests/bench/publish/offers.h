// Purpose: the offers that are published: this machine's own, and the machines of a public cluster trace
//   where its file is given. Lifetime: one measurement. Threads: none once made.
#pragma once

#include <string>
#include <vector>

namespace bourse::bench {

// <offer/> payloads. With a path to a CSV of columns sn,cpu_milli,memory_mib,gpu,model: one for each row as
// well. Throws BenchError if the file is not that.
[[nodiscard]] std::vector<std::string> make_offers(const std::string& csv_path);

}  // namespace bourse::bench
