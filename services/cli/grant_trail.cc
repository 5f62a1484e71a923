#include "cli/grant_trail.h"

#include <algorithm>
#include <optional>

namespace bourse::cli {

std::vector<market::AuditRecord> grant_trail(domain::GrantId grant, std::vector<market::AuditRecord> around) {
  const auto index = [](const market::AuditRecord& record) { return record.index.value; };
  std::ranges::sort(around, {}, index);
  const auto again = std::ranges::unique(around, {}, index);
  around.erase(again.begin(), again.end());
  const auto is_own = [&](const market::AuditRecord& record) { return record.entry.grant.value == grant.value; };
  const auto first = std::ranges::find_if(around, is_own);
  if (first == around.end()) return {};
  const auto last = std::find_if(around.rbegin(), around.rend(), is_own).base();
  const auto began = [&](audit::EntryKind kind) {
    const auto found = std::find_if(std::make_reverse_iterator(first), around.rend(),
                                    [&](const market::AuditRecord& record) { return record.entry.kind == kind; });
    return found == around.rend() ? first->index.value : found->index.value;
  };
  const auto offered = began(audit::EntryKind::kOfferPublished);
  const auto submitted = began(audit::EntryKind::kRequestSubmitted);
  std::vector<market::AuditRecord> trail;
  for (auto each = around.begin(); each != last; ++each) {
    const bool of_request = each->entry.offer.value.empty();
    const auto since = of_request ? submitted : offered;
    if (is_own(*each) || (each->entry.grant.value == 0 && each->index.value >= since)) trail.push_back(*each);
  }
  return trail;
}

}  // namespace bourse::cli
