// Purpose: a person at a client who runs commands of the service: executes, fills in forms, gets the market's answers.
// Lifetime: one per test. Threads: none.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "domain/records.h"
#include "parsed_xml.h"
#include "xmpp/adhoc.h"
#include "xmpp/element.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {

inline domain::Jid jid(const std::string& text) { return domain::Jid::parse(text).value(); }

inline constexpr const char* kAnn = "ann@a.test/pc";
inline constexpr const char* kOperator = "admin@a.test/pc";

// Of a <command/>, what people look at.
struct Shown {
  bool ok = false;  // well-formed, a <command/>
  std::string status;
  std::string session;
  std::string note_type;
  std::string note;
  std::string form_type;                                    // FORM_TYPE
  std::vector<std::string> fields;                          // vars, in order
  std::map<std::string, std::string> values;                // of the fields, lines joined by |
  std::map<std::string, std::vector<std::string>> options;  // of the fields
  std::vector<std::string> columns;                         // of a table
  std::vector<std::map<std::string, std::string>> rows;     // of a table
  bool completes = false;                                   // actions allow and default to complete
  std::string instructions;
};

inline std::string joined_values(const gloox::Tag& field) {
  std::string all;
  for (const auto* value : field.children()) {
    if (value->name() != "value") continue;
    if (!all.empty()) all += '|';
    all += value->cdata();
  }
  return all;
}

inline void read_form(const gloox::Tag& x, Shown& shown) {
  for (const auto* child : x.children()) {
    const std::string var = child->findAttribute("var");
    if (child->name() == "instructions") shown.instructions += child->cdata();
    if (child->name() == "field" && var == "FORM_TYPE") shown.form_type = joined_values(*child);
    if (child->name() == "field" && var != "FORM_TYPE") {
      shown.fields.push_back(var);
      shown.values[var] = joined_values(*child);
      for (const auto* option : child->children()) {
        if (option->name() == "option") shown.options[var].push_back(joined_values(*option));
      }
    }
    if (child->name() == "reported") {
      for (const auto* column : child->children()) shown.columns.push_back(column->findAttribute("var"));
    }
    if (child->name() == "item") {
      auto& row = shown.rows.emplace_back();
      for (const auto* cell : child->children()) row[cell->findAttribute("var")] = joined_values(*cell);
    }
  }
}

inline Shown shown_by(const std::string& payload) {
  Shown shown;
  const ParsedXml xml(payload);
  if (!xml.ok() || !is(*xml, "command", kCommandsNs)) return shown;
  shown.ok = true;
  shown.status = xml->findAttribute("status");
  shown.session = xml->findAttribute("sessionid");
  if (const auto* note = find_child(*xml, "note", kCommandsNs)) {
    shown.note_type = note->findAttribute("type");
    shown.note = note->cdata();
  }
  if (const auto* actions = find_child(*xml, "actions", kCommandsNs)) {
    shown.completes = actions->findAttribute("execute") == "complete" && actions->findChild("complete") != nullptr;
  }
  if (const auto* x = find_child(*xml, "x", "jabber:x:data")) read_form(*x, shown);
  return shown;
}

using Values = std::vector<std::pair<std::string, std::string>>;

// <x type='submit'/>; the same var again in a row: another value.
inline std::string submission(const Values& values) {
  std::string xml = "<x xmlns='jabber:x:data' type='submit'>";
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i == 0 || values[i - 1].first != values[i].first) {
      xml += "<field";
      append_attribute(xml, "var", values[i].first);
      xml += '>';
    }
    xml += "<value>" + escaped(values[i].second) + "</value>";
    if (i + 1 == values.size() || values[i + 1].first != values[i].first) xml += "</field>";
  }
  return xml + "</x>";
}

inline std::string full_node(const std::string& name) {
  return name == "get-pending" ? "http://jabber.org/protocol/pubsub#get-pending" : "urn:bourse:market:1#" + name;
}

class Person {
 public:
  explicit Person(std::vector<std::string> pools = {"commons"}) : Person(std::move(pools), pubsub::Policy{}) {}
  Person(std::vector<std::string> pools, pubsub::Policy policy)
      : adhoc(jid("bourse.test"), rules(std::move(pools), std::move(policy)), {jid("admin@a.test")}) {}

  base::Result<AdhocStep> send(const std::string& xml) {
    const ParsedXml tag(xml);
    BOURSE_CHECK(tag.ok());
    return adhoc.execute(*tag, address, now);
  }
  // `extra`: further attributes.
  base::Result<AdhocStep> execute(const std::string& name, const std::string& extra = "",
                                  const std::string& form = "") {
    return send("<command xmlns='http://jabber.org/protocol/commands' node='" + full_node(name) + "' " + extra + ">" +
                form + "</command>");
  }
  base::Result<AdhocStep> submit(const std::string& name, const std::string& session, const Values& values) {
    return execute(name, "action='complete' sessionid='" + session + "'", submission(values));
  }
  // Executed and shown a form: its session.
  Shown open(const std::string& name) { return shown(execute(name)); }

  static Shown shown(const base::Result<AdhocStep>& step) {
    if (!step || !std::holds_alternative<AdhocAnswer>(*step)) return {};
    return shown_by(std::get<AdhocAnswer>(*step).payload);
  }
  static market::CommandBody command(const base::Result<AdhocStep>& step) {
    BOURSE_CHECK(step.ok() && std::holds_alternative<PoolCommand>(*step));
    return std::get<PoolCommand>(*step).body;
  }

  Shown told(market::ReplyBody body) {
    const auto payload = adhoc.render(market::Reply{address, std::move(body)});
    return payload && payload->ok() ? shown_by(payload->value()) : Shown{};
  }
  Shown answered(market::QueryBody query, base::Result<market::AnswerBody> result) {
    const auto payload =
        adhoc.render(market::Answer{{{address.from.bare(), false}, address, std::move(query)}, std::move(result)},
                     [](const domain::Grant& grant) { return "ticket of " + domain::to_item_id(grant.id); });
    return payload && payload->ok() ? shown_by(payload->value()) : Shown{};
  }
  // Executes, and answers the question that comes of it.
  Shown asked(const base::Result<AdhocStep>& step, market::AnswerBody result) {
    BOURSE_CHECK(step.ok() && std::holds_alternative<market::QueryBody>(*step));
    return answered(std::get<market::QueryBody>(*step), std::move(result));
  }

  void be(const std::string& who, const std::string& id = "iq1") { address = {jid(who), "bourse.test", id}; }

  base::Timestamp now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};
  market::ReplyTo address{jid(kAnn), "bourse.test", "iq1"};

 private:
  static PubsubRules rules(std::vector<std::string> pools, pubsub::Policy policy) {
    PubsubRules made;
    for (auto& pool : pools) made.pools.push_back({std::move(pool)});
    made.policy = std::move(policy);
    made.new_item_id = [] { return std::string("made-up"); };
    return made;
  }

 public:
  Adhoc adhoc;
};

// "modify/bad-request/bad-action"
inline std::string refused(const base::Result<AdhocStep>& step) {
  if (!step || !std::holds_alternative<AdhocRefusal>(*step)) return "not refused";
  const ParsedXml xml(std::get<AdhocRefusal>(*step).error);
  if (!xml.ok() || xml->name() != "error" || xml->children().size() != 3) return "not an error";
  return xml->findAttribute("type") + "/" + xml->children().front()->name() + "/" + xml->children().back()->name();
}

}  // namespace bourse::xmpp
