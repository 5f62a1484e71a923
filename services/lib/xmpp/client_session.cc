#include "xmpp/client_session.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gloox/client.h>
#include <gloox/connectionlistener.h>
#include <gloox/connectiontcpclient.h>
#include <gloox/loghandler.h>
#include <gloox/presence.h>
#include <gloox/tag.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "domain/domain_name.h"
#include "xmpp/client_errors.h"
#include "xmpp/element.h"
#include "xmpp/no_tls.h"
#include "xmpp/stamped_sender.h"
#include "xmpp/tls_client.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Done;
using base::Duration;
using base::Errc;
using base::Error;
using base::Result;
using base::Status;
using Steady = std::chrono::steady_clock;

constexpr std::string_view kIdPrefix = "bourse-";

// What DNS and certificates call it.
std::string dns_name(const domain::Jid& jid) { return domain::ascii_domain(jid.domain()); }

}  // namespace

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  const std::string text(host);
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24U) == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

// The gloox side. Replies and messages are taken before gloox makes its own objects of them; the rest
// (stream set-up, pings and disco queries to us) stays gloox's.
class ClientSession::Link final : public gloox::Client, private gloox::ConnectionListener, private gloox::LogHandler {
 public:
  Link(const ConnectOptions& options, const MessageHandler& on_message, const PresenceHandler& on_presence)
      : gloox::Client(gloox::JID(options.jid.text()), options.password, options.port),
        options_(options),
        on_message_(on_message),
        on_presence_(on_presence) {
    registerConnectionListener(this);
    if (spdlog::should_log(spdlog::level::trace)) {
      logInstance().registerLogHandler(gloox::LogLevelDebug, gloox::LogAreaXmlIncoming | gloox::LogAreaXmlOutgoing,
                                       this);
    }
    disableRoster();
    setCompression(false);
    setTls(options.plain_on_loopback ? gloox::TLSDisabled : gloox::TLSRequired);
    // With -PLUS among them gloox binds to the channel where TlsClient can (TLS 1.2); where it cannot (TLS 1.3), it
    // says truthfully that it does not. Without, it claims that the server could not, which servers take for a
    // downgrade.
    setSASLMechanisms(gloox::SaslMechScramSha1Plus | gloox::SaslMechScramSha1 | gloox::SaslMechPlain);
    presence().setPresence(options.receive_events ? gloox::Presence::Available : gloox::Presence::Unavailable);
    // Not setServer(): gloox would then check the certificate against the host, not against the domain.
    std::string host = options.host;
    if (host.empty() && is_loopback(options.jid.domain())) host = dns_name(options.jid);
    if (!host.empty()) {
      tcp_ = new gloox::ConnectionTCPClient(this, logInstance(), host, options.port > 0 ? options.port : 5222);
    } else {
      tcp_ = new gloox::ConnectionTCPClient(this, logInstance(), dns_name(options.jid), options.port);
    }
    setConnectionImpl(tcp_);
  }

  ~Link() override { removeConnectionListener(this); }

  [[nodiscard]] bool is_up() const { return up_; }
  [[nodiscard]] const domain::Jid& full_jid() const { return full_jid_; }
  [[nodiscard]] const std::optional<LostConnection>& lost() const { return lost_; }
  [[nodiscard]] std::size_t outstanding() const { return pending_.size(); }
  [[nodiscard]] int socket_fd() const { return tcp_->socket(); }

  // Before connecting; gloox owns what it is given.
  [[nodiscard]] Status use_tls() {
    if (options_.plain_on_loopback) {
      setEncryptionImpl(new NoTls(*this));
      return Done{};
    }
    auto tls = TlsClient::make(*this, dns_name(options_.jid), options_.ca_file);
    if (!tls) return tls.error();
    tls_ = tls->get();
    setEncryptionImpl(tls->release());
    return Done{};
  }

  [[nodiscard]] Error why_lost() const {
    const std::string where = options_.host.empty()
                                  ? std::string(options_.jid.domain())
                                  : fmt::format("{}:{}", options_.host, options_.port > 0 ? options_.port : 5222);
    return error_of_connection(lost_.value_or(LostConnection{}), options_.jid.bare().text(), where);
  }

  void request(IqType type, const domain::Jid& to, std::string_view payload, ReplyHandler&& handler) {
    const std::string id = fmt::format("{}{}", kIdPrefix, ++last_id_);
    std::string xml = type == IqType::kGet ? "<iq type='get'" : "<iq type='set'";
    append_attribute(xml, "id", id);
    append_attribute(xml, "to", to.text());
    xml += '>';
    xml += payload;
    xml += "</iq>";
    pending_.emplace(id, Pending{std::move(handler), to, Steady::now() + options_.timeout});
    send_xml(xml);
  }

  void send_xml(const std::string& xml) {
    spdlog::trace("sent {}", xml);
    send(xml);
  }

