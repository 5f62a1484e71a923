#include "xmpp/reply_text.h"

#include <variant>

#include "xmpp/page_fit.h"
#include "xmpp/payload_action.h"
#include "xmpp/payload_predict.h"
#include "xmpp/pubsub_answer.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

void open_iq(std::string& to, std::string_view type, const market::ReplyTo& address) {
  to.append("<iq type='").append(type).append("'");
  append_attribute(to, "from", address.to);
  append_attribute(to, "to", address.from.text());
  append_attribute(to, "id", address.stanza_id);
}

struct AppendBody {
  std::string& to;
  const market::ReplyTo& address;

  void operator()(const market::Acknowledged&) const { append_result(to, address, {}); }
  void operator()(const base::Error& error) const { append_error(to, address, render_error(error)); }
  void operator()(const market::Published& published) const {
    open_iq(to, "result", address);
    to.append("><pubsub xmlns='").append(kPubsubNs).append("'><publish");
    append_attribute(to, "node", published.node.value);
    to += "><item";
    append_attribute(to, "id", published.item_id);
    to += "/></publish></pubsub></iq>";
  }
  void operator()(const pubsub::Answer& answer) const { append_result(to, address, render(answer)); }
  void operator()(const market::RequestExplanation& explanation) const {
    append_result(to, address, render_explanation(explanation));
  }
  // Only commands for people ask for it, and they have a form of their own.
  void operator()(const market::PolicyShown&) const { append_result(to, address, {}); }
  void operator()(const market::Prediction& prediction) const {
    append_result(to, address, render_prediction(prediction));
  }
};

}  // namespace

void append_result(std::string& to, const market::ReplyTo& address, std::string_view payload) {
  if (address.stanza_id.empty()) return;
  if (payload.size() > kMostAnswerBytes) {
    return append_error(
        to, address,
        render_error({base::Errc::kNotAcceptable, "the answer has " + std::to_string(payload.size()) +
                                                      " bytes, too many for one stanza: ask for less"}));
  }
  open_iq(to, "result", address);
  if (payload.empty()) {
    to += "/>";
  } else {
    to.append(">").append(payload).append("</iq>");
  }
}

void append_error(std::string& to, const market::ReplyTo& address, std::string_view error) {
  if (address.stanza_id.empty()) return;
  open_iq(to, "error", address);
  to.append(">").append(error).append("</iq>");
}

void append_reply(std::string& to, const market::Reply& reply) {
  if (reply.to.stanza_id.empty()) return;
  std::visit(AppendBody{to, reply.to}, reply.body);
}

}  // namespace bourse::xmpp
