// Purpose: what the tests of answers and notifications share.
// Threads: none.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "domain/grant.h"
#include "domain/ids.h"
#include "domain/jid.h"
#include "domain/offer.h"
#include "domain/resources.h"
#include "parsed_xml.h"
#include "pubsub/form.h"
#include "xmpp/timestamps.h"

namespace bourse::xmpp::testing_answers {

inline domain::Jid jid(std::string_view text) { return domain::Jid::parse(text).value(); }

inline base::Timestamp at(std::string_view text) { return parse_timestamp(text).value(); }

inline domain::Resources resources(std::initializer_list<std::pair<std::string_view, std::string_view>> amounts) {
  domain::Resources all;
  for (const auto& [name, amount] : amounts) {
    const auto added = all.add(name, domain::parse_quantity(name, amount).value());
    BOURSE_CHECK(added.ok());
  }
  return all;
}

inline domain::Grant live_grant() {
  domain::Grant grant;
  grant.id = {7};
  grant.offer = {"o1"};
  grant.request = {"r1"};
  grant.provider = jid("p@x");
  grant.consumer = jid("c@y");
  grant.resources = resources({{"cpu", "4"}});
  grant.started = at("2026-11-22T10:00:00Z");
  grant.expires = at("2026-11-22T12:00:00Z");
  return grant;
}

inline std::string signed_ticket(const domain::Grant& grant) { return "ticket-of-" + domain::to_item_id(grant.id); }

// The values of a field of the data form with that FORM_TYPE below `parent`; {"(none)"} where there is none.
inline std::vector<std::string> form_values(const gloox::Tag& parent, const std::string& form_type,
                                            const std::string& var) {
  for (const auto* x : parent.findChildren("x")) {
    std::vector<std::string> found{"(none)"};
    bool is_it = false;
    for (const auto* field : x->findChildren("field")) {
      std::vector<std::string> values;
      for (const auto* value : field->findChildren("value")) values.push_back(value->cdata());
      if (field->findAttribute("var") == "FORM_TYPE") is_it = values.size() == 1 && values.front() == form_type;
      if (field->findAttribute("var") == var) found = values;
    }
    if (is_it) return found;
  }
  return {"(no form)"};
}

}  // namespace bourse::xmpp::testing_answers
