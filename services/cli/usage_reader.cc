#include "cli/usage_reader.h"

#include <algorithm>
#include <cstddef>

namespace bourse::cli {
namespace {

using base::Errc;
using base::Status;

// Entries that happened later say nothing of the time before.
Status take(audit::Usage& usage, const std::string& bytes, base::Timestamp until) {
  const auto entry = audit::decode_entry(bytes);
  if (!entry) return entry.error();
  if (entry->at < until) usage.take(*entry);
  return base::Done{};
}

}  // namespace

Status count_all(xmpp::LogClient& log, audit::Usage& usage, base::Timestamp until) {
  const auto head = log.checkpoint();
  if (!head && head.error().code != Errc::kNotFound) return head.error();
  const std::uint64_t is_signed = head ? head->size : 0;
  for (std::uint64_t from = 0;;) {
    const auto rows = log.entries(from);
    if (!rows && rows.error().code == Errc::kNotFound && from >= is_signed) return base::Done{};
    if (!rows) return xmpp::missing_below(is_signed, rows.error());
    for (const auto& row : *rows) {
      if (auto taken = take(usage, row.entry, until); !taken) return taken;
    }
    from += rows->size();
  }
}

Status count_some(xmpp::LogClient& log, std::vector<domain::AuditIndex> wanted, audit::Usage& usage,
                  base::Timestamp until) {
  std::ranges::sort(wanted);
  for (std::size_t at = 0; at < wanted.size(); at += market::kMostReceipts) {
    const auto end = std::min(wanted.size(), at + market::kMostReceipts);
    auto receipts = log.receipts(
        {wanted.begin() + static_cast<std::ptrdiff_t>(at), wanted.begin() + static_cast<std::ptrdiff_t>(end)});
    if (!receipts) return receipts.error();
    std::ranges::sort(*receipts, {}, &audit::TlogProof::index);
    for (const auto& receipt : *receipts) {
      if (auto taken = take(usage, receipt.extra, until); !taken) return taken;
    }
  }
  return base::Done{};
}

}  // namespace bourse::cli
