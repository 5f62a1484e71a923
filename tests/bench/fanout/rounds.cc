#include "bench/fanout/rounds.h"

#include <functional>

namespace bourse::bench {
namespace {

constexpr const char* kPubsub = "http://jabber.org/protocol/pubsub";

// What a machine lends at least: processors, memory, gpus. Each publication changes the offer.
std::string offer_stanza(const FanoutPlan& plan, std::uint64_t number) {
  return "<iq type='set' to='" + plan.market + "' id='f" + std::to_string(number) + "'><pubsub xmlns='" + kPubsub +
         "'><publish node='commons/offers'><item id='fanout-" + std::to_string(number % 64) +
         "'><offer xmlns='urn:bourse:market:1'><resource name='cpu' quantity='" + std::to_string(number) +
         "m'/><resource name='gpu' quantity='2' model='T4'/><resource name='memory' quantity='64Gi'/>"
         "</offer></item></publish></pubsub></iq>";
}

std::string burst_stanza(const FanoutPlan& plan, std::uint64_t number, const EchoContent& content) {
  return "<iq type='set' to='" + plan.echo + "' id='f" + std::to_string(number) + "'><fanout count='" +
         std::to_string(plan.told()) + "' bytes='" + std::to_string(content.bytes) + "'>" + content.xml +
         "</fanout></iq>";
}

std::string filter_of(const FanoutPlan& plan, std::size_t subscriber) {
  if (subscriber < plan.plain) return {};
  const auto n = subscriber - plan.plain;
  if (n < plan.matching)
    return "(&amp;(gpu.model=T4)(memory&gt;=" + std::to_string(16ULL * 1024 * 1024 * 1024 + n) + "))";
  return "(&amp;(gpu.model=A" + std::to_string(n) + ")(memory&gt;=16Gi))";
}

std::string options(const std::string& filter) {
  if (filter.empty()) return {};
  return "<options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>"
         "<value>http://jabber.org/protocol/pubsub#subscribe_options</value></field>"
         "<field var='urn:bourse:market:1#filter'><value>" +
         filter + "</value></field></x></options>";
}

// Keeps `window` publishes under way until the time is over, then waits for the last message.
double run(Audience& audience, Connection& publisher, const FanoutPlan& plan,
           const std::function<std::string(std::uint64_t)>& stanza) {
  const auto before = audience.counts();
  const std::uint64_t start = now_ns();
  const std::uint64_t stop = start + static_cast<std::uint64_t>(plan.duration.count()) * 1'000'000;
  std::uint64_t published = 0;
  std::uint64_t messages = 0;
  std::uint64_t last = start;
  while (true) {
    const std::uint64_t now = now_ns();
    if (now < stop) {
      while (published * plan.told() < messages + plan.window * plan.told()) publisher.queue(stanza(published++));
      publisher.flush();
    } else if (messages >= published * plan.told()) {
      break;
    }
    if (now > last + 10'000'000'000) {
      throw BenchError("only " + std::to_string(messages) + " of " + std::to_string(published * plan.told()) +
                       " messages came");
    }
    bool readable = false;
    if (const auto got = audience.listen(100, readable); got > 0) {
      messages += got;
      last = now_ns();
    }
    if (!readable) continue;
    publisher.receive();
    for (auto each = publisher.next(); !each.empty(); each = publisher.next()) {
      if (attribute(each, "type") == "error") throw BenchError("refused: " + std::string(each));
    }
  }
  for (std::size_t i = 0; i < audience.size(); ++i) {
    const auto expected = i < plan.told() ? published : 0;
    if (audience.counts()[i] - before[i] != expected) {
      throw BenchError("session " + std::to_string(i) + " got " + std::to_string(audience.counts()[i] - before[i]) +
                       " messages, not " + std::to_string(expected));
    }
  }
  return static_cast<double>(messages) * 1e9 / static_cast<double>(last - start);
}

}  // namespace

void subscribe_all(Audience& audience, const FanoutPlan& plan) {
  for (std::size_t i = 0; i < audience.size(); ++i) {
    auto& session = audience.at(i);
    session.ask("sub", "<iq type='set' id='sub' to='" + plan.market + "'><pubsub xmlns='" + kPubsub +
                           "'><subscribe node='commons/offers' jid='" + session.full_jid() + "'/>" +
                           options(filter_of(plan, i)) + "</pubsub></iq>");
  }
}

void register_with_echo(Audience& audience, const FanoutPlan& plan) {
  for (std::size_t i = 0; i < audience.size(); ++i) {
    audience.at(i).ask("reg", "<iq type='set' id='reg' to='" + plan.echo + "'><listen xmlns='urn:bourse:bench'/></iq>");
  }
}

double measure_market(Audience& audience, Connection& publisher, const FanoutPlan& plan) {
  static std::uint64_t serial = 0;  // every publication is a change
  return run(audience, publisher, plan, [&](std::uint64_t) { return offer_stanza(plan, ++serial); });
}

double measure_echo(Audience& audience, Connection& publisher, const FanoutPlan& plan, const EchoContent& content) {
  return run(audience, publisher, plan, [&](std::uint64_t n) { return burst_stanza(plan, n, content); });
}

std::string sample_notification(Audience& audience, Connection& publisher, const FanoutPlan& plan) {
  publisher.queue(offer_stanza(plan, 1'000'000));
  publisher.flush();
  const std::string sample(audience.at(0).wait());
  std::uint64_t rest = plan.told() - 1;
  while (rest > 0) {
    bool readable = false;
    const auto got = audience.listen(10'000, readable);
    if (got == 0 && !readable) throw BenchError("a notification is missing");
    if (readable) {
      publisher.receive();
      while (!publisher.next().empty()) {
      }
    }
    rest -= std::min(rest, got);
  }
  return sample;
}

}  // namespace bourse::bench
