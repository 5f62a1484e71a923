#include "xmpp/adhoc_text.h"

#include "xmpp/adhoc.h"
#include "xmpp/data_form.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

std::string open(const AdhocCommand& command, std::string_view session, std::string_view status) {
  std::string xml = std::string("<command xmlns='") + kCommandsNs + "'";
  append_attribute(xml, "node", command.node);
  append_attribute(xml, "sessionid", session);
  append_attribute(xml, "status", status);
  return xml += " xml:lang='en'";
}

}  // namespace

std::string render_command(const AdhocCommand& command, std::string_view session, const Display& display) {
  std::string xml = open(command, session, display.done ? "completed" : "executing") + ">";
  if (!display.done) xml += "<actions execute='complete'><complete/></actions>";
  if (display.form) {
    auto form = *display.form;
    if (form.form_type.empty()) form.form_type = command.node;
    xml += render(form);
  }
  if (!display.note.empty()) {
    xml.append("<note type='").append(display.error ? "error" : "info").append("'>");
    append_repaired(xml, clipped(display.note, kMostNoteBytes));
    xml += "</note>";
  }
  return xml += "</command>";
}

std::string render_canceled(const AdhocCommand& command, std::string_view session) {
  return open(command, session, "canceled") + "/>";
}

std::string render_refusal(std::string_view condition, std::string_view text) {
  const bool expired = condition == "session-expired";
  std::string xml = expired ? "<error type='cancel'><not-allowed" : "<error type='modify'><bad-request";
  xml.append(" xmlns='").append(kStanzaErrorNs).append("'/><text xmlns='").append(kStanzaErrorNs);
  xml += "' xml:lang='en'>";
  append_repaired(xml, clipped(text, kMostErrorTextBytes));
  xml.append("</text><").append(condition).append(" xmlns='").append(kCommandsNs).append("'/></error>");
  return xml;
}

}  // namespace bourse::xmpp
