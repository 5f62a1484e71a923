// Purpose: the market that is measured: offers of four resources (cpu, memory, storage, bandwidth) with 10,000 distinct
//   sets of attributes, and requests of four amounts with a constraint of three comparisons. Numbers make them: the
//   same number is the same offer, or request, in every run, and in the SQL peers.
// Lifetime: values. Threads: none.
#pragma once

#include <cstdint>
#include <string>

#include "domain/jid.h"
#include "domain/offer.h"
#include "domain/request.h"

namespace bourse::bench {

inline constexpr std::uint64_t kSignatures = 10'000;
inline constexpr std::uint64_t kProviders = 100'000;
inline constexpr std::uint64_t kConsumers = 1'000;
inline constexpr std::uint64_t kConstraints = 512;  // distinct ones, in the usual mix

struct Amounts {
  std::int64_t cpu = 0;        // milli
  std::int64_t memory = 0;     // bytes
  std::int64_t storage = 0;    // bytes
  std::int64_t bandwidth = 0;  // milli of a Mbit/s
};

// A well mixed number for each number.
[[nodiscard]] std::uint64_t mixed(std::uint64_t number);

enum class Shape {
  kUsual,           // machines of many sizes; amounts of one hang together loosely
  kAntiCorrelated,  // what one has more of it has less of something else: no two are comparable
  kSmallThird,      // as usual, but those of tier small, 30 % of the signatures, are small
};

[[nodiscard]] Amounts amounts_of(std::uint64_t offer, Shape shape);
[[nodiscard]] domain::Offer offer_of(std::uint64_t offer, Shape shape);
[[nodiscard]] domain::Jid provider_of(std::uint64_t offer);
[[nodiscard]] domain::Jid consumer_of(std::uint64_t request);

// One of four kinds: a site, a range of versions and not one model, one of two models, a least speed. Three comparisons
// each; selects from 0.3 % to 80 % of the offers.
[[nodiscard]] domain::Filter constraint_of(std::uint64_t number);
// Amounts that vary with the number; a constraint of the kConstraints.
[[nodiscard]] domain::Request request_of(std::uint64_t number);
[[nodiscard]] domain::Resources resources_of(const Amounts& amounts);

// A line of a table with one column an attribute, for the peers: id, provider, amounts, attributes, tab-separated.
[[nodiscard]] std::string peer_line(std::uint64_t offer);

}  // namespace bourse::bench
