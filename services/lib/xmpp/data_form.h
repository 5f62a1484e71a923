// Purpose: data forms (XEP-0004) with validation (XEP-0122) on the wire: parsed from <x xmlns='jabber:x:data'/> with
//   limits, rendered from pubsub::Form.
// Lifetime: Tags are only borrowed during the call. Threads: free functions, no state.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "pubsub/form.h"

namespace gloox {
class Tag;
}

namespace bourse::xmpp {

inline constexpr const char* kDataFormNs = "jabber:x:data";
inline constexpr std::size_t kMaxFormFields = 128;
inline constexpr std::size_t kMaxFieldValues = 1'000;  // of one field
inline constexpr std::size_t kMaxFormBytes = 256 * 1024;

struct SubmittedForm {
  pubsub::FormType type = pubsub::FormType::kSubmit;  // kSubmit or kCancel
  std::string form_type;                              // FORM_TYPE; empty: none given
  pubsub::FormValues values;
};

// kBadRequest names what is wrong: not a form, a type other than submit or cancel, a field without var or twice, too
// many fields, values or bytes. Field types that were sent along are not looked at (XEP-0004 §3.2).
[[nodiscard]] base::Result<SubmittedForm> parse_form(const gloox::Tag& x);
// The same, and FORM_TYPE must be `form_type` (a form without any passes). A cancelled form gives no values.
[[nodiscard]] base::Result<SubmittedForm> parse_form(const gloox::Tag& x, std::string_view form_type);

// The whole <x/>.
[[nodiscard]] std::string render(const pubsub::Form& form);

}  // namespace bourse::xmpp
