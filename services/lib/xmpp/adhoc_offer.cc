// Lending a machine by form.
#include "domain/records.h"
#include "xmpp/adhoc_pool.h"
#include "xmpp/shorthand.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using pubsub::FieldType;

// Its resources, and its software.
std::string lent(const domain::Offer& offer) {
  std::string words = in_words(offer.resources, offer.gpu_model);
  for (const auto& software : offer.services) words.append(words.empty() ? "" : ", ").append(software.name);
  return words;
}

base::Status read_attributes(const Entered& entered, domain::Offer& offer) {
  for (const auto& line : entered.lines("attributes")) {
    const auto pair = parse_pair(line);
    if (!pair) return {Errc::kInvalidPayload, "attributes: " + pair.error().text};
    auto made = domain::make_attribute(pair->first, pair->second, domain::infer_type(pair->second));
    if (!made) return {Errc::kInvalidPayload, "attributes: " + made.error().text};
    if (offer.attributes.size() >= domain::kMaxOfferAttributes) {
      return {Errc::kInvalidPayload,
              "attributes: at most " + std::to_string(domain::kMaxOfferAttributes) + " in one offer"};
    }
    offer.attributes.push_back(std::move(*made));
  }
  return base::Done{};
}

base::Status read_services(const Entered& entered, domain::Offer& offer) {
  for (const auto& line : entered.lines("services")) {
    auto software = parse_software(line);
    if (!software) return {Errc::kInvalidPayload, "services: " + software.error().text};
    if (offer.services.size() >= domain::kMaxOfferServices) {
      return {Errc::kInvalidPayload,
              "services: at most " + std::to_string(domain::kMaxOfferServices) + " in one offer"};
    }
    offer.services.push_back(std::move(*software));
  }
  return base::Done{};
}

base::Status read_terms(const Entered& entered, domain::Terms& terms) {
  for (const auto& [var, span] :
       {std::pair{"min-lease", &terms.min_lease}, {"max-lease", &terms.max_lease}, {"grace", &terms.grace}}) {
    const auto given = entered.duration(var);
    if (!given) return given.error();
    *span = *given;
  }
  if (entered.text("confirm") == "manual") terms.confirm = domain::Confirm::kManual;
  const auto drain = entered.flag("drain", false);
  if (!drain) return drain.error();
  terms.drain = *drain;
  return base::Done{};
}

base::Result<domain::Offer> read_offer(const Scene& scene, const Entered& entered) {
  domain::Offer offer;
  auto resources = entered.resources();
  if (!resources) return resources.error();
  offer.resources = std::move(*resources);
  offer.gpu_model = entered.text("gpu-model");
  if (const auto read = read_attributes(entered, offer); !read) return read.error();
  if (const auto read = read_services(entered, offer); !read) return read.error();
  offer.schedule = {entered.text("schedule"), entered.text("time-zone")};
  if (const auto read = read_terms(entered, offer.terms); !read) return read.error();
  auto serves = entered.filter("serves");
  if (!serves) return serves.error();
  offer.serves = std::move(*serves);
  const auto starts = entered.moment("starts", scene.now);
  if (!starts) return starts.error();
  offer.starts = *starts;
  const auto expires = entered.moment("expires", scene.now);
  if (!expires) return expires.error();
  offer.expires = *expires;
  if (const auto valid = domain::validate(offer, scene.now); !valid) return valid.error();
  return offer;
}

}  // namespace

pubsub::Form offer_form(const Scene& scene) {
  auto form = form_of(scene, "Lend my machine",
                      "Say what you lend. The offer stays until you withdraw it or it expires; if your client shows "
                      "its presence to the market, also only while you are online.");
  auto& fields = form.fields;
  fields.push_back(text_field("id", "Name of the offer",
                              "Empty: the market makes one up. The name of an open offer of yours: replaces it."));
  fields.push_back(text_field("cpu", "CPU cores", "Such as 4 or 500m.", "1"));
  fields.push_back(text_field("memory", "Memory", "Such as 8Gi or 512Mi.", "1Gi"));
  fields.push_back(text_field("gpu", "GPUs", "Whole devices.", "0",
                              {.datatype = "xs:integer", .min = "0", .max = std::to_string(domain::kMaxDevices)}));
  fields.push_back(text_field("gpu-model", "Model of the GPUs", "Such as T4."));
  fields.push_back(
      field("resources", FieldType::kTextMulti, "Further resources", "One a line, such as storage=100Gi."));
  fields.push_back(field("attributes", FieldType::kTextMulti, "Attributes",
                         "What requests may ask for, one a line, such as arch=x86_64."));
  fields.push_back(field("services", FieldType::kTextMulti, "Software",
                         "What can be used there, one a line: blast=2.14, or blast=2.14:4 for at most four at once."));
  fields.push_back(text_field("schedule", "Opening times", "Such as Mon-Fri 18:00-08:00, Sat-Sun. Empty: always."));
  fields.push_back(text_field("time-zone", "Time zone of the opening times", "Such as Europe/Berlin. Empty: UTC."));
  fields.push_back(text_field("min-lease", "Shortest lease", "Such as 10m. Empty: any."));
  fields.push_back(choice_field("max-lease", "Longest lease", "How long somebody may have it at a time.", "PT8H",
                                {{"PT1H", "1 hour"},
                                 {"PT8H", "8 hours"},
                                 {"P1D", "1 day"},
                                 {"P7D", "7 days"},
                                 {"none", "as long as is asked for"}},
                                true));
  fields.push_back(text_field("serves", "Whom it serves",
                              "A filter over jid and domain, such as (domain=example.org). Empty: everybody."));
  fields.push_back(choice_field("confirm", "Who decides on grants", {}, "auto",
                                {{"auto", "the market"}, {"manual", "I confirm each"}}, false));
  fields.push_back(text_field("grace", "Grace period", "What others get to finish when you take it back, such as 5m."));
  auto drain = field("drain", FieldType::kBoolean, "Drain", "No new grants; those there are go on.");
  drain.values = {"false"};
  fields.push_back(std::move(drain));
  fields.push_back(text_field("starts", "Begins", "A time, or a span from now, such as 8h. Empty: now."));
  fields.push_back(choice_field("expires", "Ends", "The offer withdraws itself then.", "none",
                                {{"none", "when I withdraw it"},
                                 {"PT8H", "in 8 hours"},
                                 {"P1D", "in 1 day"},
                                 {"P7D", "in 7 days"},
                                 {"P30D", "in 30 days"}},
                                true));
  return form;
}

base::Result<Turn> run_offer(const Scene& scene, const Entered& entered) {
  auto id = entered.id("id", scene.rules.new_item_id());
  if (!id) return id.error();
  auto offer = read_offer(scene, entered);
  if (!offer) return offer.error();
  std::string record = domain::encode(*offer);
  if (record.size() > scene.rules.policy.limits.max_payload_bytes) {
    return {Errc::kPayloadTooBig, "the offer is too long: leave some attributes out"};
  }
  std::string done = "Your offer '" + *id + "' is on the market: " + lent(*offer) + ".";
  return Turn(
      Order{{pool_of(scene, entered), market::PublishOffer{{std::move(*id)}, std::move(*offer), std::move(record)}},
            std::move(done)});
}

}  // namespace bourse::xmpp
