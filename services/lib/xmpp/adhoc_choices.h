// Purpose: the viewer's own items to choose one of, in forms for people.
// Errors: kCorrupt when a stored record cannot be read. Threads: free functions, no state. Private to adhoc*.cc.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "xmpp/adhoc_command.h"

namespace bourse::xmpp {

// All of the viewer's, the newest should there be more than a page.
[[nodiscard]] market::ItemQuery own_items(const domain::PoolName& pool, market::ItemKind kind);

// A required field with those that `keep` keeps (empty: all); none: there are none. Others may be typed.
using KeepItem = std::function<bool(const market::Item& item, const domain::Jid& viewer)>;
[[nodiscard]] base::Result<std::optional<pubsub::Field>> own_item_choice(const market::Answer& answer,
                                                                         std::string_view var, std::string_view label,
                                                                         const KeepItem& keep);

}  // namespace bourse::xmpp
