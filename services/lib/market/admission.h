// Purpose: whom to listen to now: token buckets for each sender and its domain, by the rates of the policy, so that a
//   flood is answered at the door and costs neither the decider nor the database anything. What it lets in, decide()
//   judges; what it refuses never became a command, like what finds the queue full.
// Lifetime: one per service. Threads: the network thread's.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/result.h"
#include "domain/jid.h"
#include "market/access_policy.h"

namespace bourse::market {

class Admission {
 public:
  // kRateLimited says which rate and when to come again. Both buckets pay, or neither.
  [[nodiscard]] base::Status admit(const AccessPolicy& policy, const domain::Jid& from, base::Timestamp now);

 private:
  struct Bucket {
    double tokens = 0;
    base::Timestamp at{};
  };
  using Buckets = std::unordered_map<std::string, Bucket>;

  static constexpr std::size_t kMostBuckets = 100'000;

  // As full as it is by now.
  static Bucket& fill(Buckets& buckets, const std::string& key, const Rate& rate, base::Timestamp now);

  Buckets jids_;
  Buckets domains_;
};

}  // namespace bourse::market
