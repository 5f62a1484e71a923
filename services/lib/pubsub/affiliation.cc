#include "pubsub/affiliation.h"

#include <array>
#include <cstddef>

#include "base/check.h"

namespace bourse::pubsub {
namespace {

using base::Errc;

constexpr Right kNo = Right::kNo;
constexpr Right kYes = Right::kYes;
constexpr Right kModel = Right::kByModel;

struct Row {
  Affiliation affiliation;
  std::string_view text;
  std::array<Right, 7> rights;  // in the order of Operation
};

// XEP-0060 §4.1, Table 1.                        subscribe retrieve publish del-own del-any purge configure
constexpr std::array<Row, 6> kTable{{
    {Affiliation::kNone, "none", {kModel, kModel, kModel, kModel, kNo, kNo, kNo}},
    {Affiliation::kOwner, "owner", {kYes, kYes, kYes, kYes, kYes, kYes, kYes}},
    {Affiliation::kPublisher, "publisher", {kYes, kYes, kYes, kYes, kNo, kNo, kNo}},
    {Affiliation::kPublishOnly, "publish-only", {kNo, kNo, kYes, kYes, kNo, kNo, kNo}},
    {Affiliation::kMember, "member", {kYes, kYes, kModel, kModel, kNo, kNo, kNo}},
    {Affiliation::kOutcast, "outcast", {kNo, kNo, kNo, kNo, kNo, kNo, kNo}},
}};

constexpr const Row& row_of(Affiliation affiliation) { return kTable[static_cast<std::size_t>(affiliation)]; }

constexpr bool in_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].affiliation) != i) return false;
  }
  return true;
}
static_assert(in_order());

base::Error by_affiliation(Affiliation affiliation) {
  if (affiliation == Affiliation::kOutcast) {
    return {Errc::kForbidden, "the owners of this node have made you an outcast: you may not use it"};
  }
  return {Errc::kForbidden, "your affiliation with this node is publish-only: you may publish, not read"};
}

// What stands in the way of somebody whom the node's model does not know.
base::Error by_access_model(AccessModel model) {
  switch (model) {
    case AccessModel::kPresence:
      return {
          Errc::kPresenceSubscriptionRequired,
          "this node is for those who see its owner's presence. This service cannot see rosters: ask an owner to make "
          "you a member"};
    case AccessModel::kRoster:
      return {
          Errc::kNotInRosterGroup,
          "this node is for those in a group of its owner's roster. This service cannot see rosters: ask an owner to "
          "make you a member"};
    case AccessModel::kWhitelist:
      return {Errc::kClosedNode, "only those on this node's whitelist may use it: ask an owner to make you a member"};
    case AccessModel::kAuthorize:
      return {Errc::kNotAuthorized,
              "an owner of this node must approve a subscription of yours first: subscribe to ask"};
    case AccessModel::kOpen:
      break;
  }
  BOURSE_CHECK(false && "an open node keeps nobody out");
  return {Errc::kInternal, {}};
}

}  // namespace

std::string_view to_text(Affiliation affiliation) { return row_of(affiliation).text; }

std::optional<Affiliation> affiliation_from(std::string_view text) {
  for (const auto& row : kTable) {
    if (row.text == text) return row.affiliation;
  }
  return std::nullopt;
}

Right right(Affiliation affiliation, Operation operation) {
  return row_of(affiliation).rights.at(static_cast<std::size_t>(operation));
}

base::Status may_subscribe(Affiliation affiliation, const NodeConfig& config) {
  const Right allowed = right(affiliation, Operation::kSubscribe);
  if (allowed == Right::kNo) return by_affiliation(affiliation);
  if (allowed == Right::kYes) return base::Done{};
  if (config.access == AccessModel::kOpen || config.access == AccessModel::kAuthorize) return base::Done{};
  return by_access_model(config.access);
}

base::Status may_retrieve(Affiliation affiliation, bool subscribed, const NodeConfig& config) {
  const Right allowed = right(affiliation, Operation::kRetrieve);
  if (allowed == Right::kNo) return by_affiliation(affiliation);
  if (allowed == Right::kYes || config.access == AccessModel::kOpen) return base::Done{};
  // A subscription can be older than the model: under all but `authorize` it opens nothing by itself.
  if (config.access == AccessModel::kAuthorize && subscribed) return base::Done{};
  return by_access_model(config.access);
}

base::Status may_publish(Affiliation affiliation, bool subscribed, const NodeConfig& config) {
  const Right allowed = right(affiliation, Operation::kPublish);
  if (allowed == Right::kYes) return base::Done{};
  if (allowed == Right::kNo) return by_affiliation(affiliation);
  switch (config.publishing) {
    case PublishModel::kOpen:
      return base::Done{};
    case PublishModel::kSubscribers:
      if (subscribed) return base::Done{};
      return {Errc::kForbidden, "only subscribers and publishers of this node may publish to it: subscribe first"};
    case PublishModel::kPublishers:
      break;
  }
  return {Errc::kForbidden, "only publishers and owners of this node may publish to it: ask an owner"};
}

}  // namespace bourse::pubsub
