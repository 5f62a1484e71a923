// Purpose: Nodes as the market drives them, and beside them what a database would hold of the rows they emit.
// Lifetime: one test's. Threads: none.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "pubsub/nodes.h"

namespace bourse::pubsub {

inline domain::Jid jid(const std::string& text) { return domain::Jid::parse(text).value(); }
inline domain::NodeName node(const std::string& text) { return {text}; }
inline NewItem item(const std::string& id, const std::string& text = "") {
  return {.id = id, .payload = "<a xmlns='urn:a'>" + text + "</a>", .payload_ns = "urn:a"};
}
inline FormValues form(std::vector<std::pair<std::string, std::string>> fields) {
  FormValues values;
  for (auto& [var, value] : fields) values.push_back({"pubsub#" + var, {value}});
  return values;
}

// Tables by key, as storage writes them.
struct Tables {
  std::map<std::string, NodeRow> nodes;
  std::map<std::pair<std::string, std::string>, AffiliationRow> affiliations;                    // node, JID
  std::map<std::tuple<std::string, std::string, std::uint64_t>, SubscriptionRow> subscriptions;  // node, JID, id
  std::map<std::pair<std::string, std::string>, ItemRow> items;                                  // node, id

  void apply(const Change& change);
};

class World {
 public:
  explicit World(Policy policy = {}, bool hosts_ordinary = true);

  // Checks the numbers of what is logged and writes the rows.
  Outcome run(const std::string& actor, Command command);
  Outcome came(const std::string& session, Show show = Show::kOnline);
  Outcome gone(const std::string& session);
  Outcome expire();
  // The first error, or kOk.
  static constexpr int kOk = -1;
  int code(const std::string& actor, Command command);

  void create(const std::string& owner, const std::string& name,
              std::vector<std::pair<std::string, std::string>> config = {});
  SubId subscribe(const std::string& who, const std::string& name,
                  std::vector<std::pair<std::string, std::string>> options = {});
  Outcome publish(const std::string& who, const std::string& name, const std::string& id);

  [[nodiscard]] std::unique_ptr<Nodes> replayed() const;
  // "a@x b@x/r[1,2] c@x<collection>", by address.
  static std::string text(const Recipients& recipients);
  static std::string text(const Outcome& outcome);  // kinds, items and recipients of its notices

  Nodes nodes;
  Tables tables;
  Policy policy;
  base::Timestamp now{std::chrono::hours(24 * 365 * 50)};
  domain::EventSeq last_event{100};

 private:
  Context context(const std::string& actor) const;
  Outcome settle(Outcome outcome);

  bool hosts_ordinary_;
};

}  // namespace bourse::pubsub
