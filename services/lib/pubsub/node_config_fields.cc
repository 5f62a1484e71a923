#include "pubsub/node_config_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>

#include "domain/ascii.h"
#include "domain/utf8.h"

namespace bourse::pubsub {
namespace {

using base::Errc;
using base::Status;
using Belongs = FieldRule::Belongs;
using Range = FieldRule::Range;

constexpr std::string_view kMax = "max";
constexpr std::string_view kIntegerOrMax = "pubsub:integer-or-max";  // XEP-0060, "Integration with Data Forms"
constexpr std::size_t kMostLanguage = 35;                            // RFC 5646 §4.4.1
constexpr std::size_t kMostEntries = 1'000;  // of a list of addresses or names, unless a collection takes more
constexpr std::uint64_t kLongestExpiry = std::uint64_t{100} * 366 * 86'400;

Status refuse(std::string text) { return {Errc::kNotAcceptable, std::move(text)}; }

// No value is the empty text; several are too many.
std::optional<std::string_view> single(const Values& values) {
  if (values.size() > 1) return std::nullopt;
  return values.empty() ? std::string_view() : std::string_view(values.front());
}
std::size_t most_entries(const NodeLimits& limits) { return std::max<std::size_t>(kMostEntries, limits.children_max); }
Status not_single() { return refuse("takes one value"); }

// What XML cannot carry must not come out of the database either.
bool is_text(std::string_view text) {
  return domain::is_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
           return domain::is_control(c) && c != '\n' && c != '\t' && c != '\r';
         });
}

// Booleans.

template <bool NodeConfig::*kMember>
Status read_boolean(NodeConfig& config, const Values& values, const NodeLimits&) {
  const auto value = single(values);
  if (!value) return not_single();
  const bool yes = *value == "1" || *value == "true";
  if (!yes && *value != "0" && *value != "false") return refuse("takes true or false (1 or 0)");
  config.*kMember = yes;
  return base::Done{};
}
template <bool NodeConfig::*kMember>
Values write_boolean(const NodeConfig& config) {
  return {config.*kMember ? "1" : "0"};
}
template <bool NodeConfig::*kMember>
constexpr FieldRule boolean(std::string_view var, Belongs belongs, std::string_view label) {
  return {var, FieldType::kBoolean, belongs, label, read_boolean<kMember>, write_boolean<kMember>};
}

// One of a closed set.

template <class Enum>
struct Choice {
  Enum value;
  std::string_view text;
  std::string_view label;
};

constexpr std::array kNodeTypes{Choice<NodeType>{NodeType::kLeaf, "leaf", "A leaf: has items"},
                                Choice<NodeType>{NodeType::kCollection, "collection", "A collection: has other nodes"}};
constexpr std::array kAccessModels{
    Choice<AccessModel>{AccessModel::kOpen, "open", "Everybody may subscribe and read"},
    Choice<AccessModel>{AccessModel::kPresence, "presence", "Those who see an owner's presence (here: members)"},
    Choice<AccessModel>{AccessModel::kRoster, "roster", "Those in groups of an owner's roster (here: members)"},
    Choice<AccessModel>{AccessModel::kAuthorize, "authorize", "An owner approves each subscription"},
    Choice<AccessModel>{AccessModel::kWhitelist, "whitelist", "Members only"}};
constexpr std::array kPublishModels{
    Choice<PublishModel>{PublishModel::kPublishers, "publishers", "Publishers and owners may publish"},
    Choice<PublishModel>{PublishModel::kSubscribers, "subscribers", "Subscribers may publish too"},
    Choice<PublishModel>{PublishModel::kOpen, "open", "Everybody may publish"}};
constexpr std::array kSendLasts{Choice<SendLast>{SendLast::kNever, "never", "Never"},
                                Choice<SendLast>{SendLast::kOnSubscribe, "on_sub", "To new subscribers"},
                                Choice<SendLast>{SendLast::kOnSubscribeAndPresence, "on_sub_and_presence",
                                                 "To new subscribers and to those who come online"}};
