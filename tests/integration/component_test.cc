// The component link and the service behind real servers: what an ordinary client may send, and what only an
// attacker does. Needs BOURSE_TEST_{PROSODY,EJABBERD}_{COMPONENT,C2S,SECRET_FILE}, BOURSE_TEST_COMPONENT_JIDS
// and BOURSE_TEST_USER_FILE, which ops/test sets.
#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "component_client.h"
#include "xmpp/component_link.h"
#include "xmpp/service.h"

namespace bourse::xmpp {
namespace {

struct Setting {
  std::string component;
  std::string c2s;
  std::string secret;
  std::string jid;
  std::string user;
  std::string password;
};

std::string variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

std::optional<Setting> setting(const std::string& server) {
  const std::string prefix = "BOURSE_TEST_" + server;
  Setting found{variable(prefix + "_COMPONENT"), variable(prefix + "_C2S"), {}, {}, {}, {}};
  std::ifstream secret(variable(prefix + "_SECRET_FILE"));
  std::ifstream users(variable("BOURSE_TEST_USER_FILE"));
  std::istringstream jids(variable("BOURSE_TEST_COMPONENT_JIDS"));
  const std::vector<std::string> all(std::istream_iterator<std::string>(jids), {});
  if (found.component.empty() || found.c2s.empty() || !(secret >> found.secret) ||
      !(users >> found.user >> found.password) || all.size() < 9) {
    return std::nullopt;
  }
  found.jid = all[8];  // each test that connects as a component has one of its own
  return found;
}

LinkConfig link_config(const Setting& setting) {
  LinkConfig config;
  const std::size_t colon = setting.component.rfind(':');
  config.host = setting.component.substr(0, colon);
  config.port = static_cast<std::uint16_t>(std::stoul(setting.component.substr(colon + 1)));
  config.jid = setting.jid;
  config.secret = setting.secret;
  return config;
}

class SilentBackend final : public Backend {
 public:
  base::Status submit(market::Command&&) override { return base::Done{}; }
  base::Status ask(market::Query&&) override { return base::Done{}; }
};

// Passes everything on and remembers how the link fared.
class Watched final : public LinkHandler {
 public:
  explicit Watched(LinkHandler& inner) : inner_(inner) {}
  void on_stanza(const gloox::Tag& stanza) override { inner_.on_stanza(stanza); }
  void on_tick() override { inner_.on_tick(); }
  void on_link_up() override {
    inner_.on_link_up();
    note([this] { ++ups_; });
  }
  void on_link_down(const std::string& reason) override {
    inner_.on_link_down(reason);
    note([&] { downs_.push_back(reason); });
  }
  bool wait_up() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, ComponentClient::kPatience, [this] { return ups_ > 0; });
  }
  std::string wait_down() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, ComponentClient::kPatience, [this] { return !downs_.empty(); });
    return downs_.empty() ? "" : downs_.front();
  }
  std::size_t ups() {
    const std::lock_guard lock(mutex_);
    return ups_;
  }

 private:
  template <class Change>
  void note(Change change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    changed_.notify_all();
  }
  LinkHandler& inner_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t ups_ = 0;
  std::vector<std::string> downs_;
};

