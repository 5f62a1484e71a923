// Purpose: what a subscriber may say about one subscription: the registered pubsub#subscribe_options form
//   (XEP-0060 §16.4.2, XEP-0248) and Bourse's content filter, as typed values.
// Lifetime: value. Threads: none.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "domain/filter.h"
#include "pubsub/form.h"

namespace bourse::pubsub {

inline constexpr const char* kSubscribeOptionsForm = "http://jabber.org/protocol/pubsub#subscribe_options";
inline constexpr const char* kFilterField = "urn:bourse:market:1#filter";

// Presence a subscriber wants to be told in (pubsub#show-values), as a bit set; 0: in any, and when offline too.
enum class Show : std::uint8_t { kOnline = 1, kAway = 2, kChat = 4, kDnd = 8, kXa = 16 };

enum class SubscriptionType : std::uint8_t { kItems, kNodes, kAll };

struct SubscriptionOptions {
  bool deliver = true;
  bool include_body = false;
  std::uint8_t show_values = 0;
  SubscriptionType type = SubscriptionType::kItems;  // of a subscription to a collection
  std::uint32_t depth = 1;                           // 0: this node only; kAllDepths
  std::optional<base::Timestamp> expire = {};        // leased: ends by itself then
  domain::Filter filter = {};                        // over offers; empty: all
  static constexpr std::uint32_t kAllDepths = 0xffff'ffff;

  [[nodiscard]] bool is_default() const { return *this == SubscriptionOptions{}; }
  friend bool operator==(const SubscriptionOptions&, const SubscriptionOptions&) = default;
};

// What of the options a node supports: the form shows these only.
struct OptionScope {
  bool collection = false;  // subscription_type, subscription_depth
  bool offers = false;      // the content filter
  base::Duration longest_lease = std::chrono::hours(24 * 366);
};

// `base` changed by a submitted form. kInvalidOptions names the field and what it takes; an `expire` in the past or
// beyond longest_lease is one. `expire` is a dateTime (XEP-0082), or `presence` (XEP-0060 §12.18): kInvalidOptions too,
// because ends with presence is what tempsub is for.
[[nodiscard]] base::Result<SubscriptionOptions> apply(SubscriptionOptions base, const FormValues& submitted,
                                                      const OptionScope& scope, base::Timestamp now);
[[nodiscard]] FormValues values_of(const SubscriptionOptions& options);  // what differs from the default
[[nodiscard]] base::Result<SubscriptionOptions> options_from(const FormValues& stored);  // kCorrupt
[[nodiscard]] Form options_form(const SubscriptionOptions& options, const OptionScope& scope);

}  // namespace bourse::pubsub