constexpr std::array kItemReplies{Choice<ItemReply>{ItemReply::kOwner, "owner", "The owner of the node"},
                                  Choice<ItemReply>{ItemReply::kPublisher, "publisher", "The publisher of the item"}};
constexpr std::array kChildrenPolicies{
    Choice<ChildrenPolicy>{ChildrenPolicy::kAll, "all", "Everybody, their own nodes"},
    Choice<ChildrenPolicy>{ChildrenPolicy::kOwners, "owners", "Owners of the collection"},
    Choice<ChildrenPolicy>{ChildrenPolicy::kWhitelist, "whitelist", "Those on a list of addresses"}};
constexpr std::array kMessageTypes{
    Choice<MessageType>{MessageType::kNormal, "normal", "normal: servers may keep them for those offline"},
    Choice<MessageType>{MessageType::kHeadline, "headline", "headline: only for those online"}};

template <const auto& kChoices>
auto choice_of(std::string_view text) -> std::optional<decltype(kChoices.front().value)> {
  for (const auto& choice : kChoices) {
    if (choice.text == text) return choice.value;
  }
  return std::nullopt;
}
template <const auto& kChoices>
Status not_a_choice(Errc code) {
  std::string all;
  for (const auto& choice : kChoices) all.append(all.empty() ? "" : ", ").append(choice.text);
  return {code, "takes one of " + all};
}
template <auto kMember, const auto& kChoices, Errc kUnknown = Errc::kNotAcceptable>
Status read_choice(NodeConfig& config, const Values& values, const NodeLimits&) {
  const auto text = single(values);
  if (!text) return not_single();
  const auto value = choice_of<kChoices>(*text);
  if (!value) return not_a_choice<kChoices>(kUnknown);
  config.*kMember = *value;
  return base::Done{};
}
template <auto kMember, const auto& kChoices>
Values write_choice(const NodeConfig& config) {
  for (const auto& choice : kChoices) {
    if (choice.value == config.*kMember) return {std::string(choice.text)};
  }
  BOURSE_CHECK(false && "an enumerator without a name");
  return {};
}
template <const auto& kChoices>
std::vector<FieldOption> options_of() {
  std::vector<FieldOption> options;
  for (const auto& choice : kChoices) options.push_back({std::string(choice.text), std::string(choice.label)});
  return options;
}
template <auto kMember, const auto& kChoices, Errc kUnknown = Errc::kNotAcceptable>
constexpr FieldRule one_of(std::string_view var, Belongs belongs, std::string_view label) {
  return {var,
          FieldType::kListSingle,
          belongs,
          label,
          read_choice<kMember, kChoices, kUnknown>,
          write_choice<kMember, kChoices>,
          options_of<kChoices>};
}

Status read_node_type(NodeConfig& config, const Values& values, const NodeLimits&) {
  const auto text = single(values);
  if (!text) return not_single();
  const auto type = choice_of<kNodeTypes>(*text);
  if (!type) return not_a_choice<kNodeTypes>(Errc::kNotAcceptable);
  if (*type == config.type) return base::Done{};
  return {Errc::kNotAllowed, "is chosen when the node is created and cannot be changed: create another node"};
}

// Texts.

template <std::string NodeConfig::*kMember>
Status read_text(NodeConfig& config, const Values& values, const NodeLimits& limits) {
  const auto text = single(values);
  if (!text) return not_single();
  if (text->size() > limits.texts_bytes) return refuse(fmt::format("takes at most {} bytes", limits.texts_bytes));
  if (!is_text(*text)) return refuse("takes UTF-8 without control characters");
  config.*kMember = *text;
  return base::Done{};
}
template <std::string NodeConfig::*kMember>
Values write_text(const NodeConfig& config) {
  if ((config.*kMember).empty()) return {};
  return {config.*kMember};
}
template <std::string NodeConfig::*kMember>
constexpr FieldRule text(std::string_view var, Belongs belongs, std::string_view label) {
  return {var, FieldType::kTextSingle, belongs, label, read_text<kMember>, write_text<kMember>};
}

