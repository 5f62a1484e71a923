// Random commands against a brute-force model that knows nothing but the rows: whom an event reaches is computed from
// all of them each time, and what the rows say must give the same state again.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "nodes_fixture.h"

namespace bourse::pubsub {
namespace {

const std::vector<std::string> kPeople{"a@x", "b@x", "c@x", "d@x", "e@x"};
const std::vector<std::string> kNames{"n1", "n2", "n3", "c1", "c2"};  // those with c may be collections

class Chance {
 public:
  explicit Chance(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return engine_() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  const std::string& of(const std::vector<std::string>& those) { return those[below(those.size())]; }

 private:
  std::mt19937 engine_;
};

std::string address(Chance& chance) { return chance.of(kPeople) + (chance.one_in(3) ? "/r" : ""); }

FormValues any_config(Chance& chance, bool collection) {
  static const std::vector<std::pair<std::string, std::string>> kLeaf{
      {"max_items", "2"},        {"max_items", "3"},       {"access_model", "whitelist"},
      {"access_model", "open"},  {"access_model", "open"}, {"access_model", "authorize"},
      {"publish_model", "open"}, {"persist_items", "0"},   {"persist_items", "1"},
      {"notify_retract", "0"},   {"notify_sub", "1"},      {"presence_based_delivery", "1"},
      {"purge_offline", "1"},    {"tempsub", "1"},         {"presence_based_delivery", "0"},
      {"item_expire", "50"},     {"collection", "c1"},     {"collection", "c2"},
      {"collection", ""},        {"notify_delete", "1"},   {"send_last_published_item", "on_sub_and_presence"}};
  static const std::vector<std::pair<std::string, std::string>> kCollection{
      {"notify_config", "1"}, {"collection", "c1"},     {"children", "n1"},           {"children", "n2"},
      {"collection", ""},     {"access_model", "open"}, {"access_model", "whitelist"}};
  const auto& those = collection ? kCollection : kLeaf;
  return form({those[chance.below(those.size())]});
}

Command any_command(Chance& chance, const World& world) {
  const auto name = node(chance.of(kNames));
  const bool collection = name.value.front() == 'c';
  const auto item_id = std::to_string(chance.below(5));
  std::optional<SubId> id;
  if (chance.one_in(2)) id = SubId{chance.below(8) + 1};
  static const std::vector<Affiliation> kAffiliations{Affiliation::kNone,      Affiliation::kOwner,
                                                      Affiliation::kPublisher, Affiliation::kMember,
                                                      Affiliation::kOutcast,   Affiliation::kPublishOnly};
  static const std::vector<SubscriptionState> kStates{SubscriptionState::kNone, SubscriptionState::kPending,
                                                      SubscriptionState::kSubscribed};
  switch (chance.below(20)) {
    case 0:
    case 1: {
      auto config = any_config(chance, collection);
      if (collection) config.push_back({"pubsub#node_type", {"collection"}});
      // As few as the payloads that are kept: otherwise a restart knows more of the last item than was kept.
      if (!collection && find_field(config, "pubsub#max_items") == nullptr)
        config.push_back({"pubsub#max_items", {"4"}});
      return CreateNode{.node = name, .config = config};
    }
    case 2:
    case 3:
      return ConfigureNode{name, any_config(chance, collection)};
    case 4:
      if (chance.one_in(3)) return DeleteNode{name};
      return PurgeNode{name};
    case 5:
      return AssociateNode{node(chance.of(kNames)), name, chance.one_in(2)};
    case 6:
    case 7:
      return SetAffiliations{name, {{jid(address(chance)), kAffiliations[chance.below(6)]}}};
    case 8:
      return SetSubscriptions{name, {{jid(address(chance)), kStates[chance.below(3)], id}}};
    case 9:
      return ApproveSubscription{name, jid(address(chance)), {}, !chance.one_in(3)};
    case 10:
    case 11:
    case 12:
      return PublishItems{.node = name, .items = {item(item_id)}};
    case 13:
      return RetractItems{name, {item_id}, chance.one_in(2)};
    case 14:
      return Unsubscribe{name, jid(address(chance)), id};
    case 15:
      return SetOptions{name, jid(address(chance)), id, form({{"deliver", chance.one_in(2) ? "1" : "0"}})};
    default: {
      Subscribe command{name, jid(address(chance))};
      switch (chance.below(7)) {
        case 0:
          command.options = form({{"deliver", "0"}});
          break;
        case 1:
          command.options = form({{"show-values", "away"}});
          break;
        case 2:
          if (collection) command.options = form({{"subscription_depth", "all"}});
          break;
        case 3:
          if (collection) command.options = form({{"subscription_type", "nodes"}});
          break;
        case 4: {
          const SubscriptionOptions lease{.expire = world.now + std::chrono::seconds(40 + 10 * chance.below(5))};
          command.options = FormValues{*find_field(values_of(lease), "pubsub#expire")};
          break;
        }
        default:
          break;
      }
      return command;
    }
  }
}

// Mostly somebody who may: the subscriber itself, or an owner.
std::string any_actor(Chance& chance, const World& world, const Command& command) {
  if (chance.one_in(5)) return chance.of(kPeople);
  if (const auto* one = std::get_if<Subscribe>(&command)) return one->subscriber.bare().text();
  if (const auto* one = std::get_if<Unsubscribe>(&command)) return one->subscriber.bare().text();
  if (const auto* one = std::get_if<SetOptions>(&command)) return one->subscriber.bare().text();
  const auto name = std::visit(
      [](const auto& one) {
        if constexpr (requires { one.node.value; }) return one.node.value;
        return std::string();
      },
      command);
  std::vector<std::string> owners;
  for (const auto& [key, row] : world.tables.affiliations) {
    if (key.first == name && row.affiliation == Affiliation::kOwner) owners.push_back(key.second);
  }
  return owners.empty() ? chance.of(kPeople) : chance.of(owners);
}

NodeConfig config_of(const NodeRow& row) { return config_from(decode_form(row.config).value()).value(); }
SubscriptionOptions options_of(const SubscriptionRow& row) {
  return row.options.empty() ? SubscriptionOptions{} : options_from(decode_form(row.options).value()).value();
}

Affiliation affiliation(const Tables& tables, const std::string& name, const domain::Jid& who) {
  const auto at = tables.affiliations.find({name, who.bare().text()});
  return at == tables.affiliations.end() ? Affiliation::kNone : at->second.affiliation;
}

// Whom an item on `name` reaches, from the rows alone; as World::text() writes it.
std::string reached(const World& world, const std::string& name) {
  const NodeRow& leaf = world.tables.nodes.at(name);
  if (!config_of(leaf).deliver_notifications) return "";
  std::map<std::string, int> distance{{name, 0}};
  for (int d = 0; d < 10; ++d) {
    const auto now = distance;
    for (const auto& [at, away] : now) {
      if (away != d) continue;
      for (const auto& parent : world.tables.nodes.at(at).parents) distance.try_emplace(parent, d + 1);
    }
  }
  std::map<std::string, std::string> told;  // address → as text
  for (int d = 0; d < 10; ++d) {
    for (const auto& [at, away] : distance) {
      if (away != d) continue;
      const NodeConfig config = config_of(world.tables.nodes.at(at));
      std::map<std::string, std::vector<std::uint64_t>> here;
      std::map<std::string, int> siblings;
      for (const auto& [key, row] : world.tables.subscriptions) {
        if (row.node.value != at) continue;
        ++siblings[row.subscriber.text()];
        const auto options = options_of(row);
        if (row.state != SubscriptionState::kSubscribed || !options.deliver) continue;
        const bool by_presence = config.presence_based_delivery || options.show_values != 0;
        if (by_presence && !world.nodes.presences.is_there(row.subscriber, options.show_values)) continue;
        if (d > 0) {
          if (options.type == SubscriptionType::kNodes || options.depth < static_cast<std::uint32_t>(d)) continue;
          bool subscribed = false;
          for (const auto& [other_key, other] : world.tables.subscriptions) {
            subscribed = subscribed || (other.node.value == name && other.state == SubscriptionState::kSubscribed &&
                                        other.subscriber.bare() == row.subscriber.bare());
          }
          if (!may_retrieve(affiliation(world.tables, name, row.subscriber), subscribed, config_of(leaf))) continue;
        }
        here[row.subscriber.text()].push_back(row.id.value);
      }
      for (const auto& [who, ids] : here) {
        std::string text = who;
        for (std::size_t i = 0; i < ids.size() && siblings[who] > 1; ++i)
          text += (i == 0 ? "[" : ",") + std::to_string(ids[i]);
        if (siblings[who] > 1) text += "]";
        if (d > 0) text += "<" + at + ">";
        told.try_emplace(who, text);
      }
    }
  }
  std::vector<std::string> all;
  for (const auto& [who, text] : told) all.push_back(text);
  std::sort(all.begin(), all.end());
  std::string joined;
  for (const auto& one : all) joined += (joined.empty() ? "" : " ") + one;
  return joined;
}

void check_rows(const World& world) {
  const Tables& tables = world.tables;
  std::map<std::string, std::size_t> owners;
  for (const auto& [key, row] : tables.affiliations) owners[key.first] += row.affiliation == Affiliation::kOwner;
  std::map<std::string, std::size_t> items;
  for (const auto& [key, row] : tables.items) ++items[key.first];
  for (const auto& [name, row] : tables.nodes) {
    const NodeConfig config = config_of(row);
    EXPECT_GE(owners[name], 1U) << name << ": the last owner stays";
    EXPECT_LE(items[name], config.persist_items ? std::max(config.max_items, 1U) : 1U) << name;
    EXPECT_EQ(row.hidden, config.access == AccessModel::kWhitelist);
    EXPECT_EQ(row.parents, config.collections);
    for (const auto& parent : row.parents) EXPECT_EQ(tables.nodes.at(parent).kind, NodeKind::kCollection);
  }
  for (const auto& [key, row] : tables.subscriptions) {
    const auto of = affiliation(tables, row.node.value, row.subscriber);
    EXPECT_TRUE(may_subscribe(of, config_of(tables.nodes.at(row.node.value))).ok())
        << row.subscriber.text() << " on " << row.node.value;
  }
  for (const auto& [key, row] : tables.items) {
    EXPECT_TRUE(tables.nodes.contains(row.node.value));
    EXPECT_LE(row.created, row.modified);
  }
}

// Everything that can be asked, and what a new subscriber would be sent, as text.
std::string observed(Nodes& nodes, const World& world) {
  std::string all;
  const auto ask = [&](const std::string& actor, const Command& command) {
    return nodes.decide({.actor = jid(actor), .now = world.now, .last_event = world.last_event}, command);
  };
  for (const auto& [name, row] : world.tables.nodes) {
    std::string owner;
    for (const auto& who : kPeople) {
      if (affiliation(world.tables, name, jid(who)) == Affiliation::kOwner) owner = who + "/1";
    }
    const auto info = std::get<NodeInfo>(*ask(owner, GetNode{node(name)}).answer);
    all += "\n" + name + " " + info.creator.text() + " " + std::to_string(info.subscribers) + " " +
           std::to_string(info.items);
    for (const auto& field : values_of(info.config)) {
      for (const auto& value : field.values) all += " " + field.var + "=" + value;
    }
    const auto affiliated =
        std::get<AffiliationsAnswer>(*ask(owner, GetNodeAffiliations{node(name)}).answer).affiliations;
    for (const auto& one : affiliated) {
      all += " " + one.jid.text() + ":" + std::string(to_text(one.affiliation));
    }
    all += " told " + World::text(nodes.recipients(node(name)));
  }
  for (const auto& who : kPeople) {
    all += "\n" + who;
    const auto subscribed = std::get<SubscriptionsAnswer>(*ask(who + "/1", GetSubscriptions{}).answer).subscriptions;
    for (const auto& one : subscribed) {
      all += " " + one.node.value + "/" + one.subscriber.text() + "/" + std::to_string(one.id.value) + "/" +
             std::string(to_text(one.state));
    }
    all += " came " + World::text(nodes.session_came({.actor = jid(who + "/r"), .now = world.now}));
    all += " waits";
    const auto waiting = std::get<PendingAnswer>(*ask(who + "/1", GetPending{}).answer).nodes;
    for (const auto& one : waiting) all += " " + one.value;
  }
  all += "\nnext " + std::to_string(nodes.next_expiry().time_since_epoch().count()) + " of " +
         std::to_string(nodes.subscription_count());
  return all;
}

class NodesModel : public testing::TestWithParam<unsigned> {};

TEST_P(NodesModel, RowsAreAllThereIs) {
  Chance chance(GetParam());
  Policy policy;
  policy.max_subscriptions_per_jid = 12;
  World world(policy);
  std::size_t done = 0;
  for (int step = 0; step < 800; ++step) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()) + ", step " + std::to_string(step));
    world.now += std::chrono::seconds(1);
    Outcome outcome;
    if (chance.one_in(15)) {
      const auto session = chance.of(kPeople) + "/r";
      outcome =
          chance.one_in(2) ? world.gone(session) : world.came(session, chance.one_in(2) ? Show::kAway : Show::kOnline);
    } else if (chance.one_in(20)) {
      outcome = world.expire();
    } else {
      const Command command = any_command(chance, world);
      outcome = world.run(any_actor(chance, world, command) + "/1", command);
    }
    done += outcome.answer.ok() && !outcome.changes.empty();
    for (const auto& notice : outcome.notices) {
      if (notice.kind != NoticeKind::kItemPublished || notice.seq.value == 0) continue;
      EXPECT_EQ(World::text(notice.recipients), reached(world, notice.node.value));
    }
    check_rows(world);
    for (const auto& [name, row] : world.tables.nodes) {
      EXPECT_EQ(World::text(world.nodes.recipients(node(name))), reached(world, name)) << name;
    }
    if (step % 20 == 0) {
      const auto again = world.replayed();
      again->presences = world.nodes.presences;
      EXPECT_EQ(observed(*again, world), observed(world.nodes, world));
    }
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(done, 120U) << "the commands have to do something";
}

INSTANTIATE_TEST_SUITE_P(Seeds, NodesModel, testing::Range(1U, 41U));

}  // namespace
}  // namespace bourse::pubsub
