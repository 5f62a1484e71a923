// Purpose: the <command/> element and the errors of XEP-0050 as text.
// Threads: free functions, no state. Private to adhoc*.cc.
#pragma once

#include <string>
#include <string_view>

#include "xmpp/adhoc_command.h"

namespace bourse::xmpp {

inline constexpr std::size_t kMostNoteBytes = 2'000;

// <command/> executing or completed. A form without a FORM_TYPE gets the command's node for it.
[[nodiscard]] std::string render_command(const AdhocCommand& command, std::string_view session, const Display& display);
[[nodiscard]] std::string render_canceled(const AdhocCommand& command, std::string_view session);

// A complete <error/>: bad-request with `condition` (bad-action, …), or not-allowed with session-expired.
[[nodiscard]] std::string render_refusal(std::string_view condition, std::string_view text);

}  // namespace bourse::xmpp
