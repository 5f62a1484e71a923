// Purpose: how much each bare JID and each domain has at the moment, of what a policy may bound.
// Lifetime: part of State. Threads: the decider's only.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "domain/jid.h"
#include "market/access_policy.h"

namespace bourse::market {

class Holdings {
 public:
  void count(Bounded what, const domain::Jid& bare, int by) {
    if (what != Bounded::kOffers) add(jids_, bare.text(), what, by);
    add(domains_, std::string(bare.domain()), what, by);
  }
  // Not of offers: State counts those by provider already, and there may be a million.
  [[nodiscard]] std::uint64_t of_jid(Bounded what, const domain::Jid& bare) const {
    return read(jids_, bare.text(), what);
  }
  [[nodiscard]] std::uint64_t of_domain(Bounded what, std::string_view domain) const {
    return read(domains_, std::string(domain), what);
  }

 private:
  using Counts = std::array<std::uint32_t, 3>;  // by Bounded; subscriptions are counted by pubsub
  using BySubject = std::unordered_map<std::string, Counts>;

  static void add(BySubject& subjects, const std::string& subject, Bounded what, int by) {
    const auto found = subjects.try_emplace(subject).first;
    auto& count = found->second[static_cast<std::size_t>(what)];
    BOURSE_CHECK(by >= 0 || count >= static_cast<std::uint32_t>(-by));
    count += static_cast<std::uint32_t>(by);
    if (found->second == Counts{}) subjects.erase(found);
  }
  static std::uint64_t read(const BySubject& subjects, const std::string& subject, Bounded what) {
    const auto found = subjects.find(subject);
    return found == subjects.end() ? 0 : found->second[static_cast<std::size_t>(what)];
  }

  BySubject jids_;
  BySubject domains_;
};

}  // namespace bourse::market
