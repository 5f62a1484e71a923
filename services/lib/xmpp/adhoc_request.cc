// Requesting resources by form.
#include "domain/records.h"
#include "xmpp/adhoc_pool.h"
#include "xmpp/element.h"
#include "xmpp/shorthand.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using pubsub::FieldType;

// A whole number of a field; `otherwise` where nothing is entered.
base::Result<std::uint32_t> number_of(const Entered& entered, const char* var, std::uint32_t most,
                                      std::uint32_t otherwise) {
  const std::string text = entered.text(var);
  if (text.empty()) return otherwise;
  const auto number = parse_number(text, most);
  if (!number) return {Errc::kInvalidPayload, std::string(var) + ": " + number.error().text};
  return static_cast<std::uint32_t>(*number);
}

base::Result<std::int32_t> priority_of(const Entered& entered) {
  const std::string text = entered.text("priority");
  const bool below = text.starts_with('-');
  const auto amount = parse_number(text.empty() ? "0" : std::string_view(text).substr(below ? 1 : 0),
                                   static_cast<std::uint64_t>(domain::kMaxPriority));
  if (!amount) return {Errc::kInvalidPayload, "priority: a whole number from -100 to 100"};
  return below ? -static_cast<std::int32_t>(*amount) : static_cast<std::int32_t>(*amount);
}

base::Status read_extent(const Scene& scene, const Entered& entered, domain::Request& request) {
  const auto count = number_of(entered, "count", domain::kMaxCount, 1);
  if (!count) return count.error();
  request.count = *count;
  const auto spares = number_of(entered, "spares", domain::kMaxSpares, 0);
  if (!spares) return spares.error();
  request.spares = *spares;
  const auto gang = entered.flag("gang", false);
  if (!gang) return gang.error();
  request.gang = *gang;
  const auto start = entered.moment("start", scene.now);
  if (!start) return start.error();
  request.start = *start;
  const auto duration = entered.duration("duration");
  if (!duration) return duration.error();
  request.duration = duration->value_or(request.duration);
  const auto deadline = entered.moment("deadline", scene.now);
  if (!deadline) return deadline.error();
  request.deadline = *deadline;
  return base::Done{};
}

// Forms once had a box for it: ticked, each from another provider.
std::string spread_of(const Entered& entered) {
  const std::string text = entered.text("spread");
  if (text == "true" || text == "1") return std::string(domain::kByProvider);
  return text == "false" || text == "0" ? std::string() : parse_spread(text);
}

base::Status read_choice(const Entered& entered, domain::Request& request) {
  if (const std::string text = entered.text("prefers"); !text.empty()) {
    auto prefers = domain::Preference::parse(text);
    if (!prefers) return {Errc::kInvalidPayload, "prefers: " + prefers.error().text};
    request.prefers = std::move(*prefers);
  }
  request.services = entered.lines("services");
  request.spread = spread_of(entered);
  for (const auto& line : entered.lines("apart")) {
    auto apart = parse_apart(line);
    if (!apart) return {Errc::kInvalidPayload, "apart: " + apart.error().text};
    if (request.apart.size() >= domain::kMaxApart) {
      return {Errc::kInvalidPayload, "apart: at most " + std::to_string(domain::kMaxApart)};
    }
    request.apart.push_back(std::move(*apart));
  }
  const auto priority = priority_of(entered);
  if (!priority) return priority.error();
  request.priority = *priority;
  return base::Done{};
}

std::string wanted(const domain::Request& request) {
  std::string words = in_words(request.resources);
  for (const auto& name : request.services) words.append(words.empty() ? "" : ", ").append(name);
  return words;
}

base::Result<domain::Request> read_request(const Scene& scene, const Entered& entered) {
  domain::Request request;
  auto resources = entered.resources();
  if (!resources) return resources.error();
  request.resources = std::move(*resources);
  auto needs = entered.filter("needs");
  if (!needs) return needs.error();
  request.needs = std::move(*needs);
  if (const auto read = read_extent(scene, entered, request); !read) return read.error();
  if (const auto read = read_choice(entered, request); !read) return read.error();
  if (const auto valid = domain::validate(request, scene.now); !valid) return valid.error();
  return request;
}

}  // namespace