  void fail_outdated() {
    if (pending_.empty()) return;
    const auto now = Steady::now();
    if (now < next_check_) return;
    next_check_ = now + std::chrono::milliseconds(100);
    std::vector<Pending> outdated;
    for (auto at = pending_.begin(); at != pending_.end();) {
      if (at->second.until > now) {
        ++at;
      } else {
        outdated.push_back(std::move(at->second));
        at = pending_.erase(at);
      }
    }
    for (const auto& pending : outdated) {
      pending.handler(Error{
          Errc::kUnavailable,
          fmt::format("no answer from {} within {} s: it may or may not have done what was asked", pending.to.text(),
                      std::chrono::duration_cast<std::chrono::seconds>(options_.timeout).count())});
    }
  }

  void fail_all(const Error& error) {
    for (auto& [id, pending] : std::exchange(pending_, {})) pending.handler(error);
  }

  void handleTag(gloox::Tag* tag) override {
    if (tag == nullptr || !up_ || !take(*tag)) gloox::Client::handleTag(tag);
  }

 private:
  struct Pending {
    ReplyHandler handler;
    domain::Jid to;
    Steady::time_point until;
  };

  bool take(const gloox::Tag& tag) {
    if (tag.name() == "message") {
      if (on_message_ && attribute_or_empty(tag, "type") != "error") on_message_(tag);
      return true;
    }
    if (tag.name() == "presence" && on_presence_ && attribute_or_empty(tag, "type").empty()) {
      if (const auto from = domain::Jid::parse(attribute_or_empty(tag, "from"))) on_presence_(*from);
      return true;
    }
    const std::string& id = attribute_or_empty(tag, "id");
    if (tag.name() != "iq" || !id.starts_with(kIdPrefix)) return false;
    const std::string& type = attribute_or_empty(tag, "type");
    if (type != "result" && type != "error") return false;
    const auto found = pending_.find(id);
    if (found == pending_.end()) return true;  // answered after its time limit
    // Ids can be guessed: only who was asked may answer.
    if (!is_address(tag, "from", found->second.to)) return true;
    const auto pending = std::move(found->second);
    pending_.erase(found);
    if (type == "error") {
      pending.handler(error_of_stanza(tag));
    } else {
      pending.handler(&tag);
    }
    return true;
  }

  void onConnect() override {
    if (auto parsed = domain::Jid::parse(jid().full())) full_jid_ = std::move(*parsed);
    up_ = true;
  }

  void onDisconnect(gloox::ConnectionError reason) override {
    up_ = false;
    if (lost_) return;  // the first reason is the cause
    lost_ = LostConnection{reason, authError(), streamError(), streamErrorText(), {}};
    if (tls_ == nullptr) return;
    lost_->certificate_complaint = certificate_complaint(tls_->fetchTLSInfo(), dns_name(options_.jid));
    if (lost_->text.empty()) lost_->text = tls_->failure();
    // The alert that tells the server may have failed before gloox heard of it.
    if (!lost_->certificate_complaint.empty()) lost_->reason = gloox::ConnTlsFailed;
  }

  bool onTLSConnect(const gloox::CertInfo& certificate) override { return certificate.status == gloox::CertOk; }

  void handleLog(gloox::LogLevel, gloox::LogArea area, const std::string& text) override {
    spdlog::trace("{} {}", area == gloox::LogAreaXmlIncoming ? "received" : "sent", text);
  }

  const ConnectOptions& options_;
  const MessageHandler& on_message_;
  const PresenceHandler& on_presence_;
  gloox::ConnectionTCPClient* tcp_ = nullptr;  // gloox owns it
  TlsClient* tls_ = nullptr;                   // gloox owns it
  bool up_ = false;
  domain::Jid full_jid_;
  std::optional<LostConnection> lost_;
  std::uint64_t last_id_ = 0;
  Steady::time_point next_check_;
  std::unordered_map<std::string, Pending> pending_;
};

Result<std::unique_ptr<ClientSession>> ClientSession::make(ConnectOptions options) {
  if (options.jid.local().empty()) {
    return {Errc::kBadRequest,
            fmt::format("'{}' is not an account: a JID such as me@example.org is needed", options.jid.text())};
  }
  const std::string_view host = options.host.empty() ? options.jid.domain() : std::string_view(options.host);
  if (options.plain_on_loopback && !is_loopback(host)) {
    return {Errc::kBadRequest,
            fmt::format("tls = \"off-on-loopback\" is for servers on this machine, and {} is not one of its loopback "
                        "addresses: remove the tls setting",
                        host)};
  }
  return std::unique_ptr<ClientSession>(new ClientSession(std::move(options)));
}

ClientSession::ClientSession(ConnectOptions options)
    : options_(std::move(options)), wake_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  BOURSE_CHECK(wake_fd_ >= 0);
}

