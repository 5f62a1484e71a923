// Purpose: the service between a recording market and a recording link.
// Lifetime: one per test. Threads: none.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "parsed_xml.h"
#include "xmpp/backend.h"
#include "xmpp/service.h"
#include "xmpp/timestamps.h"

namespace bourse::xmpp::testing_service {

class RecordingBackend final : public Backend {
 public:
  base::Status submit(market::Command&& command) override {
    if (refuse) return *refuse;
    commands.push_back(std::move(command));
    return base::Done{};
  }
  base::Status ask(market::Query&& query) override {
    if (refuse) return *refuse;
    queries.push_back(std::move(query));
    return base::Done{};
  }
  std::vector<market::Command> commands;
  std::vector<market::Query> queries;
  std::optional<base::Error> refuse;
};

class RecordingSender final : public StanzaSender {
 public:
  bool send(std::string_view xml) override {
    if (up) sent.emplace_back(xml);
    return up;
  }
  [[nodiscard]] bool linked() const override { return up; }
  bool up = true;
  std::vector<std::string> sent;
};

inline domain::Jid jid(std::string_view text) { return domain::Jid::parse(text).value(); }

struct ServiceTest : testing::Test {
  ServiceTest() { service.attach(sender); }

  void receive(const std::string& xml) {
    const ParsedXml stanza(xml);
    ASSERT_TRUE(stanza.ok()) << xml;
    service.on_stanza(*stanza);
  }
  // The content of an iq from a@x/r to the service.
  void request(std::string_view type, std::string_view content) {
    receive("<iq type='" + std::string(type) + "' id='q1' from='a@x/r' to='bourse.localhost'>" + std::string(content) +
            "</iq>");
  }
  [[nodiscard]] std::string sent() const {
    std::string all;
    for (const auto& xml : sender.sent) all += xml;
    return all;
  }

  base::ManualClock clock{parse_timestamp("2026-11-22T00:00:00Z").value()};
  RecordingBackend backend;
  RecordingSender sender;
  Service service{{.service = jid("bourse.localhost"),
                   .pools = {{"commons"}, {"lab"}},
                   .operators = {jid("root@x")},
                   .max_payload_bytes = 1000,
                   .ticket_key = std::string(32, 'k'),
                   .version = "1.2.3",
                   .auditors = {jid("auditor@x")}},
                  backend,
                  [](const domain::Grant& grant) { return "ticket-of-" + domain::to_item_id(grant.id); },
                  clock};
};

}  // namespace bourse::xmpp::testing_service
