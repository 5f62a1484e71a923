// Purpose: the small elements that several payloads of the market share, both ways.
// Threads: free functions, no state. Private to the payload codecs.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "domain/availability.h"
#include "domain/filter.h"
#include "domain/ids.h"
#include "domain/jid.h"
#include "domain/resources.h"

namespace gloox {
class Tag;
}

namespace bourse::xmpp {

// kBadRequest unless the element is <name xmlns='urn:bourse:market:1'/>.
[[nodiscard]] base::Status expect(const gloox::Tag& tag, std::string_view name);

// <resource name='cpu' quantity='4'/>; `gpu_model` takes the attribute `model` of gpu, null: not allowed here.
[[nodiscard]] base::Status read_resource(const gloox::Tag& tag, domain::Resources& resources, std::string* gpu_model);
void append_resources(std::string& to, const domain::Resources& resources, std::string_view gpu_model);

[[nodiscard]] base::Result<domain::Filter> read_filter(const gloox::Tag& tag);
void append_filter(std::string& to, std::string_view element, const domain::Filter& filter);

// The value of an attribute in its type; the errors quote the element. CHECKs nothing: `value` was found.
[[nodiscard]] base::Result<base::Timestamp> read_timestamp(const gloox::Tag& tag, std::string_view name);
[[nodiscard]] base::Result<domain::Jid> read_jid(const gloox::Tag& tag, std::string_view name);
// Of what the market says: whom it knows it names, whatever this program's Unicode thinks of the name.
[[nodiscard]] base::Result<domain::Jid> read_told_jid(const gloox::Tag& tag, std::string_view name);
[[nodiscard]] base::Result<domain::PoolName> read_pool(const gloox::Tag& tag);  // default: commons
// An item id: 1 to 128 bytes.
[[nodiscard]] base::Result<std::string> read_id(const gloox::Tag& tag, std::string_view name);
[[nodiscard]] base::Result<domain::GrantId> read_grant_id(const gloox::Tag& tag, std::string_view name);
[[nodiscard]] base::Result<domain::Presence> read_presence(const gloox::Tag& tag);  // state='up|down'
[[nodiscard]] base::Result<base::Duration> read_duration(const gloox::Tag& tag, std::string_view name);
// A plain decimal number, no exponent and no unit.
[[nodiscard]] base::Result<double> read_decimal(const gloox::Tag& tag, std::string_view name, double least,
                                                double most);
// To a millionth, without trailing zeros.
[[nodiscard]] std::string decimal_text(double value);
// state, since, until, reason
[[nodiscard]] base::Result<domain::AvailabilityInterval> read_interval(const gloox::Tag& tag);
void append_interval(std::string& to, const domain::AvailabilityInterval& interval);
// cpu, memory, disk-free, temperature, each where it is known
[[nodiscard]] base::Result<domain::Load> read_load(const gloox::Tag& tag);
void append_load(std::string& to, const domain::Load& load);

inline constexpr std::size_t kMaxItemId = 128;

}  // namespace bourse::xmpp
