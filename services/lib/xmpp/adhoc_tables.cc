#include "xmpp/adhoc_tables.h"

#include "domain/records.h"
#include "domain/ticket.h"
#include "xmpp/timestamps.h"

namespace bourse::xmpp {
namespace {

using base::Result;
using market::Item;
using pubsub::FieldType;

const market::PageOf<Item>& page_of(const market::Answer& answer) {
  return std::get<market::PageOf<Item>>(answer.result.value());
}

std::string moment(const std::optional<base::Timestamp>& at) { return at ? format_timestamp(*at) : std::string(); }

using AppendRow = base::Status (*)(pubsub::FormValues& row, const Item& item, const market::Answer& answer,
                                   const TicketSigner& sign);

Result<Display> table(const market::Answer& answer, const TicketSigner& sign, std::string_view title,
                      std::string_view none, std::vector<pubsub::Field> columns, AppendRow append) {
  const auto& page = page_of(answer);
  if (page.rows.empty()) return Display{.note = std::string(none)};
  pubsub::Form form;
  form.type = pubsub::FormType::kResult;
  form.title = title;
  form.reported = std::move(columns);
  for (const auto& item : page.rows) {
    pubsub::FormValues row;
    if (const auto appended = append(row, item, answer, sign); !appended) return appended.error();
    form.rows.push_back(std::move(row));
  }
  Display display{.form = std::move(form)};
  if (page.count > page.rows.size()) {
    display.note = "These are " + std::to_string(page.rows.size()) + " of " + std::to_string(page.count) + ".";
  }
  return display;
}

base::Status append_offer(pubsub::FormValues& row, const Item& item, const market::Answer&, const TicketSigner&) {
  const auto offer = domain::decode_offer(item.record);
  if (!offer) return offer.error();
  cell(row, "offer", item.id);
  cell(row, "resources", in_words(offer->resources, offer->gpu_model));
  cell(row, "max-lease", offer->terms.max_lease ? format_duration(*offer->terms.max_lease) : std::string());
  cell(row, "serves", offer->serves.text());
  cell(row, "published", format_timestamp(item.published));
  cell(row, "expires", moment(offer->expires));
  return base::Done{};
}

base::Status append_request(pubsub::FormValues& row, const Item& item, const market::Answer&, const TicketSigner&) {
  const auto request = domain::decode_request(item.record);
  if (!request) return request.error();
  cell(row, "request", item.id);
  cell(row, "state", std::string(domain::name(item.request_state)));
  cell(row, "granted", std::to_string(item.granted) + " of " + std::to_string(request->count));
  cell(row, "resources", in_words(request->resources));
  cell(row, "duration", format_duration(request->duration));
  cell(row, "submitted", format_timestamp(item.published));
  cell(row, "deadline", moment(request->deadline));
  return base::Done{};
}

base::Status append_grant(pubsub::FormValues& row, const Item& item, const market::Answer& answer,
                          const TicketSigner& sign) {
  const auto grant = domain::decode_grant(item.record);
  if (!grant) return grant.error();
  const bool mine = grant->consumer == answer.query.viewer.jid;
  cell(row, "grant", item.id);
  cell(row, "state", std::string(domain::name(grant->state)));
  cell(row, "role", mine ? "consumer" : "provider");
  cell(row, "with", mine ? grant->provider.text() : grant->consumer.text());
  cell(row, "resources", in_words(grant->resources));
  cell(row, "offer", grant->offer.value);
  cell(row, "request", grant->request.value);
  cell(row, "expires", format_timestamp(grant->expires));
  cell(row, "state-until", moment(grant->state_until));
  cell(row, "ticket", sign && domain::may_have_ticket(grant->state) ? sign(*grant) : std::string());
  return base::Done{};
}

base::Status append_waiting(pubsub::FormValues& row, const Item& item, const market::Answer& answer,
                            const TicketSigner& sign) {
  cell(row, "consumer", item.publisher.text());
  return append_request(row, item, answer, sign);
}

}  // namespace

Result<Display> show_my_offers(const market::Answer& answer, const TicketSigner& sign) {
  return table(answer, sign, "My offers", "You have no open offer.",
               {column("offer", "Offer"), column("resources", "Resources"), column("max-lease", "Longest lease"),
                column("serves", "Serves"), column("published", "Published"), column("expires", "Ends")},
               append_offer);
}

Result<Display> show_my_requests(const market::Answer& answer, const TicketSigner& sign) {
  return table(answer, sign, "My requests", "You have no open request.",
               {column("request", "Request"), column("state", "State"), column("granted", "Granted"),
                column("resources", "Resources"), column("duration", "For"), column("submitted", "Submitted"),
                column("deadline", "Wanted until")},
               append_request);
}

Result<Display> show_my_grants(const market::Answer& answer, const TicketSigner& sign) {
  return table(answer, sign, "My grants", "You have no live grant.",
               {column("grant", "Grant"), column("state", "State"), column("role", "I am"),
                column("with", "With", FieldType::kJidSingle), column("resources", "Resources"),
                column("offer", "Offer"), column("request", "Request"), column("expires", "Until"),
                column("state-until", "State ends"), column("ticket", "Ticket")},
               append_grant);
}

Result<Display> show_queue(const market::Answer& answer, const TicketSigner& sign) {
  const auto& page = page_of(answer);
  market::PageOf<Item> waiting;
  for (const auto& item : page.rows) {
    if (item.request_state == domain::RequestState::kWaiting) waiting.rows.push_back(item);
  }
  waiting.count = waiting.rows.size();
  const bool cut = page.count > page.rows.size();
  auto display =
      table({answer.query, market::AnswerBody(std::move(waiting))}, sign, "Waiting requests", "No request waits.",
            {column("consumer", "Consumer", FieldType::kJidSingle), column("request", "Request"),
             column("state", "State"), column("granted", "Granted"), column("resources", "Resources"),
             column("duration", "For"), column("submitted", "Submitted"), column("deadline", "Wanted until")},
            append_waiting);
  if (display && cut) {
    display->note = "Only the oldest " + std::to_string(page.rows.size()) + " of " + std::to_string(page.count) +
                    " open requests were looked at.";
  }
  return display;
}

}  // namespace bourse::xmpp