Status read_language(NodeConfig& config, const Values& values, const NodeLimits&) {
  const auto tag = single(values);
  if (!tag) return not_single();
  const bool shaped = tag->size() <= kMostLanguage && std::all_of(tag->begin(), tag->end(), [](char c) {
                        return domain::is_alpha(c) || domain::is_digit(c) || c == '-';
                      });
  if (!shaped) return refuse("takes a language tag such as en or pt-BR");
  config.language = *tag;
  return base::Done{};
}

// Lists. An empty value says as little as none.

template <std::vector<std::string> NodeConfig::*kMember>
Status read_texts(NodeConfig& config, const Values& values, const NodeLimits& limits) {
  if (values.size() > most_entries(limits)) return refuse(fmt::format("takes at most {} values", most_entries(limits)));
  std::vector<std::string> texts;
  for (const auto& value : values) {
    if (value.size() > limits.texts_bytes) {
      return refuse(fmt::format("takes values of at most {} bytes", limits.texts_bytes));
    }
    if (!is_text(value)) return refuse("takes UTF-8 without control characters");
    if (!value.empty() && std::find(texts.begin(), texts.end(), value) == texts.end()) texts.push_back(value);
  }
  config.*kMember = std::move(texts);
  return base::Done{};
}
template <std::vector<std::string> NodeConfig::*kMember>
Values write_texts(const NodeConfig& config) {
  return config.*kMember;
}
template <std::vector<std::string> NodeConfig::*kMember>
constexpr FieldRule texts(std::string_view var, FieldType type, Belongs belongs, std::string_view label) {
  return {var, type, belongs, label, read_texts<kMember>, write_texts<kMember>};
}

template <std::vector<domain::Jid> NodeConfig::*kMember, bool kBare>
Status read_jids(NodeConfig& config, const Values& values, const NodeLimits& limits) {
  if (values.size() > most_entries(limits))
    return refuse(fmt::format("takes at most {} addresses", most_entries(limits)));
  std::vector<domain::Jid> jids;
  for (const auto& value : values) {
    if (value.empty()) continue;
    auto jid = limits.as_stored ? domain::Jid::stored(value) : domain::Jid::parse(value);
    if (!jid) return refuse("takes addresses (JIDs): " + jid.error().text);
    domain::Jid address = kBare ? jid->bare() : *jid;
    if (std::find(jids.begin(), jids.end(), address) == jids.end()) jids.push_back(std::move(address));
  }
  config.*kMember = std::move(jids);
  return base::Done{};
}
template <std::vector<domain::Jid> NodeConfig::*kMember>
Values write_jids(const NodeConfig& config) {
  Values values;
  for (const auto& jid : config.*kMember) values.push_back(jid.text());
  return values;
}
template <std::vector<domain::Jid> NodeConfig::*kMember, bool kBare>
constexpr FieldRule jids(std::string_view var, Belongs belongs, std::string_view label) {
  return {var, FieldType::kJidMulti, belongs, label, read_jids<kMember, kBare>, write_jids<kMember>};
}

// Numbers.

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// None: `max`, said as that or not at all.
Status read_or_max(const Values& values, Range range, std::optional<std::uint64_t>& to) {
  const auto text = single(values);
  if (!text) return not_single();
  to.reset();
  if (text->empty() || *text == kMax) return base::Done{};
  to = number(*text);
  if (to && *to >= range.min && *to <= range.max) return base::Done{};
  return refuse(fmt::format("takes a number from {} to {}, or max", range.min, range.max));
}

Range items_range(const NodeLimits& limits) { return {1, limits.max_items}; }
Range children_range(const NodeLimits& limits) { return {1, limits.children_max}; }
Range expiry_range(const NodeLimits&) { return {1, kLongestExpiry}; }
Range payload_range(const NodeLimits& limits) { return {0, limits.max_payload_bytes}; }

