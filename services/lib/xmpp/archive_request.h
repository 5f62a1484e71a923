// Purpose: archive queries on nodes (XEP-0313 as XEP-0442 applies it): the question, its form, and the answer.
// Lifetime: Tags are only borrowed during the call. Threads: free functions, no state.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "market/query.h"
#include "market/reply.h"
#include "xmpp/pubsub_request.h"
#include "xmpp/reply_text.h"

namespace bourse::xmpp {

inline constexpr const char* kArchiveNs = "urn:xmpp:mam:2";
inline constexpr const char* kArchiveExtendedFeature = "urn:xmpp:mam:2#extended";

// <query/> (set: search; get: the form, which the caller answers with render_archive_form) or <metadata/> (get).
[[nodiscard]] base::Result<market::QueryBody> parse_archive(const gloox::Tag& tag, bool set, const PubsubRules& rules);
[[nodiscard]] std::string render_archive_form();  // the payload of the result
[[nodiscard]] std::string render(const market::ArchiveEdges& edges);

// Appends the result messages and then the iq with <fin/>.
[[nodiscard]] base::Status append_archive(std::string& to, const market::ReplyTo& address,
                                          const market::ArchiveQuery& query, const market::PageOf<market::Event>& page,
                                          const TicketSigner& sign);

}  // namespace bourse::xmpp
