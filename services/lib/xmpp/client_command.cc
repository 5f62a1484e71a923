#include "xmpp/client_command.h"

#include <gloox/tag.h>

#include "xmpp/data_form.h"
#include "xmpp/disco.h"
#include "xmpp/element.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using base::Result;

std::string render_field(std::string_view var, std::string_view value) {
  std::string xml = "<field";
  append_attribute(xml, "var", var);
  xml += "><value>";
  append_repaired(xml, value);
  return xml += "</value></field>";
}

std::vector<CommandFields> rows_of(const gloox::Tag& form) {
  std::vector<CommandFields> rows;
  for (const auto* item : form.findChildren("item")) {
    auto& row = rows.emplace_back();
    for (const auto* field : item->findChildren("field")) {
      const auto* value = field->findChild("value");
      row.emplace_back(attribute_or_empty(*field, "var"), value == nullptr ? std::string() : value->cdata());
    }
  }
  return rows;
}

}  // namespace

Result<CommandOutcome> run_command(ClientSession& session, const domain::Jid& service, std::string_view node,
                                   const CommandFields& fields) {
  std::string xml = std::string("<command xmlns='") + kCommandsNs + "' action='execute'";
  append_attribute(xml, "node", node);
  xml.append("><x xmlns='").append(kDataFormNs).append("' type='submit'>").append(render_field("FORM_TYPE", node));
  for (const auto& [var, value] : fields) xml += render_field(var, value);
  xml += "</x></command>";

  const auto reply = session.ask(IqType::kSet, service, xml);
  if (!reply) return reply.error();
  const auto* command = (*reply)->findChild("command");
  if (command == nullptr) return {Errc::kInternal, "the service did not answer with a command's result"};
  CommandOutcome outcome;
  if (const auto* note = command->findChild("note")) {
    outcome.note = note->cdata();
    if (attribute_or_empty(*note, "type") == "error") return {Errc::kNotAcceptable, outcome.note};
  }
  if (attribute_or_empty(*command, "status") != "completed") {
    return {Errc::kNotAcceptable, outcome.note.empty() ? "the service wants to know more than was said" : outcome.note};
  }
  if (const auto* form = command->findChild("x")) outcome.rows = rows_of(*form);
  return outcome;
}

}  // namespace bourse::xmpp
