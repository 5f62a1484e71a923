// Purpose: a node's configuration: the registered pubsub#node_config form (XEP-0060 §16.4.4, XEP-0248) as typed
//   values, and one table of its fields that reads, checks and describes each.
// Lifetime: value. Threads: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/jid.h"
#include "pubsub/form.h"

namespace bourse::pubsub {

inline constexpr const char* kNodeConfigForm = "http://jabber.org/protocol/pubsub#node_config";
inline constexpr const char* kPublishOptionsForm = "http://jabber.org/protocol/pubsub#publish-options";
inline constexpr const char* kMetaDataForm = "http://jabber.org/protocol/pubsub#meta-data";

enum class NodeType : std::uint8_t { kLeaf, kCollection };
enum class AccessModel : std::uint8_t { kOpen, kPresence, kRoster, kAuthorize, kWhitelist };
enum class PublishModel : std::uint8_t { kPublishers, kSubscribers, kOpen };
enum class SendLast : std::uint8_t { kNever, kOnSubscribe, kOnSubscribeAndPresence };
enum class ItemReply : std::uint8_t { kOwner, kPublisher };
enum class ChildrenPolicy : std::uint8_t { kAll, kOwners, kWhitelist };
enum class MessageType : std::uint8_t { kNormal, kHeadline };

// What the service as a whole allows; from boursed.toml.
struct NodeLimits {
  std::uint32_t max_items = 10'000;  // what `max` means
  std::uint32_t max_payload_bytes = 65'536;
  std::uint32_t children_max = 1'000;
  std::uint32_t texts_bytes = 4'096;  // of a title, a description, …
  bool as_stored = false;             // not of a form but of a record of our own: addresses are taken as they are
};

struct NodeConfig {
  NodeType type = NodeType::kLeaf;
  std::string title = {};
  std::string description = {};
  std::string language = {};
  std::string payload_type = {};  // pubsub#type: namespace of the payloads; empty: any
  std::string body_xslt = {};
  std::string dataform_xslt = {};
  std::vector<domain::Jid> contacts = {};

  AccessModel access = AccessModel::kOpen;
  std::vector<std::string> roster_groups = {};
  PublishModel publishing = PublishModel::kPublishers;

  bool subscribe = true;  // whether subscriptions are allowed at all
  bool deliver_notifications = true;
  bool deliver_payloads = true;
  bool notify_config = false;
  bool notify_delete = false;
  bool notify_retract = true;
  bool notify_sub = false;  // owners are told of new and ended subscriptions
  bool presence_based_delivery = false;
  bool purge_offline = false;            // items of a publisher go when it goes offline
  bool temporary_subscriptions = false;  // pubsub#tempsub: subscriptions end with the session
  MessageType notification_type = MessageType::kHeadline;
  ItemReply item_reply = ItemReply::kPublisher;
  SendLast send_last = SendLast::kOnSubscribe;

  bool persist_items = true;
  std::uint32_t max_items = 0;  // 0: `max`, as many as the service keeps
  std::optional<base::Duration> item_expire = {};
  std::uint32_t max_payload_bytes = 65'536;

  std::vector<std::string> collections = {};  // parents; pubsub#collection
  std::vector<std::string> children = {};     // of a collection
  std::uint32_t children_max = 0;             // 0: as many as the service allows
  ChildrenPolicy children_policy = ChildrenPolicy::kOwners;
  std::vector<domain::Jid> children_whitelist = {};

  friend bool operator==(const NodeConfig&, const NodeConfig&) = default;
};

[[nodiscard]] NodeConfig default_config(NodeType type);
// Of the market's own nodes, which nobody can change: everybody may see and publish, each item is told as it comes.
[[nodiscard]] NodeConfig market_node_config();

// `base` changed by a submitted form; fields that are not in it stay. kNotAcceptable names the field and what it
// takes: unknown fields, wrong values, values beyond the limits, fields of the other node type.
[[nodiscard]] base::Result<NodeConfig> apply(NodeConfig base, const FormValues& submitted, const NodeLimits& limits);
// Whether every field of a publish-options form that is a precondition holds (XEP-0060 §7.1.5): kPreconditionNotMet
// names the first that does not. All fields of the form are node configuration.
[[nodiscard]] base::Status check_preconditions(const NodeConfig& config, const FormValues& options,
                                               const NodeLimits& limits);

// Everything, as it is stored (encode() of it) and compared.
[[nodiscard]] FormValues values_of(const NodeConfig& config);
[[nodiscard]] base::Result<NodeConfig> config_from(const FormValues& stored);  // kCorrupt
// The form for an owner, or with the defaults for whoever asks; with labels, options and validation.
[[nodiscard]] Form config_form(const NodeConfig& config, const NodeLimits& limits);

}  // namespace bourse::pubsub