ClientSession::~ClientSession() {
  close();
  link_.reset();
  ::close(wake_fd_);
}

Status ClientSession::connect() {
  close();
  link_ = std::make_unique<Link>(options_, on_message_, on_presence_);
  if (auto status = link_->use_tls(); !status) return status;
  const auto until = Steady::now() + options_.timeout;
  if (!static_cast<gloox::ClientBase&>(*link_).connect(false)) return link_->why_lost();
  while (!link_->is_up()) {
    if (Steady::now() >= until) {
      return {Errc::kUnavailable,
              fmt::format("the server of {} did not finish the log-in within {} s", options_.jid.bare().text(),
                          std::chrono::duration_cast<std::chrono::seconds>(options_.timeout).count())};
    }
    if (link_->lost()) return link_->why_lost();
    if (const auto reason = link_->recv(100'000); reason != gloox::ConnNoError && !link_->lost()) {
      return link_->why_lost();
    }
  }
  return Done{};
}

bool ClientSession::connected() const { return link_ != nullptr && link_->is_up(); }

const domain::Jid& ClientSession::jid() const { return connected() ? link_->full_jid() : options_.jid; }

void ClientSession::request(IqType type, const domain::Jid& to, std::string_view payload, ReplyHandler handler) {
  if (!connected()) {
    handler(Error{Errc::kUnavailable, "not connected"});
    return;
  }
  link_->request(type, to, payload, std::move(handler));
}

Result<std::unique_ptr<gloox::Tag>> ClientSession::ask(IqType type, const domain::Jid& to, std::string_view payload) {
  // Shared with the handler, which may outlive this call when the connection is lost.
  const auto answer = std::make_shared<std::optional<Result<std::unique_ptr<gloox::Tag>>>>();
  request(type, to, payload, [answer](const Result<const gloox::Tag*>& reply) {
    if (reply) {
      answer->emplace(std::unique_ptr<gloox::Tag>(reply.value()->clone()));
    } else {
      answer->emplace(reply.error());
    }
  });
  while (!answer->has_value()) {
    if (const auto status = pump(std::chrono::seconds(1)); !status && !answer->has_value()) return status.error();
  }
  return std::move(**answer);
}

Status ClientSession::ping(const domain::Jid& to) {
  const auto answer = ask(IqType::kGet, to, "<ping xmlns='urn:xmpp:ping'/>");
  if (answer || answer.error().code != Errc::kUnavailable) return Done{};
  return answer.error();
}

void ClientSession::send_presence(const domain::Jid& to, bool available) {
  if (!connected()) return;
  std::string xml = "<presence";
  append_attribute(xml, "to", to.text());
  xml += available ? "/>" : " type='unavailable'/>";
  link_->send_xml(xml);
}

void ClientSession::send_message(const domain::Jid& to, std::string_view payload) {
  if (!connected()) return;
  std::string xml = "<message";
  append_attribute(xml, "to", to.text());
  xml.append(">").append(payload).append("</message>");
  link_->send_xml(xml);
}

void ClientSession::on_message(MessageHandler handler) { on_message_ = std::move(handler); }
void ClientSession::on_presence(PresenceHandler handler) { on_presence_ = std::move(handler); }

Status ClientSession::pump(Duration up_to) {
  if (!link_) return {Errc::kUnavailable, "not connected"};
  const auto lost = [this]() -> Status {
    const Error why = link_->why_lost();
    link_->fail_all(why);
    return why;
  };
  if (!link_->is_up()) return lost();
  Duration wait = std::max(up_to, Duration{0});
  if (link_->outstanding() > 0) wait = std::min<Duration>(wait, std::chrono::milliseconds(100));
  std::array<pollfd, 2> ready{pollfd{link_->socket_fd(), POLLIN, 0}, pollfd{wake_fd_, POLLIN, 0}};
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  const int count = ::poll(ready.data(), ready.size(), static_cast<int>(std::min<std::int64_t>(milliseconds, 60'000)));
  if (count > 0 && ready[1].revents != 0) {
    std::uint64_t ignored = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_fd_, &ignored, sizeof ignored);
  }
  if (count > 0 && ready[0].revents != 0) {
    const auto reason = link_->recv(0);
    if (reason != gloox::ConnNoError || !link_->is_up()) return lost();
  }
  link_->fail_outdated();
  if (!link_->is_up()) return lost();
  return Done{};
}

void ClientSession::wake() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);
}

std::size_t ClientSession::outstanding() const { return link_ ? link_->outstanding() : 0; }

void ClientSession::close() {
  if (!link_ || !link_->is_up()) return;
  link_->fail_all(Error{Errc::kUnavailable, "the session was closed"});
  link_->gloox::Client::disconnect();
}

}  // namespace bourse::xmpp
