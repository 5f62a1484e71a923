#include "xmpp/adhoc.h"

#include <gloox/tag.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <mutex>

#include "xmpp/adhoc_book.h"
#include "xmpp/adhoc_command.h"
#include "xmpp/adhoc_text.h"
#include "xmpp/data_form.h"
#include "xmpp/disco.h"
#include "xmpp/element.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using base::Result;

constexpr base::Duration kPatience = std::chrono::minutes(10);
constexpr BookLimits kSessionLimits{16, 10'000, kPatience};
constexpr BookLimits kAwaitedLimits{64, 10'000, kPatience};

enum class Action { kExecute, kCancel, kPrev, kNext, kComplete };

std::optional<Action> action_of(const gloox::Tag& command) {
  constexpr auto kActions = std::to_array<std::pair<std::string_view, Action>>({{"execute", Action::kExecute},
                                                                                {"cancel", Action::kCancel},
                                                                                {"prev", Action::kPrev},
                                                                                {"next", Action::kNext},
                                                                                {"complete", Action::kComplete}});
  const std::string* given = attribute(command, "action");
  if (given == nullptr) return Action::kExecute;
  for (const auto& [name, action] : kActions) {
    if (name == *given) return action;
  }
  return std::nullopt;
}

// Between a person who was shown a form and its submission.
struct Session {
  const AdhocCommand* command = nullptr;
  domain::Jid holder;  // the full JID it was opened by
};

// Between a command handed to the market and the market's word.
struct Awaited {
  const AdhocCommand* command = nullptr;
  std::string session;
  std::variant<Question, Order> asked;  // the question's query and the order's command are gone
  base::Timestamp since{};
};

bool is_order(const Awaited& awaited) { return std::holds_alternative<Order>(awaited.asked); }
bool is_question(const Awaited& awaited) { return !is_order(awaited); }
bool is_any(const Awaited& /*awaited*/) { return true; }

std::string key_of(const market::ReplyTo& address) {
  return address.from.text() + '\n' + address.stanza_id + '\n' + std::to_string(address.adhoc);
}

AdhocStep refusal(std::string_view condition, std::string_view text) {
  return AdhocRefusal{render_refusal(condition, text)};
}

// The submitted form; none: there was none. A form that is wrong as such is the error.
Result<std::optional<pubsub::FormValues>> submitted(const gloox::Tag& command, std::string_view form_type) {
  const gloox::Tag* form = nullptr;
  for (const auto* child : command.children()) {
    if (!is(*child, "x", kDataFormNs)) continue;
    if (form != nullptr) return {Errc::kBadRequest, "a command is submitted with one form, not several"};
    form = child;
  }
  if (form == nullptr) return std::optional<pubsub::FormValues>();
  auto parsed = parse_form(*form, form_type);
  if (!parsed) return parsed.error();
  return std::optional(std::move(parsed->values));
}

// A program names the pool also where people have no choice.
void drop_sole_pool(pubsub::FormValues& values, const std::vector<domain::PoolName>& pools) {
  if (pools.size() > 1) return;
  std::erase_if(values, [&](const pubsub::FieldValues& field) {
    return field.var == "pool" && field.values == std::vector{pools.front().value};
  });
}

}  // namespace

class Adhoc::Impl {
 public:
  Impl(domain::Jid service, PubsubRules rules, std::vector<domain::Jid> operators)
      : service_(std::move(service)), rules_(std::move(rules)), operators_(std::move(operators)) {
    BOURSE_CHECK(!rules_.pools.empty());
  }

  Result<AdhocStep> execute(const gloox::Tag& tag, market::ReplyTo& address, base::Timestamp now);
  std::optional<Result<std::string>> render(const market::Reply& reply);
  std::optional<Result<std::string>> render(const market::Answer& answer, const TicketSigner& sign);
  [[nodiscard]] std::string render_list(const domain::Jid& viewer) const;
  [[nodiscard]] std::optional<std::string> render_info(std::string_view node, const domain::Jid& viewer) const;

 private:
  // One execute() call.
  struct Call {
    const AdhocCommand& command;
    Action action;
    std::string session;  // given, or made up
    bool fresh;           // no session was given
    std::optional<pubsub::FormValues> values;
    market::ReplyTo& address;
    Scene scene;
  };

  [[nodiscard]] bool may_run(const AdhocCommand& command, const domain::Jid& bare) const;
  [[nodiscard]] std::string new_session();
  [[nodiscard]] std::optional<AdhocStep> check_session(const Call& call);
  Result<AdhocStep> begin(Call& call);
  Result<AdhocStep> submit(Call& call);
  Result<AdhocStep> take(Call& call, Turn&& turn);
  [[nodiscard]] base::Status await(const Call& call, Awaited&& awaited);
  // With the lock held.
  Result<std::string> show(const AdhocCommand& command, const std::string& session, const domain::Jid& holder,
                           const Display& display, base::Timestamp now);
  // What waits under that address, if `about` says it is that; taken out.
  [[nodiscard]] std::optional<Awaited> answered(const market::ReplyTo& address, bool (*about)(const Awaited&));

  const domain::Jid service_;
  const PubsubRules rules_;
  const std::vector<domain::Jid> operators_;

  std::atomic<std::size_t> awaiting_{0};  // so that answers to others need no lock
  std::uint64_t last_awaited_ = 0;
  std::mutex mutex_;
  AdhocBook<Session> sessions_{kSessionLimits};
  AdhocBook<Awaited> awaited_{kAwaitedLimits};
  std::uint64_t last_session_ = 0;
};

bool Adhoc::Impl::may_run(const AdhocCommand& command, const domain::Jid& bare) const {
  return !command.operators_only || std::find(operators_.begin(), operators_.end(), bare) != operators_.end();
}

// The number says whether there ever was such a session; the rest cannot be guessed.
std::string Adhoc::Impl::new_session() { return std::to_string(++last_session_) + "-" + rules_.new_item_id(); }

Result<AdhocStep> Adhoc::Impl::execute(const gloox::Tag& tag, market::ReplyTo& address, base::Timestamp now) {
  const std::string* node = attribute(tag, "node");
  if (tag.name() != "command" || node == nullptr) {
    return {Errc::kBadRequest, "name the command: <command xmlns='http://jabber.org/protocol/commands' node='…'/>"};
  }
  const auto* command = find_adhoc_command(*node);
  if (command == nullptr) return {Errc::kNotFound, "there is no command '" + clipped(*node, 128) + "' here"};
  if (!may_run(*command, address.from.bare())) {
    return {Errc::kForbidden, "only operators of this market may run '" + std::string(command->title) + "'"};
  }
  const auto action = action_of(tag);
  if (!action) return refusal("malformed-action", "an action is execute, complete or cancel");

  const std::lock_guard lock(mutex_);
  sessions_.expire(now);
  awaited_.expire(now);
  awaiting_ = awaited_.size();
  const Scene scene{address.from, now, rules_};
  const std::string* session = attribute(tag, "sessionid");
  Call call{*command, *action, session == nullptr ? new_session() : *session, session == nullptr, {}, address, scene};
  if (!call.fresh) {
    if (auto refused = check_session(call)) return std::move(*refused);
  }
  if (*action == Action::kCancel) {
    if (call.fresh) return refusal("bad-sessionid", "which session is to be cancelled? Give its sessionid");
    sessions_.remove(call.session);
    return AdhocStep(AdhocAnswer{render_canceled(*command, call.session)});
  }
  if (*action == Action::kPrev || *action == Action::kNext) {
    return refusal("bad-action", "this command has one stage: complete or cancel it");
  }
  auto form = command->form(scene);
  auto values = submitted(tag, form.form_type.empty() ? command->node : std::string_view(form.form_type));
  if (!values) return refusal("bad-payload", values.error().text);
  call.values = std::move(*values);
  if (call.values) drop_sole_pool(*call.values, rules_.pools);
  return call.values ? submit(call) : begin(call);
}

std::optional<AdhocStep> Adhoc::Impl::check_session(const Call& call) {
  const auto* session = sessions_.find(call.session);
  if (session != nullptr && session->holder == call.address.from && session->command == &call.command) {
    return std::nullopt;
  }
  std::uint64_t number = 0;
  const auto* end = call.session.data() + call.session.size();
  const auto [stop, error] = std::from_chars(call.session.data(), end, number);
  const bool was_ours = error == std::errc() && stop != end && *stop == '-' && number >= 1 && number <= last_session_;
  if (session == nullptr && was_ours) {
    return refusal("session-expired", "that session is over: execute the command again");
  }
  return refusal("bad-sessionid", "there is no such session of yours: execute the command without a sessionid");
}

Result<AdhocStep> Adhoc::Impl::begin(Call& call) {
  if (!call.fresh) return refusal("bad-payload", "the form is missing: fill it in and submit it");
  if (call.command.begin == nullptr) {
    auto form = call.command.form(call.scene);
    if (form.fields.empty()) {
      call.values.emplace();
      return submit(call);
    }
    if (call.action != Action::kComplete) return take(call, Display{.done = false, .form = std::move(form)});
  } else if (call.action != Action::kComplete) {
    return take(call, call.command.begin(call.scene));
  }
  return refusal("bad-action", "there is nothing to complete yet: execute the command, then fill in its form");
}

// A field that is wrong is not the end: the form comes again, as it was filled in, with what is to be done.
Result<AdhocStep> Adhoc::Impl::submit(Call& call) {
  auto form = call.command.form(call.scene);
  if (const auto wrong = misfit(form, *call.values)) return refusal("bad-payload", *wrong);
  auto turn = call.command.run(call.scene, Entered(*call.values));
  if (turn) {
    auto step = take(call, std::move(*turn));
    if (step) sessions_.remove(call.session);
    return step;
  }
  Display again{.done = false,
                .form = refilled(std::move(form), *call.values),
                .note = clipped(turn.error().text, kMostNoteBytes),
                .error = true};
  again.form->instructions = "Not done yet. " + again.note + "\n" + again.form->instructions;
  return take(call, std::move(again));
}

Result<AdhocStep> Adhoc::Impl::take(Call& call, Turn&& turn) {
  if (const auto* display = std::get_if<Display>(&turn)) {
    auto payload = show(call.command, call.session, call.address.from, *display, call.scene.now);
    if (!payload) return payload.error();
    return AdhocStep(AdhocAnswer{std::move(*payload)});
  }
  if (auto* question = std::get_if<Question>(&turn)) {
    auto query = std::move(question->query);
    if (const auto kept = await(call, {&call.command, call.session, std::move(*question), call.scene.now}); !kept) {
      return kept.error();
    }
    return AdhocStep(std::move(query));
  }
  auto& order = std::get<Order>(turn);
  auto command = std::move(order.command);
  if (const auto kept = await(call, {&call.command, call.session, std::move(order), call.scene.now}); !kept) {
    return kept.error();
  }
  return AdhocStep(std::move(command));
}

base::Status Adhoc::Impl::await(const Call& call, Awaited&& awaited) {
  const auto now = awaited.since;
  call.address.adhoc = ++last_awaited_;
  if (!awaited_.put(key_of(call.address), call.address.from.bare(), std::move(awaited), now)) {
    return {Errc::kResourceConstraint, "too many commands are being run at once: try again in a moment"};
  }
  awaiting_ = awaited_.size();
  return base::Done{};
}

Result<std::string> Adhoc::Impl::show(const AdhocCommand& command, const std::string& session,
                                      const domain::Jid& holder, const Display& display, base::Timestamp now) {
  if (!display.done && sessions_.find(session) == nullptr) {
    const auto owner = holder.bare();
    sessions_.drop_oldest_of_many(owner);
    if (!sessions_.put(session, owner, {&command, holder}, now)) {
      return {Errc::kResourceConstraint, "too many people are filling in forms at once: try again in a few minutes"};
    }
  }
  return render_command(command, session, display);
}

std::optional<Awaited> Adhoc::Impl::answered(const market::ReplyTo& address, bool (*about)(const Awaited&)) {
  if (address.adhoc == 0) return std::nullopt;
  const auto key = key_of(address);
  auto* found = awaited_.find(key);
  if (found == nullptr || !about(*found)) return std::nullopt;
  std::optional<Awaited> taken(std::move(*found));
  awaited_.remove(key);
  awaiting_ = awaited_.size();
  return taken;
}

std::optional<Result<std::string>> Adhoc::Impl::render(const market::Reply& reply) {
  if (awaiting_.load(std::memory_order_relaxed) == 0) return std::nullopt;
  const auto* error = std::get_if<base::Error>(&reply.body);
  const std::lock_guard lock(mutex_);
  const auto awaited = answered(reply.to, error != nullptr ? is_any : is_order);
  if (!awaited) return std::nullopt;
  if (error != nullptr && awaited->command->stanza_errors) return Result<std::string>(*error);
  if (error != nullptr) {
    return Result<std::string>(
        render_command(*awaited->command, awaited->session, {.note = error->text, .error = true}));
  }
  const auto& order = std::get<Order>(awaited->asked);
  Display display{.note = order.done};
  if (order.show != nullptr) display = order.show(reply.body, awaited->since);
  return show(*awaited->command, awaited->session, reply.to.from, display, awaited->since);
}

std::optional<Result<std::string>> Adhoc::Impl::render(const market::Answer& answer, const TicketSigner& sign) {
  if (awaiting_.load(std::memory_order_relaxed) == 0) return std::nullopt;
  const auto& address = answer.query.reply_to;
  std::optional<Awaited> awaited;
  {
    const std::lock_guard lock(mutex_);
    awaited = answered(address, is_question);
  }
  if (!awaited) return std::nullopt;
  Display display;
  if (!answer.result) {
    display = {.note = answer.result.error().text, .error = true};
  } else {  // long tables and signatures: not under the lock
    auto shown = std::get<Question>(awaited->asked).show(answer, sign);
    if (!shown) return Result<std::string>(shown.error());
    display = std::move(*shown);
  }
  if (display.done) return Result<std::string>(render_command(*awaited->command, awaited->session, display));
  const std::lock_guard lock(mutex_);
  return show(*awaited->command, awaited->session, address.from, display, awaited->since);
}

std::string Adhoc::Impl::render_list(const domain::Jid& viewer) const {
  std::string xml = std::string("<query xmlns='") + kDiscoItemsNs + "' node='" + kCommandsNs + "'>";
  for (const auto& command : adhoc_commands()) {
    if (!may_run(command, viewer.bare())) continue;
    xml += "<item";
    append_attribute(xml, "jid", service_.text());
    append_attribute(xml, "node", command.node);
    append_attribute(xml, "name", command.title);
    xml += "/>";
  }
  return xml += "</query>";
}

std::optional<std::string> Adhoc::Impl::render_info(std::string_view node, const domain::Jid& viewer) const {
  const bool list = node == kCommandsNs;
  const auto* command = find_adhoc_command(node);
  if (!list && (command == nullptr || !may_run(*command, viewer.bare()))) return std::nullopt;
  std::string xml = std::string("<query xmlns='") + kDiscoInfoNs + "'";
  append_attribute(xml, "node", node);
  xml += "><identity category='automation'";
  append_attribute(xml, "type", list ? "command-list" : "command-node");
  append_attribute(xml, "name", list ? std::string_view("Commands of the market") : command->title);
  xml += "/>";
  if (!list) {
    xml.append("<feature var='").append(kCommandsNs).append("'/><feature var='").append(kDataFormNs).append("'/>");
  }
  return xml += "</query>";
}

Adhoc::Adhoc(domain::Jid service, PubsubRules rules, std::vector<domain::Jid> operators)
    : impl_(std::make_unique<Impl>(std::move(service), std::move(rules), std::move(operators))) {}
Adhoc::~Adhoc() = default;

Result<AdhocStep> Adhoc::execute(const gloox::Tag& command, market::ReplyTo& address, base::Timestamp now) {
  return impl_->execute(command, address, now);
}
std::optional<Result<std::string>> Adhoc::render(const market::Reply& reply) { return impl_->render(reply); }
std::optional<Result<std::string>> Adhoc::render(const market::Answer& answer, const TicketSigner& sign) {
  return impl_->render(answer, sign);
}
std::string Adhoc::render_list(const domain::Jid& viewer) const { return impl_->render_list(viewer); }
std::optional<std::string> Adhoc::render_info(std::string_view node, const domain::Jid& viewer) const {
  return impl_->render_info(node, viewer);
}

}  // namespace bourse::xmpp
