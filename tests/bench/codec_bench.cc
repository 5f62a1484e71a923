// CPU time of the XMPP edge per publish: gloox's parser alone, the guard, the way from its Tag to a Command, and
// the reply. What is ours has to stay within 10 µs a stanza.
#include <benchmark/benchmark.h>
#include <gloox/parser.h>
#include <gloox/tag.h>

#include <memory>
#include <string>

#include "xmpp/pubsub_request.h"
#include "xmpp/service.h"
#include "xmpp/stanza_error.h"
#include "xmpp/timestamps.h"

namespace bourse::xmpp {
namespace {

const std::string kPublish =
    "<iq xml:lang='en' to='bourse.localhost' from='user1@localhost/load' type='set' id='p123456'>"
    "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='commons/offers'><item id='offer-123456'>"
    "<offer xmlns='urn:bourse:market:1'><resource name='cpu' quantity='16'/><resource name='memory' quantity='64Gi'/>"
    "<resource name='gpu' quantity='2' model='V100'/><attribute name='arch'>x86_64</attribute>"
    "<attribute name='os'>linux</attribute><terms max-lease='PT8H'/><serves>(domain=*.edu)</serves></offer>"
    "</item></publish></pubsub></iq>";

struct Keep final : gloox::TagHandler {
  void handleTag(gloox::Tag* parsed) override { tag.reset(parsed->clone()); }
  std::unique_ptr<gloox::Tag> tag;
};

struct Ignore final : gloox::TagHandler {
  void handleTag(gloox::Tag*) override {}
};

std::unique_ptr<gloox::Tag> parsed(const std::string& xml) {
  Keep keep;
  gloox::Parser parser(&keep);
  std::string copy = xml;
  parser.feed(copy);
  return std::move(keep.tag);
}

class DiscardingBackend final : public Backend {
 public:
  base::Status submit(market::Command&& command) override {
    benchmark::DoNotOptimize(command);
    return base::Done{};
  }
  base::Status ask(market::Query&&) override { return base::Done{}; }
};

class DiscardingSender final : public StanzaSender {
 public:
  bool send(std::string_view xml) override {
    benchmark::DoNotOptimize(xml.data());
    return true;
  }
  [[nodiscard]] bool linked() const override { return true; }
};

struct DiscardingSink final : GuardSink {
  void pass(std::string_view bytes) override { benchmark::DoNotOptimize(bytes.data()); }
  void refuse(const Refusal&) override {}
};

void gloox_parser(benchmark::State& state) {
  Ignore ignore;
  for (auto _ : state) {
    gloox::Parser parser(&ignore);
    std::string copy = kPublish;
    parser.feed(copy);
  }
}
BENCHMARK(gloox_parser);

void guard(benchmark::State& state) {
  DiscardingSink sink;
  StreamGuard guard({}, sink);
  if (!guard.feed("<stream:stream>")) state.SkipWithError("refused");
  for (auto _ : state) benchmark::DoNotOptimize(guard.feed(kPublish));
}
BENCHMARK(guard);

struct Fixture {
  Fixture()
      : service({domain::Jid::parse("bourse.localhost").value(),
                 {{"commons"}},
                 {},
                 {},
                 65'536,
                 std::string(32, 'k'),
                 "bench"},
                backend, {}, clock) {
    service.attach(sender);
  }
  base::SystemClock clock;
  DiscardingBackend backend;
  DiscardingSender sender;
  Service service;
};

void publish_to_command(benchmark::State& state) {
  Fixture fixture;
  const auto tag = parsed(kPublish);
  for (auto _ : state) fixture.service.on_stanza(*tag);
}
BENCHMARK(publish_to_command);

void reply_of_publish(benchmark::State& state) {
  Fixture fixture;
  const market::ReplyTo to{domain::Jid::parse("user1@localhost/load").value(), "bourse.localhost", "p123456"};
  for (auto _ : state) {
    std::vector<market::Reply> replies(16, {to, market::Published{{"commons/offers"}, "offer-123456"}});
    fixture.service.deliver(std::move(replies));
  }
  state.SetItemsProcessed(state.iterations() * 16);
}
BENCHMARK(reply_of_publish);

void address(benchmark::State& state, const char* text) {
  for (auto _ : state) benchmark::DoNotOptimize(domain::Jid::parse(text));
}
BENCHMARK_CAPTURE(address, ascii, "user1@localhost/load");
BENCHMARK_CAPTURE(address, long_ascii, "some.provider-4711@xmpp.physics.university.example/bourse-agent.7f3a9c");
BENCHMARK_CAPTURE(address, umlauts, "jürgen@münchen.example/Büro");
BENCHMARK_CAPTURE(address, a_label, "a@xn--mnchen-3ya.example/x");

}  // namespace
}  // namespace bourse::xmpp

BENCHMARK_MAIN();
