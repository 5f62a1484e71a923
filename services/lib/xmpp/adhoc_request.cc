// Requesting resources by form.
#include "domain/records.h"
#include "xmpp/adhoc_pool.h"
#include "xmpp/element.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using domain::Preference;
using pubsub::FieldType;

base::Result<Preference> read_preference(const std::string& text) {
  if (text.empty() || text == "best-fit") return Preference::kBestFit;
  if (text == "availability") return Preference::kAvailability;
  if (text == "fastest") return Preference::kFastest;
  return {Errc::kInvalidPayload, "prefers: one of best-fit, availability, fastest"};
}

base::Status read_extent(const Scene& scene, const Entered& entered, domain::Request& request) {
  if (const std::string count = entered.text("count"); !count.empty()) {
    const auto number = parse_number(count, domain::kMaxCount);
    if (!number) return {Errc::kInvalidPayload, "count: " + number.error().text};
    request.count = static_cast<std::uint32_t>(*number);
  }
  const auto duration = entered.duration("duration");
  if (!duration) return duration.error();
  request.duration = duration->value_or(request.duration);
  const auto deadline = entered.moment("deadline", scene.now);
  if (!deadline) return deadline.error();
  request.deadline = *deadline;
  return base::Done{};
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
  const auto prefers = read_preference(entered.text("prefers"));
  if (!prefers) return prefers.error();
  request.prefers = *prefers;
  const auto spread = entered.flag("spread", false);
  if (!spread) return spread.error();
  request.spread = *spread ? domain::Spread::kProvider : domain::Spread::kNone;
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
  fields.push_back(text_field("needs", "What the offer must be",
                              "A filter over its attributes, such as (&(arch=x86_64)(gpu.model=T4)). Empty: any."));
  fields.push_back(text_field("count", "How many times", "As many grants, each with these resources.", "1",
                              {.datatype = "xs:integer", .min = "1", .max = std::to_string(domain::kMaxCount)}));
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
                                false));
  auto spread = field("spread", FieldType::kBoolean, "Each from another provider", "No two grants from one provider.");
  spread.values = {"false"};
  fields.push_back(std::move(spread));
  return form;
}

base::Result<Turn> run_request(const Scene& scene, const Entered& entered) {
  auto id = entered.id("id", scene.rules.new_item_id());
  if (!id) return id.error();
  auto request = read_request(scene, entered);
  if (!request) return request.error();
  std::string record = domain::encode(*request);
  std::string done = "Your request '" + *id + "' is on the market: " + in_words(request->resources) +
                     ". 'My grants' shows what it was given.";
  return Turn(
      Order{{pool_of(scene, entered), market::PublishRequest{{std::move(*id)}, std::move(*request), std::move(record)}},
            std::move(done)});
}

}  // namespace bourse::xmpp
