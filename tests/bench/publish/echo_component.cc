// bench_echo: answers every publish with a result as large as the market's own, and does nothing else. What it
// reaches through a server is what the server and the link leave to any component. Who sent it <listen/> is sent plain
// messages when somebody asks for a <fanout count='' bytes=''/>, or messages with what is in it.
#include <gloox/tag.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "xmpp/component_link.h"
#include "xmpp/secret_file.h"

namespace {

using gloox::Tag;

class Echo final : public bourse::xmpp::LinkHandler {
 public:
  void attach(bourse::xmpp::ComponentLink& link) { link_ = &link; }

  void on_stanza(const Tag& stanza) override {
    if (stanza.name() != "iq") return;
    const std::string& type = stanza.findAttribute("type");
    if (type != "set" && type != "get") return;
    reply_.clear();
    append("<iq type='result' id='", stanza.findAttribute("id"));
    append("' from='", stanza.findAttribute("to"));
    append("' to='", stanza.findAttribute("from"));
    reply_ += "'>";
    append_published(stanza);
    reply_ += "</iq>";
    if (stanza.findChild("listen") != nullptr) listeners_.push_back(stanza.findAttribute("from"));
    send();
    if (const Tag* const fanout = stanza.findChild("fanout")) send_messages(stanza.findAttribute("to"), *fanout);
  }

  void on_link_up() override { std::fprintf(stderr, "ready\n"); }
  void on_link_down(const std::string& reason) override { std::fprintf(stderr, "link down: %s\n", reason.c_str()); }

 private:
  void send() {
    if (!link_->send(reply_)) std::fprintf(stderr, "a reply was lost\n");
  }

  // Each as long as `bytes` says, as the client receives it.
  void send_messages(const std::string& self, const Tag& fanout) {
    const auto count = std::min<std::size_t>(std::stoul(fanout.findAttribute("count")), listeners_.size());
    const auto bytes = std::stoul(fanout.findAttribute("bytes"));
    const std::string content = fanout.children().empty() ? std::string() : fanout.children().front()->xml();
    reply_.clear();
    for (std::size_t i = 0; i < count; ++i) {
      const auto begin = reply_.size();
      append("<message type='headline' from='", self);
      append("' to='", listeners_[i]);
      reply_ += "'>";
      if (content.empty()) {
        append_body(bytes - std::min(bytes, reply_.size() - begin));
      } else {
        reply_ += content;
      }
      reply_ += "</message>";
    }
    send();
  }

  void append_body(std::size_t room) {
    constexpr std::size_t kTags = std::string_view("<body></body></message>").size();
    reply_ += "<body>";
    reply_.append(room > kTags ? room - kTags : 1, 'x');
    reply_ += "</body>";
  }

  // The benchmark's ids and JIDs need no escaping.
  void append(const char* before, const std::string& value) {
    reply_ += before;
    reply_ += value;
  }

  void append_published(const Tag& stanza) {
    const Tag* const pubsub = stanza.findChild("pubsub");
    const Tag* const publish = pubsub == nullptr ? nullptr : pubsub->findChild("publish");
    const Tag* const item = publish == nullptr ? nullptr : publish->findChild("item");
    if (item == nullptr) return;
    append("<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='", publish->findAttribute("node"));
    append("'><item id='", item->findAttribute("id"));
    reply_ += "'/></publish></pubsub>";
  }

  bourse::xmpp::ComponentLink* link_ = nullptr;
  std::string reply_;
  std::vector<std::string> listeners_;  // in the order they came
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Answers publishes without keeping them", "bench_echo"};
  bourse::xmpp::LinkConfig config;
  config.host = "127.0.0.1";
  std::string secret_file;
  app.add_option("--jid", config.jid, "of the component")->required();
  app.add_option("--port", config.port, "of the server for components, on loopback")->required();
  app.add_option("--secret-file", secret_file)->required();
  CLI11_PARSE(app, argc, argv);
  auto secret = bourse::xmpp::read_secret_file(secret_file);
  if (!secret) {
    std::fprintf(stderr, "bench_echo: %s\n", secret.error().text.c_str());
    return 1;
  }
  config.secret = *secret;
  // One thread takes the signals, so that stopping is an ordinary call.
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stops, nullptr);
  std::stop_source source;
  Echo echo;
  bourse::xmpp::ComponentLink link(config, echo);
  echo.attach(link);
  std::jthread waiter([&] {
    int signal = 0;
    sigwait(&stops, &signal);
    source.request_stop();
  });
  link.run(source.get_token());
  pthread_kill(waiter.native_handle(), SIGTERM);  // should run() have ended by itself
  return 0;
}
