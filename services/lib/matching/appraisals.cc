#include "matching/appraisals.h"

namespace bourse::matching {

const Appraiser& Appraisals::of(const Profile& profile) {
  constexpr std::size_t kMost = 4096;
  if (version_ != mix_.version() || by_columns_.size() > kMost) by_columns_.clear();
  version_ = mix_.version();
  std::vector<std::string_view> names;
  std::string key;
  for (const auto& column : profile.columns) {
    names.push_back(profiles_.names().key(column.resource));
    key += names.back();
    key += '\n';
  }
  const auto found = by_columns_.find(key);
  if (found != by_columns_.end()) return found->second;
  return by_columns_.emplace(key, Appraiser(mix_, names)).first->second;
}

}  // namespace bourse::matching