struct Running {
  explicit Running(const LinkConfig& config)
      : service({domain::Jid::parse(config.jid).value(), {{"commons"}}, {}, {}, 65'536, std::string(32, 'k'), "test"},
                backend, {}, clock),
        watched(service),
        link(config, watched) {
    service.attach(link);
    thread = std::jthread([this](const std::stop_token& stop) { link.run(stop); });
  }

  base::SystemClock clock;
  SilentBackend backend;
  Service service;
  Watched watched;
  ComponentLink link;
  std::jthread thread;
};

std::string nested(std::size_t levels) {
  std::string xml;
  for (std::size_t i = 0; i < levels; ++i) xml += "<a>";
  for (std::size_t i = 0; i < levels; ++i) xml += "</a>";
  return xml;
}

struct ComponentTest : testing::TestWithParam<const char*> {
  void SetUp() override {
    found = setting(GetParam());
    if (!found) GTEST_SKIP() << "no " << GetParam() << " in BOURSE_TEST_*; run this by ops/test";
  }
  std::unique_ptr<ComponentClient> client() const {
    return std::make_unique<ComponentClient>(found->c2s, found->user, found->password);
  }
  std::string iq(const std::string& id, const std::string& content) const {
    return "<iq type='get' id='" + id + "' to='" + found->jid + "'>" + content + "</iq>";
  }
  // A ping of a client of its own is answered, and the link never went.
  void expect_unharmed(Running& running) const {
    const auto other = client();
    ASSERT_TRUE(other->send(iq("alive", "<ping xmlns='urn:xmpp:ping'/>")));
    const std::string answer = other->read_until("alive");
    EXPECT_NE(answer.find("alive"), std::string::npos) << answer;
    EXPECT_TRUE(running.link.linked());
    EXPECT_EQ(running.watched.ups(), 1U);
  }
  // Sends what is hostile; the server may refuse it itself and close the client's stream, or pass it on:
  // then there is an answer with an error.
  void expect_refused(const std::string& stanza, const std::string& condition) const {
    const auto hostile = client();
    hostile->send(stanza);
    const std::string answer = hostile->read_until(condition);
    const bool closed =
        answer.find("stream:error") != std::string::npos || answer.find("</stream:stream>") != std::string::npos;
    EXPECT_TRUE(closed || answer.find(condition) != std::string::npos) << answer;
  }

  std::optional<Setting> found;
};

TEST_P(ComponentTest, UnknownNamespacesAreAnsweredAndTheStreamSurvives) {
  Running running(link_config(*found));
  ASSERT_TRUE(running.watched.wait_up()) << running.watched.wait_down();
  const auto asking = client();
  ASSERT_TRUE(asking->send(iq("odd", "<query xmlns='urn:example:unknown'/>")));
  const std::string answer = asking->read_until("</iq>");
  EXPECT_NE(answer.find("service-unavailable"), std::string::npos) << answer;
  EXPECT_NE(answer.find(found->jid), std::string::npos) << answer;
  ASSERT_TRUE(asking->send("<message to='" + found->jid + "'><body>hi</body></message>" + "<presence to='" +
                           found->jid + "'/>" + iq("after", "<ping xmlns='urn:xmpp:ping'/>")));
  EXPECT_NE(asking->read_until("after").find("after"), std::string::npos);
  expect_unharmed(running);
}

TEST_P(ComponentTest, DepthAndSizeDoNoHarm) {
  Running running(link_config(*found));
  ASSERT_TRUE(running.watched.wait_up()) << running.watched.wait_down();
  for (const std::size_t levels : {2'000, 35'000, 40'000}) {  // 35,000 are within the limits of stock servers
    expect_refused(iq("deep", nested(levels)), "policy-violation");
  }
  expect_refused(iq("big1", "<x xmlns='x'>" + std::string(250'000, 'x') + "</x>"), "<error");
  expect_refused(iq("big2", "<x xmlns='x'>" + std::string(600'000, 'x') + "</x>"), "<error");
  expect_unharmed(running);
}

TEST_P(ComponentTest, ASmallerLimitOfOursIsAnswered) {
  LinkConfig config = link_config(*found);
  config.limits.stanza_bytes = 20'000;
  Running running(config);
  ASSERT_TRUE(running.watched.wait_up()) << running.watched.wait_down();
  const auto asking = client();
  ASSERT_TRUE(asking->send(iq("big", "<x xmlns='x'>" + std::string(50'000, 'x') + "</x>")));
  const std::string answer = asking->read_until("</iq>");
  EXPECT_NE(answer.find("payload-too-big"), std::string::npos) << answer;
  expect_unharmed(running);
}

TEST_P(ComponentTest, AWrongSecretIsSaid) {
  LinkConfig config = link_config(*found);
  config.secret = "wrong";
  Running running(config);
  EXPECT_NE(running.watched.wait_down().find("secret"), std::string::npos) << running.watched.wait_down();
  EXPECT_FALSE(running.link.linked());
}

TEST(ComponentLink, NobodyListeningIsSaid) {
  LinkConfig config;
  config.host = "127.0.0.1";
  config.port = 1;
  config.jid = "b.localhost";
  Running running(config);
  EXPECT_NE(running.watched.wait_down().find("cannot connect to 127.0.0.1:1"), std::string::npos)
      << running.watched.wait_down();
}

INSTANTIATE_TEST_SUITE_P(Servers, ComponentTest, testing::Values("PROSODY", "EJABBERD"),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace bourse::xmpp
