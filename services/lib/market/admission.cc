#include "market/admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace bourse::market {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kMost = 86'400;  // seconds

base::Error too_fast(std::string_view whom, const Rate& rate, double tokens) {
  const auto wait =
      std::chrono::seconds(std::lround(std::clamp(std::ceil((1 - tokens) / rate.per_second), 1.0, kMost)));
  return {.code = base::Errc::kRateLimited,
          .text = fmt::format("{} may send {:g} requests a second here, {:g} at once: try again in {} s", whom,
                              rate.per_second, rate.burst, wait.count()),
          .retry_after = wait};
}

}  // namespace

// Full ones say nothing that a new one would not; when there are too many that are not, everybody begins anew.
Admission::Bucket& Admission::fill(Buckets& buckets, const std::string& key, const Rate& rate, base::Timestamp now) {
  if (buckets.size() >= kMostBuckets && !buckets.contains(key)) {
    std::erase_if(buckets, [&](const auto& each) { return each.second.at + std::chrono::minutes(1) < now; });
    if (buckets.size() >= kMostBuckets) buckets.clear();
  }
  const auto [found, is_new] = buckets.try_emplace(key, Bucket{rate.burst, now});
  auto& bucket = found->second;
  const double passed = std::max(0.0, Seconds(now - bucket.at).count());  // the clock may be set back
  bucket.tokens = std::min(rate.burst, bucket.tokens + passed * rate.per_second);
  bucket.at = now;
  return bucket;
}

base::Status Admission::admit(const AccessPolicy& policy, const domain::Jid& from, base::Timestamp now) {
  const std::string domain(from.domain());
  const auto* for_domain = policy.rate(Scope::kDomain, domain);
  const auto bare = from.bare().text();
  const auto* for_jid = policy.rate(Scope::kJid, bare);
  Bucket* of_domain = for_domain == nullptr ? nullptr : &fill(domains_, domain, *for_domain, now);
  Bucket* of_jid = for_jid == nullptr ? nullptr : &fill(jids_, bare, *for_jid, now);
  if (of_jid != nullptr && of_jid->tokens < 1) return too_fast(bare, *for_jid, of_jid->tokens);
  if (of_domain != nullptr && of_domain->tokens < 1) {
    return too_fast("everybody at " + domain + " together", *for_domain, of_domain->tokens);
  }
  if (of_jid != nullptr) of_jid->tokens -= 1;
  if (of_domain != nullptr) of_domain->tokens -= 1;
  return base::Done{};
}

}  // namespace bourse::market
