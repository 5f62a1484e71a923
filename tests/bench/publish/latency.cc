#include "bench/publish/latency.h"

#include <unistd.h>

#include <algorithm>

#include "bench/publish/load.h"

namespace bourse::bench {
namespace {

constexpr const char* kPubsub = "http://jabber.org/protocol/pubsub";

// Told apart from every earlier run against the same market.
std::string run_tag() { return std::to_string(getpid()) + "." + std::to_string(now_ns() / 1'000'000); }

void come_online(Connection& connection) {
  connection.queue("<presence/>");
  // The server answers in order, so the presence is in effect when this is answered.
  connection.ask("online", "<iq type='get' id='online'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
}

void subscribe(Connection& connection, const std::string& service, const char* action) {
  connection.ask(action, "<iq type='set' to='" + service + "' id='" + action + "'><pubsub xmlns='" + kPubsub + "'><" +
                             action + " node='commons/offers' jid='" + connection.bare_jid() + "'/></pubsub></iq>");
}

void retract(Connection& connection, const std::string& service, const std::string& node, const std::string& item) {
  const std::string id = "retract-" + item;
  connection.ask(id, "<iq type='set' to='" + service + "' id='" + id + "'><pubsub xmlns='" + kPubsub +
                         "'><retract node='" + node + "'><item id='" + item + "'/></retract></pubsub></iq>");
}

// Reads until a message from the market that holds `text` is there; returns when it was read.
std::uint64_t wait_for_message(Connection& connection, const std::string& text) {
  while (true) {
    const std::string_view stanza = connection.wait();
    if (stanza.starts_with("<message") && stanza.find(text) != std::string_view::npos) return now_ns();
    if (stanza.starts_with("<iq") && attribute(stanza, "type") == "error")
      throw BenchError("refused: " + std::string(stanza));
  }
}

}  // namespace

Histogram measure_notifications(std::uint16_t port, const std::vector<Account>& accounts, const std::string& service,
                                const std::string& offer, int samples) {
  Connection publisher(port, accounts.at(0), "notify");
  Connection subscriber(port, accounts.at(1), "notify");
  come_online(subscriber);
  subscribe(subscriber, service, "subscribe");
  const std::string run = run_tag();
  Histogram latency;
  for (int sample = 0; sample < samples; ++sample) {
    const std::string item = "notify-" + run + "-" + std::to_string(sample);
    const std::uint64_t sent = now_ns();
    publisher.queue(publish_stanza(service, "commons/offers", item, item, offer));
    publisher.flush();
    latency.add(wait_for_message(subscriber, item) - sent);
    publisher.ask("settled", "<iq type='get' id='settled' to='" + service + "'><ping xmlns='urn:xmpp:ping'/></iq>");
    retract(publisher, service, "commons/offers", item);
    wait_for_message(subscriber, item);
  }
  subscribe(subscriber, service, "unsubscribe");
  return latency;
}

Histogram measure_grants(std::uint16_t port, const std::vector<Account>& accounts, const std::string& service,
                         int samples) {
  Connection provider(port, accounts.at(0), "grant");
  Connection consumer(port, accounts.at(1), "grant");
  come_online(provider);
  come_online(consumer);
  const std::string run = run_tag();
  Histogram latency;
  for (int sample = 0; sample < samples; ++sample) {
    const std::string key = run + "-" + std::to_string(sample);
    const std::string request = "request-" + key;
    const std::string offer = "offer-" + key;
    // Only the offer that names this key fits, whatever else is open.
    consumer.ask(request,
                 publish_stanza(service, "commons/requests", request, request,
                                "<request xmlns='urn:bourse:market:1'><resource name='cpu' quantity='4'/><needs>(run=" +
                                    key + ")</needs><duration>PT1H</duration></request>"));
    const std::uint64_t sent = now_ns();
    provider.queue(
        publish_stanza(service, "commons/offers", offer, offer,
                       "<offer xmlns='urn:bourse:market:1'><resource name='cpu' quantity='4'/><attribute name='run'>" +
                           key + "</attribute></offer>"));
    provider.flush();
    const std::uint64_t consumer_told = wait_for_message(consumer, request);
    const std::uint64_t provider_told = wait_for_message(provider, offer);
    latency.add(std::max(consumer_told, provider_told) - sent);
    retract(provider, service, "commons/offers", offer);
    wait_for_message(consumer, request);  // revoked
    retract(consumer, service, "commons/requests", request);
  }
  return latency;
}

}  // namespace bourse::bench