pubsub::Form request_form(const Scene& scene) {
  auto form = form_of(scene, "Request resources",
                      "Say what you need. The request waits until it is served, you cancel it, or its time is over.");
  auto& fields = form.fields;
  fields.push_back(text_field("id", "Name of the request", "Empty: the market makes one up."));
  fields.push_back(text_field("cpu", "CPU cores", "Such as 4 or 500m.", "1"));
  fields.push_back(text_field("memory", "Memory", "Such as 8Gi or 512Mi.", "1Gi"));
  fields.push_back(text_field("gpu", "GPUs", "Whole devices, or a part of one, such as 0.5.", "0",
                              {.datatype = "xs:decimal", .min = "0", .max = std::to_string(domain::kMaxDevices)}));
  fields.push_back(
      field("resources", FieldType::kTextMulti, "Further resources", "One a line, such as storage=100Gi."));
  fields.push_back(field("services", FieldType::kTextMulti, "Software", "What must be usable there, one name a line."));
  fields.push_back(text_field("needs", "What the offer must be",
                              "A filter over its attributes, such as (&(arch=x86_64)(gpu.model=T4)). Empty: any."));
  fields.push_back(text_field("count", "How many times", "As many grants, each with these resources.", "1",
                              {.datatype = "xs:integer", .min = "1", .max = std::to_string(domain::kMaxCount)}));
  auto gang = field("gang", FieldType::kBoolean, "All or nothing", "All grants at once, or none.");
  gang.values = {"false"};
  fields.push_back(std::move(gang));
  fields.push_back(text_field("spares", "Spare grants", "So many more where there is room.", "0",
                              {.datatype = "xs:integer", .min = "0", .max = std::to_string(domain::kMaxSpares)}));
  fields.push_back(text_field("start", "Begins", "A time, or a span from now, such as 8h: reserved. Empty: now."));
  fields.push_back(choice_field("duration", "For how long", "Each grant ends after that.", "PT1H",
                                {{"PT30M", "30 minutes"},
                                 {"PT1H", "1 hour"},
                                 {"PT2H", "2 hours"},
                                 {"PT8H", "8 hours"},
                                 {"P1D", "1 day"},
                                 {"P7D", "7 days"}},
                                true));
  fields.push_back(choice_field(
      "deadline", "Wanted until", "What is not granted by then is not wanted any more.", "none",
      {{"none", "I cancel it"}, {"PT1H", "1 hour from now"}, {"P1D", "1 day from now"}, {"P7D", "7 days from now"}},
      true));
  fields.push_back(choice_field("prefers", "Prefer", "Which offer, if several would do.", "best-fit",
                                {{"best-fit", "the one that fits best"},
                                 {"availability", "the one that is there most of the time"},
                                 {"fastest", "the fastest one"}},
                                true));
  fields.push_back(choice_field("spread", "No two grants from the same", "Or the name of an attribute, such as rack.",
                                "none", {{"none", "anything goes"}, {"provider", "provider"}, {"domain", "domain"}},
                                true));
  fields.push_back(field("apart", FieldType::kTextMulti, "Keep away from",
                         "Other requests of yours, one a line, such as backup-1 or backup-1:domain."));
  fields.push_back(text_field("priority", "Priority", "Among your own requests; higher goes first.", "0",
                              {.datatype = "xs:integer", .min = "-100", .max = "100"}));
  return form;
}

base::Result<Turn> run_request(const Scene& scene, const Entered& entered) {
  auto id = entered.id("id", scene.rules.new_item_id());
  if (!id) return id.error();
  auto request = read_request(scene, entered);
  if (!request) return request.error();
  std::string record = domain::encode(*request);
  std::string done =
      "Your request '" + *id + "' is on the market: " + wanted(*request) + ". 'My grants' shows what it was given.";
  return Turn(
      Order{{pool_of(scene, entered), market::PublishRequest{{std::move(*id)}, std::move(*request), std::move(record)}},
            std::move(done)});
}

}  // namespace bourse::xmpp
