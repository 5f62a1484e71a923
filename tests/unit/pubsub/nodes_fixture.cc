#include "nodes_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace bourse::pubsub {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

constexpr const char* kOperator = "root@x";

}  // namespace

void Tables::apply(const Change& change) {
  const auto of = [](const std::string& name) {
    return [name](const auto& entry) { return std::get<0>(entry.first) == name; };
  };
  std::visit(Overloaded{[&](const NodeRow& row) { nodes[row.name.value] = row; },
                        [&](const NodeRemoved& row) {
                          nodes.erase(row.node.value);
                          std::erase_if(affiliations, of(row.node.value));
                          std::erase_if(subscriptions, of(row.node.value));
                          std::erase_if(items, of(row.node.value));
                        },
                        [&](const NodePurged& row) { std::erase_if(items, of(row.node.value)); },
                        [&](const AffiliationRow& row) {
                          const auto key = std::pair(row.node.value, row.jid.text());
                          affiliations.erase(key);
                          if (row.affiliation != Affiliation::kNone) affiliations.emplace(key, row);
                        },
                        [&](const SubscriptionRow& row) {
                          const auto key = std::tuple(row.node.value, row.subscriber.text(), row.id.value);
                          subscriptions.erase(key);
                          if (!row.removed) subscriptions.emplace(key, row);
                        },
                        [&](const ItemRow& row) {
                          const auto key = std::pair(row.node.value, row.id);
                          items.erase(key);
                          if (!row.removed) items.emplace(key, row);
                        }},
             change);
}

World::World(Policy chosen, bool hosts_ordinary)
    : nodes({"commons"}, {jid(kOperator)}, chosen, hosts_ordinary), policy(chosen), hosts_ordinary_(hosts_ordinary) {}

Context World::context(const std::string& actor) const {
  return {.actor = actor.empty() ? domain::Jid{} : jid(actor),
          .is_operator = actor.starts_with(kOperator),
          .now = now,
          .last_event = last_event};
}

Outcome World::settle(Outcome outcome) {
  for (const auto& notice : outcome.notices) {
    if (notice.seq.value == 0) continue;
    EXPECT_EQ(notice.seq.value, last_event.value + 1);
    last_event = notice.seq;
  }
  if (!outcome.answer.ok()) {
    EXPECT_TRUE(outcome.changes.empty() && outcome.notices.empty()) << "a refused command leaves everything as it was";
    EXPECT_FALSE(outcome.answer.error().text.empty());
  }
  for (const auto& change : outcome.changes) tables.apply(change);
  return outcome;
}

Outcome World::run(const std::string& actor, Command command) { return settle(nodes.decide(context(actor), command)); }

Outcome World::came(const std::string& session, Show show) {
  const bool is_new = nodes.presences.set(jid(session), show);
  return is_new ? settle(nodes.session_came(context(session))) : Outcome{};
}

Outcome World::gone(const std::string& session) {
  nodes.presences.erase(jid(session));
  return settle(nodes.session_gone(context(session)));
}

Outcome World::expire() { return settle(nodes.expire(context(""))); }

int World::code(const std::string& actor, Command command) {
  const auto outcome = run(actor, std::move(command));
  return outcome.answer.ok() ? kOk : static_cast<int>(outcome.answer.error().code);
}

void World::create(const std::string& owner, const std::string& name,
                   std::vector<std::pair<std::string, std::string>> config) {
  const auto outcome = run(owner, CreateNode{.node = node(name), .config = form(std::move(config))});
  ASSERT_TRUE(outcome.answer.ok()) << outcome.answer.error().text;
}

SubId World::subscribe(const std::string& who, const std::string& name,
                       std::vector<std::pair<std::string, std::string>> options) {
  Subscribe command{.node = node(name), .subscriber = jid(who)};
  if (!options.empty()) command.options = form(std::move(options));
  const auto outcome = run(who, command);
  EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.error().text;
  return outcome.answer.ok() ? std::get<SubscriptionAnswer>(*outcome.answer).subscription.id : SubId{};
}

Outcome World::publish(const std::string& who, const std::string& name, const std::string& id) {
  return run(who, PublishItems{.node = node(name), .items = {item(id)}});
}

std::unique_ptr<Nodes> World::replayed() const {
  auto again =
      std::make_unique<Nodes>(domain::PoolName{"commons"}, std::vector{jid(kOperator)}, policy, hosts_ordinary_);
  const auto load = [&again](auto row) {
    const auto status = again->load(std::move(row));
    EXPECT_TRUE(status.ok()) << status.error().text;
  };
  for (const auto& [key, row] : tables.nodes) load(row);
  for (const auto& [key, row] : tables.affiliations) load(row);
  for (const auto& [key, row] : tables.subscriptions) load(row);
  std::map<domain::EventSeq, const ItemRow*> items;
  for (const auto& [key, row] : tables.items) items.emplace(row.seq, &row);
  for (const auto& [seq, row] : items) load(*row);
  return again;
}

std::string World::text(const Recipients& recipients) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    const Recipient& one = recipients.at(i);
    std::string text = one.to.text();
    for (std::size_t k = 0; k < one.subids.size(); ++k) {
      text += (k == 0 ? "[" : ",") + std::to_string(one.subids[k].value);
    }
    if (!one.subids.empty()) text += "]";
    if (one.collection) text += "<" + one.collection->value + ">";
    if (one.body) text += "+body";
    all.push_back(text);
  }
  std::sort(all.begin(), all.end());
  std::string joined;
  for (const auto& one : all) joined += (joined.empty() ? "" : " ") + one;
  return joined;
}

std::string World::text(const Outcome& outcome) {
  static const std::map<NoticeKind, std::string> kNames{{NoticeKind::kItemPublished, "published"},
                                                        {NoticeKind::kItemRetracted, "retracted"},
                                                        {NoticeKind::kNodeConfigured, "configured"},
                                                        {NoticeKind::kNodeDeleted, "deleted"},
                                                        {NoticeKind::kNodePurged, "purged"},
                                                        {NoticeKind::kSubscriptionChanged, "subscription"},
                                                        {NoticeKind::kSubscriptionRequested, "request"},
                                                        {NoticeKind::kNodeCreated, "created"},
                                                        {NoticeKind::kAssociated, "associated"},
                                                        {NoticeKind::kDissociated, "dissociated"}};
  std::string all;
  for (const auto& notice : outcome.notices) {
    all +=
        (all.empty() ? "" : "; ") + kNames.at(notice.kind) + (notice.seq.value == 0 ? "! " : " ") + notice.node.value;
    if (!notice.item_id.empty()) all += " " + notice.item_id;
    if (!notice.subject.empty()) all += " " + notice.subject.text();
    if (notice.kind == NoticeKind::kSubscriptionChanged) {
      all += " " + find_field(decode_form(notice.record).value(), "state")->values.front();
    }
    all += ": " + text(notice.recipients);
  }
  return all;
}

}  // namespace bourse::pubsub