template <std::uint32_t NodeConfig::*kMember, Range (*kRange)(const NodeLimits&)>
Status read_count(NodeConfig& config, const Values& values, const NodeLimits& limits) {
  std::optional<std::uint64_t> count;
  if (auto status = read_or_max(values, kRange(limits), count); !status) return status;
  config.*kMember = static_cast<std::uint32_t>(count.value_or(0));
  return base::Done{};
}
template <std::uint32_t NodeConfig::*kMember>
Values write_count(const NodeConfig& config) {
  return {config.*kMember == 0 ? std::string(kMax) : std::to_string(config.*kMember)};
}

Status read_max_items(NodeConfig& config, const Values& values, const NodeLimits& limits) {
  if (values.size() == 1 && values.front() == "0") {
    return refuse("takes at least 1: to keep no items, set pubsub#persist_items to false");
  }
  return read_count<&NodeConfig::max_items, items_range>(config, values, limits);
}

Status read_item_expire(NodeConfig& config, const Values& values, const NodeLimits& limits) {
  std::optional<std::uint64_t> seconds;
  if (auto status = read_or_max(values, expiry_range(limits), seconds); !status) {
    return refuse(status.error().text + " (in seconds)");
  }
  config.item_expire.reset();
  if (seconds) config.item_expire = std::chrono::seconds(*seconds);
  return base::Done{};
}
Values write_item_expire(const NodeConfig& config) {
  if (!config.item_expire) return {std::string(kMax)};
  return {std::to_string(std::chrono::duration_cast<std::chrono::seconds>(*config.item_expire).count())};
}

Status read_payload_size(NodeConfig& config, const Values& values, const NodeLimits& limits) {
  const auto text = single(values);
  if (!text) return not_single();
  const auto size = number(*text);
  if (!size || *size > limits.max_payload_bytes) {
    return refuse(fmt::format("takes a number of bytes from 0 to {}", limits.max_payload_bytes));
  }
  config.max_payload_bytes = static_cast<std::uint32_t>(*size);
  return base::Done{};
}
Values write_payload_size(const NodeConfig& config) { return {std::to_string(config.max_payload_bytes)}; }

constexpr Belongs kEvery = Belongs::kEvery;
constexpr Belongs kLeaf = Belongs::kLeaf;
constexpr Belongs kCollection = Belongs::kCollection;

constexpr FieldRule number_field(std::string_view var, Belongs belongs, std::string_view label,
                                 decltype(FieldRule::read) read, decltype(FieldRule::write) write,
                                 std::string_view datatype, decltype(FieldRule::range) range) {
  return {var, FieldType::kTextSingle, belongs, label, read, write, nullptr, datatype, range};
}

