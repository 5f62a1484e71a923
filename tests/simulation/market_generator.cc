#include "market_generator.h"

#include <algorithm>
#include <iterator>
#include <type_traits>
#include <variant>

#include "domain/records.h"

namespace bourse::simulation {
namespace {

using namespace std::chrono_literals;
using namespace market;

constexpr const char* kSchedules[] = {"Mon-Fri 18:00-08:00, Sat-Sun", "08:00-20:00", "Sat 22:00-04:00, Sun 12:00-24:00",
                                      "00:00-23:00", "Mon-Sun 02:00-03:00, 09:00-18:30"};
constexpr const char* kZones[] = {"Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", ""};
constexpr const char* kPreferences[] = {"best-fit", "availability", "fastest", "2*speed - memory"};
constexpr const char* kSpreads[] = {"provider", "domain", "zone"};

void add(domain::Resources& resources, const char* name, std::int64_t amount) {
  BOURSE_CHECK(resources.add(name, amount).ok());
}

template <class Array>
std::string pick(const Array& choices, std::uint64_t number) {
  return choices[number % std::size(choices)];
}

}  // namespace

base::Timestamp MarketGenerator::next_moment(base::Timestamp now, base::Timestamp next_timer) {
  const auto seconds = [this](std::uint64_t most) { return std::chrono::seconds(below(most)); };
  switch (below(20)) {
    case 0:
      return now - seconds(5);
    case 1:
    case 2:
      return now;
    case 3:
      return now + seconds(12 * 3600);
    case 4:
    case 5:
    case 6:
    case 7:
      if (next_timer > now && next_timer < now + 24h) return next_timer;
      return now + seconds(600);
    case 8:
    case 9:
    case 10:
      return soon(now);
    case 11:
    case 12:
    case 13:
    case 14:
      return now + seconds(40);
    default:
      return now + seconds(1200);
  }
}

Rules MarketGenerator::rules(bool holds, bool quotas) {
  Rules rules;
  rules.confirm_within = one_in(2) ? 30s : 10min;
  rules.suspect_for = one_in(2) ? 1min : 20min;
  rules.most_grace = 30min;
  rules.quarantine_failures = 2;
  rules.quarantine_first = 2min;
  rules.quarantine_most = 1h;
  rules.starving_after = holds ? base::Duration(10min) : base::Duration(24h * 3650);
  rules.most_holds = 4;
  if (quotas) {
    Group group{"lab", domain::Filter::parse("(domain=a.test)").value(), {}, 2.0};
    add(group.quota, "cpu", 8000);
    add(group.quota, "gpu", 2000);
    rules.groups.push_back(std::move(group));
  }
  return rules;
}

domain::Jid MarketGenerator::someone() {
  const auto name = "user" + std::to_string(below(6));
  return domain::Jid::parse(name + "@" + (one_in(2) ? "a" : "b") + ".test/r" + std::to_string(below(2))).value();
}

std::optional<Command> MarketGenerator::next_command(const ShadowMarket& shadow, base::Timestamp now) {
  auto who = someone();
  std::optional<CommandBody> body;
  switch (below(20)) {
    case 0:
    case 1:
    case 2:
    case 3:
      body = offer(now);
      break;
    case 4:
    case 5:
    case 6:
    case 7:
      body = request(now);
      break;
    case 8:
      body = Retract{{"commons/offers"}, offer_id()};
      if (const auto found = shadow.offers().find(std::get<Retract>(*body).item_id); found != shadow.offers().end()) {
        who = found->second.row.provider;
      }
      break;
    case 9:
      body = Retract{{"commons/requests"}, request_id()};
      if (const auto found = shadow.requests().find(std::get<Retract>(*body).item_id);
          found != shadow.requests().end()) {
        who = found->second.row.consumer;
      }
      break;
    case 10:
    case 11:
    case 12:
      body = SessionAvailable{};
      present_.insert(who);
      break;
    case 13:
      body = SessionGone{};
      present_.erase(who);
      break;
    case 14:
      if (!one_in(3)) return deal_with_a_grant(shadow);
      who = operator_jid();
      body = operators_decide(shadow);
      break;
    case 15:
      if (!one_in(4)) return deal_with_a_grant(shadow);
      body = ExplainRequest{{request_id()}};
      if (const auto found = shadow.requests().find(std::get<ExplainRequest>(*body).id.value);
          found != shadow.requests().end()) {
        who = found->second.row.consumer;
      }
      break;
    case 16:
      if (!one_in(3)) return deal_with_a_grant(shadow);
      body = somebody_looks(now);
      break;
    default:
      return deal_with_a_grant(shadow);
  }
  if (!body) return std::nullopt;
  return Command{{"commons"}, who, {who, "bourse.test", "1"}, std::move(*body)};
}

// Or does not.
CommandBody MarketGenerator::somebody_looks(base::Timestamp now) {
  switch (below(7)) {
    case 0:
      return LinkDown{};
    case 1:
    case 2:
      return LinkUp{};
    case 3:
      return DomainLost{one_in(2) ? "a.test" : "b.test", now - std::chrono::seconds(below(60))};
    default:
      return Heartbeat{.load = {.cpu = 0.5F}, .every = std::chrono::minutes(one_in(2) ? 1 : 30)};
  }
}

// They lift what they laid on often enough for a market to go on.
CommandBody MarketGenerator::operators_decide(const ShadowMarket& shadow) {
  if (!shadow.sanctions().empty() && one_in(3)) {
    auto place = shadow.sanctions().begin();
    std::advance(place, static_cast<std::ptrdiff_t>(below(shadow.sanctions().size())));
    return Sanction{place->second.jid, false, false, "it is over"};
  }
  const auto who = someone().bare();
  const auto at = domain::Jid::parse(who.domain()).value();
  if (one_in(2)) {
    Sanction sanction{one_in(4) ? at : who, std::nullopt, std::nullopt, "for a reason"};
    (one_in(3) || sanction.jid == at ? sanction.banned : sanction.drained) = one_in(3);
    return sanction;
  }
  const auto few = one_in(2) ? std::string() : std::to_string(1 + below(6));
  switch (below(4)) {
    case 0:
      return SetPolicy{{"jid-grants", one_in(3) ? who.text() : "", few}};
    case 1:
      return SetPolicy{{"domain-grants", one_in(3) ? at.text() : "", few}};
    default:
      return SetPolicy{
          {one_in(2) ? "publish" : "request", "", one_in(4) ? "(domain=" + at.text() + ")" : std::string()}};
  }
}

std::optional<Command> MarketGenerator::deal_with_a_grant(const ShadowMarket& shadow) {
  if (shadow.live_grants().empty()) return std::nullopt;
  auto place = shadow.live_grants().begin();
  std::advance(place, static_cast<std::ptrdiff_t>(below(shadow.live_grants().size())));
  const auto& grant = place->second;
  auto who = one_in(2) ? grant.consumer : grant.provider;
  const auto duration = [this] { return one_in(2) ? std::optional<base::Duration>() : some_time(); };
  CommandBody body = Retract{{"commons/grants"}, domain::to_item_id(grant.id)};
  using Kind = GrantAction::Kind;
  if (grant.state == domain::GrantState::kProposed && !one_in(4)) {
    who = grant.provider;
    body = GrantAction{one_in(4) ? Kind::kDecline : Kind::kConfirm, grant.id, {}, "said so"};
  } else if (one_in(3)) {
    who = grant.consumer;
    body = GrantAction{Kind::kRenew, grant.id, duration(), {}};
  } else if (one_in(3)) {
    who = one_in(6) ? operator_jid() : grant.provider;
    body = GrantAction{Kind::kReclaim, grant.id, duration(), "wanted back"};
  } else if (one_in(5)) {
    body = GrantAction{static_cast<Kind>(below(4)), grant.id, duration(), {}};  // perhaps not theirs to do
  }
  return Command{{"commons"}, who, {who, "bourse.test", "1"}, std::move(body)};
}

base::Duration MarketGenerator::some_time() { return std::chrono::minutes(10 * (1 + below(one_in(4) ? 60 : 12))); }

base::Timestamp MarketGenerator::soon(base::Timestamp now) {
  return std::chrono::ceil<std::chrono::minutes>(now) + std::chrono::minutes(10 * below(12)) -
         (std::chrono::ceil<std::chrono::minutes>(now).time_since_epoch() % 10min);
}

std::optional<CommandBody> MarketGenerator::offer(base::Timestamp now) {
  domain::Offer offer;
  if (!one_in(8)) add(offer.resources, "cpu", static_cast<std::int64_t>(1 + below(8)) * 500);
  if (one_in(2)) add(offer.resources, "memory", static_cast<std::int64_t>(1 + below(8)) << 30);
  if (one_in(2)) add(offer.resources, "gpu", static_cast<std::int64_t>(1 + below(3)) * domain::kMilli);
  if (one_in(3)) offer.services.push_back({"blast", "2.14", "", static_cast<std::uint32_t>(below(3))});
  if (one_in(3)) offer.serves = domain::Filter::parse("(domain=a.test)").value();
  const auto attribute = [&](const char* name, const std::string& text) {
    offer.attributes.push_back(domain::make_attribute(name, text, domain::infer_type(text)).value());
  };
  attribute("arch", one_in(2) ? "x86_64" : "arm64");
  if (!one_in(3)) attribute("zone", one_in(2) ? "north" : "south");
  if (one_in(2)) attribute("speed", std::to_string(below(5)));
  if (one_in(4)) offer.schedule = {pick(kSchedules, below(100)), pick(kZones, below(100))};
  auto& terms = offer.terms;
  terms.divisible = !one_in(4);
  if (one_in(5)) terms.max_lease = 2h;
  if (one_in(8)) terms.min_lease = 40min;
  if (one_in(3)) terms.confirm = domain::Confirm::kManual;
  if (one_in(3)) terms.grace = one_in(3) ? 1h : 10min;
  terms.drain = one_in(10);
  if (one_in(8)) offer.starts = soon(now) + 10min;
  if (one_in(5)) offer.expires = soon(now) + some_time() + 10min;
  if (!domain::validate(offer, now)) return std::nullopt;
  auto record = domain::encode(offer);
  return PublishOffer{{offer_id()}, std::move(offer), std::move(record)};
}

std::optional<CommandBody> MarketGenerator::request(base::Timestamp now) {
  domain::Request request;
  if (!one_in(8)) add(request.resources, "cpu", static_cast<std::int64_t>(1 + below(6)) * 500);
  if (one_in(4)) add(request.resources, "memory", static_cast<std::int64_t>(1 + below(4)) << 30);
  if (one_in(3)) {
    add(request.resources, "gpu",
        one_in(2) ? static_cast<std::int64_t>(1 + below(999)) : static_cast<std::int64_t>(1 + below(2)) * 1000);
  }
  if (one_in(5)) request.services.emplace_back("blast");
  if (one_in(3)) request.needs = domain::Filter::parse("(arch=x86_64)").value();
  request.prefers = domain::Preference::parse(pick(kPreferences, below(100))).value();
  request.count = static_cast<std::uint32_t>(one_in(2) ? 1 : 1 + below(4));
  if (one_in(6)) request.spares = static_cast<std::uint32_t>(1 + below(2));
  request.gang = request.count > 1 && one_in(2);
  if (one_in(4)) request.spread = pick(kSpreads, below(100));
  if (one_in(6)) request.apart.push_back({{request_id()}, pick(kSpreads, below(100))});
  request.priority = static_cast<std::int32_t>(below(3)) - 1;
  request.duration = some_time();
  if (one_in(4)) request.start = soon(now) + 10min * static_cast<std::int64_t>(below(12));
  if (one_in(3)) request.deadline = now + std::chrono::minutes(1 + below(240));
  if (!domain::validate(request, now)) return std::nullopt;
  auto record = domain::encode(request);
  domain::RequestId id{request_id()};
  // Apart from itself is what spread is for.
  if (!request.apart.empty() && request.apart[0].request == id) return std::nullopt;
  return PublishRequest{std::move(id), std::move(request), std::move(record)};
}

std::string in_words(const Command& command) {
  const auto what = std::visit(
      [](const auto& body) -> std::string {
        using Body = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<Body, PublishOffer>) {
          const auto& offer = body.offer;
          return "offers " + body.id.value + (offer.terms.divisible ? "" : " whole") +
                 (offer.terms.confirm == domain::Confirm::kManual ? " confirming" : "") +
                 (offer.schedule.text.empty() ? "" : " [" + offer.schedule.text + " " + offer.schedule.zone + "]");
        } else if constexpr (std::is_same_v<Body, PublishRequest>) {
          const auto& request = body.request;
          return "wants " + body.id.value + " ×" + std::to_string(request.count) + "+" +
                 std::to_string(request.spares) + (request.gang ? " gang" : "") +
                 (request.spread.empty() ? "" : " spread by " + request.spread) +
                 (request.apart.empty()
                      ? ""
                      : " apart from " + request.apart[0].request.value + " by " + request.apart[0].by) +
                 (request.start ? " later" : "") + (request.deadline ? " with a deadline" : "");
        } else if constexpr (std::is_same_v<Body, Retract>) {
          return "retracts " + body.item_id;
        } else if constexpr (std::is_same_v<Body, GrantAction>) {
          constexpr const char* kNames[] = {"confirms ", "declines ", "renews ", "reclaims "};
          return kNames[static_cast<std::size_t>(body.kind)] + domain::to_item_id(body.grant);
        } else if constexpr (std::is_same_v<Body, Sanction>) {
          return "drains or bans " + body.jid.text();
        } else if constexpr (std::is_same_v<Body, SetPolicy>) {
          return "sets " + body.row.name + " " + body.row.subject + " to '" + body.row.value + "'";
        } else if constexpr (std::is_same_v<Body, DomainLost>) {
          return "loses " + body.domain;
        } else if constexpr (std::is_same_v<Body, SessionAvailable>) {
          return "comes";
        } else if constexpr (std::is_same_v<Body, SessionGone>) {
          return "goes";
        } else if constexpr (std::is_same_v<Body, Tick>) {
          return "tick";
        } else if constexpr (std::is_same_v<Body, Heartbeat>) {
          return "beats";
        } else if constexpr (std::is_same_v<Body, LinkDown>) {
          return "the link is down";
        } else if constexpr (std::is_same_v<Body, LinkUp>) {
          return "the link is up";
        } else {
          return "something else";
        }
      },
      command.body);
  return command.actor.text() + " " + what;
}

}  // namespace bourse::simulation
