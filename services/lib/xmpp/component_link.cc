#include "xmpp/component_link.h"

#include <gloox/component.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <random>

#include "xmpp/component_socket.h"
#include "xmpp/no_tls.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using Steady = std::chrono::steady_clock;

constexpr const char* kComponentNs = "jabber:component:accept";
constexpr base::Duration kTick = std::chrono::seconds(1);
constexpr base::Duration kFarewell = std::chrono::seconds(1);

void drain(int wake_fd) {
  std::uint64_t count = 0;
  static_cast<void>(!::read(wake_fd, &count, sizeof count));
}

// The stream error's condition (RFC 6120 §4.9.3) in words a person can act on. gloox knows the conditions
// by other names in some of its versions: the element itself is read.
std::string explain(const gloox::Tag& error, const LinkConfig& config) {
  std::string condition;
  std::string said;
  for (const auto* child : error.children()) {
    if (child->name() == "text") {
      said = " (the server says: " + clipped(child->cdata(), 200) + ")";
    } else if (condition.empty()) {
      condition = child->name();
    }
  }
  if (condition == "not-authorized") {
    return "the XMPP server refused the component secret of " + config.jid +
           ": the secret in the configuration is not the server's" + said;
  }
  if (condition == "host-unknown" || condition == "invalid-namespace") {
    return "the XMPP server does not know the component " + config.jid + ": configure it there" + said;
  }
  if (condition == "conflict") {
    return "another process is already connected as " + config.jid + ": stop it first" + said;
  }
  if (condition == "system-shutdown") return "the XMPP server is shutting down" + said;
  return "the XMPP server ended the stream: " + condition + said;
}

}  // namespace

// One connection, from the TCP connect to its end.
class ComponentLink::Session final : private gloox::Component, private GuardSink {
 public:
  explicit Session(ComponentLink& link)
      : gloox::Component(kComponentNs, link.config_.host, link.config_.jid, link.config_.secret, link.config_.port),
        link_(link),
        guard_(link.config_.limits, *this),
        socket_(new ComponentSocket()) {
    socket_->registerConnectionDataHandler(this);
    setConnectionImpl(socket_);           // which takes ownership
    setEncryptionImpl(new NoTls(*this));  // XEP-0114 has none
  }

  // Returns why it ended.
  std::string run(const std::stop_token& stop);
  [[nodiscard]] bool was_up() const { return up_; }

 private:
  void handleTag(gloox::Tag* tag) override;
  void pass(std::string_view bytes) override;
  void refuse(const Refusal& refusal) override;

  [[nodiscard]] bool take_queue();
  [[nodiscard]] bool wait();
  [[nodiscard]] bool read_some();
  void keep_alive(Steady::time_point now);
  void farewell();
  [[nodiscard]] std::string why_closed() const;

  ComponentLink& link_;
  StreamGuard guard_;
  ComponentSocket* socket_;
  std::string feed_;  // gloox takes std::string only: reused
  std::string why_;
  std::string stream_error_;
  bool up_ = false;
  bool readable_ = false;
  std::uint64_t seen_written_ = 0;
  Steady::time_point last_written_ = Steady::now();
  Steady::time_point next_tick_ = Steady::now() + kTick;
};

std::string ComponentLink::Session::run(const std::stop_token& stop) {
  const LinkConfig& config = link_.config_;
  const auto opened = socket_->open(config.host, config.port, config.handshake_timeout, link_.wake_fd_);
  if (!opened) return opened.error().text;
  const auto give_up = Steady::now() + config.handshake_timeout;
  gloox::Component::connect(false);
  while (!stop.stop_requested()) {
    if (!take_queue() || socket_->closing() || !wait()) return why_closed();
    if (readable_ && !read_some()) return why_closed();
    const auto now = Steady::now();
    if (!up_ && now > give_up) return "the XMPP server did not finish the component handshake in time";
    if (up_ && now >= next_tick_) {
      next_tick_ = std::max(next_tick_ + kTick, now);  // it keeps time, and does not make up for what it missed
      link_.handler_.on_tick();
      keep_alive(now);
    }
  }
  farewell();
  return kStopped;
}

// Everything queued goes out with one send(); while the socket takes no more, the queue holds the rest.
bool ComponentLink::Session::take_queue() {
  if (!socket_->has_output()) link_.empty_queue_into(socket_->output());
  return socket_->flush(why_);
}