// In the order a person reads them.
constexpr std::array kRules{
    FieldRule{"pubsub#node_type", FieldType::kListSingle, kEvery, "What the node is", read_node_type,
              write_choice<&NodeConfig::type, kNodeTypes>, options_of<kNodeTypes>},
    text<&NodeConfig::title>("pubsub#title", kEvery, "A name for people"),
    text<&NodeConfig::description>("pubsub#description", kEvery, "What the node is about"),
    FieldRule{"pubsub#language", FieldType::kTextSingle, kEvery, "The language of the node", read_language,
              write_text<&NodeConfig::language>, nullptr, "xs:language"},
    jids<&NodeConfig::contacts, false>("pubsub#contact", kEvery, "Whom to ask about the node"),
    text<&NodeConfig::payload_type>("pubsub#type", kLeaf, "Namespace that payloads must have; empty: any"),

    one_of<&NodeConfig::access, kAccessModels, Errc::kUnsupportedAccessModel>("pubsub#access_model", kEvery,
                                                                              "Who may subscribe and read"),
    texts<&NodeConfig::roster_groups>("pubsub#roster_groups_allowed", FieldType::kListMulti, kEvery,
                                      "Roster groups that may subscribe and read (access model roster)"),
    one_of<&NodeConfig::publishing, kPublishModels>("pubsub#publish_model", kLeaf, "Who may publish"),
    boolean<&NodeConfig::subscribe>("pubsub#subscribe", kEvery, "Allow subscriptions"),
    boolean<&NodeConfig::temporary_subscriptions>("pubsub#tempsub", kEvery,
                                                  "Subscriptions end when the subscriber goes offline"),

    boolean<&NodeConfig::deliver_notifications>("pubsub#deliver_notifications", kEvery, "Notify subscribers"),
    boolean<&NodeConfig::deliver_payloads>("pubsub#deliver_payloads", kLeaf, "Notify with the payload"),
    boolean<&NodeConfig::notify_retract>("pubsub#notify_retract", kLeaf, "Notify subscribers of items that go"),
    boolean<&NodeConfig::notify_config>("pubsub#notify_config", kEvery, "Notify subscribers of new configurations"),
    boolean<&NodeConfig::notify_delete>("pubsub#notify_delete", kEvery, "Notify subscribers when the node is deleted"),
    boolean<&NodeConfig::notify_sub>("pubsub#notify_sub", kEvery, "Notify owners of new and ended subscriptions"),
    boolean<&NodeConfig::presence_based_delivery>("pubsub#presence_based_delivery", kEvery,
                                                  "Notify only subscribers who are online"),
    one_of<&NodeConfig::notification_type, kMessageTypes>("pubsub#notification_type", kEvery,
                                                          "The type of notifications"),
    one_of<&NodeConfig::send_last, kSendLasts>("pubsub#send_last_published_item", kLeaf, "Send the last item"),
    one_of<&NodeConfig::item_reply, kItemReplies>("pubsub#itemreply", kLeaf, "To whom replies to items go"),

    boolean<&NodeConfig::persist_items>("pubsub#persist_items", kLeaf, "Keep items"),
    number_field("pubsub#max_items", kLeaf, "Items to keep; max: as many as the service keeps", read_max_items,
                 write_count<&NodeConfig::max_items>, kIntegerOrMax, items_range),
    number_field("pubsub#item_expire", kLeaf, "Seconds until an item goes by itself; max: never", read_item_expire,
                 write_item_expire, kIntegerOrMax, expiry_range),
    number_field("pubsub#max_payload_size", kLeaf, "Bytes of the largest payload", read_payload_size,
                 write_payload_size, "xs:integer", payload_range),
    boolean<&NodeConfig::purge_offline>("pubsub#purge_offline", kLeaf, "Items go when their publisher goes offline"),
    text<&NodeConfig::body_xslt>("pubsub#body_xslt", kLeaf,
                                 "URL of a transformation of payloads to text, for clients: not applied here"),
    text<&NodeConfig::dataform_xslt>("pubsub#dataform_xslt", kLeaf,
                                     "URL of a transformation of payloads to forms, for clients"),

    texts<&NodeConfig::collections>("pubsub#collection", FieldType::kTextMulti, kEvery, "Collections the node is in"),
    texts<&NodeConfig::children>("pubsub#children", FieldType::kTextMulti, kCollection, "Nodes of the collection"),
    number_field("pubsub#children_max", kCollection, "Most nodes of the collection; max: as many as the service allows",
                 read_count<&NodeConfig::children_max, children_range>, write_count<&NodeConfig::children_max>,
                 kIntegerOrMax, children_range),
    one_of<&NodeConfig::children_policy, kChildrenPolicies>("pubsub#children_association_policy", kCollection,
                                                            "Who may put nodes into the collection"),
    jids<&NodeConfig::children_whitelist, true>("pubsub#children_association_whitelist", kCollection,
                                                "Addresses that may (policy whitelist)"),
};

}  // namespace

std::span<const FieldRule> field_rules() { return kRules; }

const FieldRule* find_rule(std::string_view var) {
  const auto at = std::find_if(kRules.begin(), kRules.end(), [var](const auto& rule) { return rule.var == var; });
  return at == kRules.end() ? nullptr : &*at;
}

}  // namespace bourse::pubsub
