#include "matching/ranking.h"

#include "domain/resources.h"

namespace bourse::matching {

double weight_of(std::string_view resource) {
  constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;
  if (resource.starts_with("service/")) return 0;
  if (resource == domain::kGpu) return 16.0 / static_cast<double>(domain::kMilli);
  if (!domain::counts_bytes(resource)) return 1.0 / static_cast<double>(domain::kMilli);
  return resource.find("storage") == std::string_view::npos ? 1.0 / (4 * kGiB) : 1.0 / (100 * kGiB);
}

}  // namespace bourse::matching