bool ComponentLink::Session::wait() {
  link_.waiting_.store(true);
  bool queued = false;
  if (!socket_->has_output()) {
    const std::lock_guard lock(link_.mutex_);
    queued = !link_.queue_.empty();
  }
  const short events = static_cast<short>(POLLIN | (socket_->has_output() ? POLLOUT : 0));
  std::array<pollfd, 2> watched{{{socket_->fd(), events, 0}, {link_.wake_fd_, POLLIN, 0}}};
  const auto until_tick = std::chrono::ceil<std::chrono::milliseconds>(next_tick_ - Steady::now()).count();
  const int most = queued ? 0 : static_cast<int>(std::clamp<std::int64_t>(up_ ? until_tick : 1000, 0, 1000));
  const int ready = ::poll(watched.data(), watched.size(), most);
  link_.waiting_.store(false);
  if (ready < 0 && errno != EINTR) {
    why_ = "waiting for the XMPP server failed";
    return false;
  }
  if (ready > 0 && watched[1].revents != 0) drain(link_.wake_fd_);
  readable_ = ready > 0 && (watched[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
  return true;
}

bool ComponentLink::Session::read_some() {
  std::string_view bytes;
  if (!socket_->read(bytes, why_)) return false;
  if (bytes.empty()) return true;
  if (!guard_.feed(bytes)) {
    why_ = "the XMPP server sent something XMPP forbids (a comment, processing instruction or CDATA section)";
    return false;
  }
  return !socket_->closing();
}

void ComponentLink::Session::pass(std::string_view bytes) {
  feed_.assign(bytes);
  socket_->deliver(feed_);
}

void ComponentLink::Session::refuse(const Refusal& refusal) {
  const std::string answer = render_refusal(refusal, link_.config_.limits);
  if (up_ && !answer.empty()) static_cast<void>(link_.send(answer));
}

// gloox's own handleTag writes every stanza out as text for a log and answers what nobody took without a
// `from`: stanzas never get there, only what belongs to the stream.
void ComponentLink::Session::handleTag(gloox::Tag* tag) {
  if (tag == nullptr) return;
  const std::string& name = tag->name();
  if (up_ && (name == "iq" || name == "message" || name == "presence")) {
    link_.handler_.on_stanza(*tag);
    return;
  }
  if (name == "error") stream_error_ = explain(*tag, link_.config_);
  gloox::Component::handleTag(tag);
  if (!up_ && authed()) {
    up_ = true;
    next_tick_ = Steady::now() + kTick;
    link_.open_queue();
    link_.handler_.on_link_up();
  }
}

void ComponentLink::Session::keep_alive(Steady::time_point now) {
  if (socket_->bytes_written() != seen_written_) {
    seen_written_ = socket_->bytes_written();
    last_written_ = now;
  }
  if (now - last_written_ < link_.config_.keepalive || socket_->has_output()) return;
  socket_->output() += ' ';
  last_written_ = now;
}

void ComponentLink::Session::farewell() {
  link_.linked_.store(false);
  const auto until = Steady::now() + kFarewell;
  bool closed = false;
  while (Steady::now() < until) {
    if (!socket_->has_output()) link_.empty_queue_into(socket_->output());
    if (!socket_->has_output()) {
      if (closed) return;
      socket_->output() += "</stream:stream>";
      closed = true;
    }
    if (!socket_->flush(why_)) return;
    if (!socket_->has_output()) continue;
    pollfd watched{socket_->fd(), POLLOUT, 0};
    static_cast<void>(::poll(&watched, 1, 100));
  }
}

std::string ComponentLink::Session::why_closed() const {
  if (!stream_error_.empty()) return stream_error_;
  if (!why_.empty()) return up_ ? why_ : why_ + " during the component handshake";
  return "the XMPP server sent something that is not well-formed XML, or ended the stream";
}

ComponentLink::ComponentLink(LinkConfig config, LinkHandler& handler)
    : config_(std::move(config)), handler_(handler), wake_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  BOURSE_CHECK(wake_fd_ >= 0);
}

ComponentLink::~ComponentLink() { ::close(wake_fd_); }

void ComponentLink::run(const std::stop_token& stop) {
  const std::stop_callback waker(stop, [this] { wake(); });
  std::minstd_rand random{std::random_device{}()};
  std::uniform_real_distribution<double> jitter(0.0, 1.0);
  unsigned failures = 0;
  while (!stop.stop_requested()) {
    std::string reason;
    bool was_up = false;
    {
      Session session(*this);
      reason = session.run(stop);
      was_up = session.was_up();
      close_queue();
    }
    handler_.on_link_down(reason);
    failures = was_up ? 1 : failures + 1;
    if (!rest(retry_pause(failures, config_.first_retry, config_.longest_retry, jitter(random)), stop)) return;
  }
}

bool ComponentLink::send(std::string_view xml) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (!linked_.load() || queue_.size() + xml.size() > config_.out_queue_bytes) return false;
    first = queue_.empty();
    queue_.append(xml);
  }
  if (first && waiting_.load()) wake();
  return true;
}

void ComponentLink::wake() {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wake_fd_, &one, sizeof one));  // full: it is awake anyway
}

// False when stopped.
bool ComponentLink::rest(base::Duration duration, const std::stop_token& stop) const {
  const auto until = Steady::now() + duration;
  while (!stop.stop_requested()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now()).count();
    if (left <= 0) return true;
    pollfd watched{wake_fd_, POLLIN, 0};
    if (::poll(&watched, 1, static_cast<int>(left)) > 0) drain(wake_fd_);
  }
  return false;
}

void ComponentLink::open_queue() {
  {
    const std::lock_guard lock(mutex_);
    linked_.store(true);
  }
  emptied_.notify_all();
}

void ComponentLink::close_queue() {
  const std::lock_guard lock(mutex_);
  linked_.store(false);
  queue_ = std::string();
}

// `output` is empty; its memory is used for what is queued next.
void ComponentLink::empty_queue_into(std::string& output) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.empty()) return;
    output.swap(queue_);
  }
  emptied_.notify_all();
}

std::size_t ComponentLink::room_in_queue() const {
  return linked_.load() && queue_.size() < config_.flow_bytes ? config_.flow_bytes - queue_.size() : 0;
}

std::size_t ComponentLink::room() const {
  const std::lock_guard lock(mutex_);
  return room_in_queue();
}

void ComponentLink::wait_for_room(base::Duration longest) {
  std::unique_lock lock(mutex_);
  emptied_.wait_for(lock, longest, [this] { return room_in_queue() > 0; });
}

base::Duration retry_pause(unsigned attempt, base::Duration first, base::Duration longest, double jitter) {
  base::Duration pause = first;
  for (unsigned i = 1; i < attempt && pause < longest; ++i) pause *= 2;
  pause = std::min(pause, longest);
  return base::Duration(std::llround(static_cast<double>(pause.count()) * (0.5 + 0.5 * jitter)));
}

}  // namespace bourse::xmpp
