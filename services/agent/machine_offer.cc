#include "agent/machine_offer.h"

#include <fmt/format.h>

#include <algorithm>

#include "xmpp/shorthand.h"

namespace bourse::agent {
namespace {

using base::Config;
using base::Done;
using base::Errc;
using base::Error;
using base::Result;
using base::Status;

constexpr std::int64_t kMebibyte = 1024 * 1024;
constexpr std::int64_t kGibibyte = 1024 * kMebibyte;

Error at_setting(const Config& config, const std::string& key, const Error& error) {
  return {error.code, fmt::format("{}: {}", config.where(key), error.text)};
}

// The amount of `resource` to offer: the setting or what the machine has, without the reserve.
Result<std::int64_t> amount_of(const Config& config, const std::string& resource, std::int64_t has,
                               std::int64_t grain) {
  const std::string key = "offer." + resource;
  const auto read = [&](const std::string& name, std::int64_t otherwise) -> Result<std::int64_t> {
    const auto text = config.text(name);
    if (!text) return text.error();
    if (text->empty()) return otherwise;
    const auto amount = domain::parse_quantity(resource, *text);
    if (!amount) return at_setting(config, name, amount.error());
    return *amount;
  };
  const auto wanted = read(key, has / grain * grain);
  if (!wanted) return wanted;
  if (resource == domain::kGpu) return wanted;
  const auto reserve = read("offer.reserve." + resource, 0);
  if (!reserve) return reserve;
  return std::max<std::int64_t>(*wanted - *reserve, 0);
}

Status add_resources(domain::Offer& offer, const Config& config, const Machine& machine) {
  struct Row {
    std::string name;
    std::int64_t has;
    std::int64_t grain;
  };
  // Devices of another model than the first are not offered: one offer has one model.
  const auto same_model = machine.gpu_models.empty() ? 0
                                                     : std::count(machine.gpu_models.begin(), machine.gpu_models.end(),
                                                                  machine.gpu_models.front());
  for (const Row& row : {Row{"cpu", machine.cpu_milli, 1}, Row{"memory", machine.memory_bytes, kMebibyte},
                         Row{"storage", machine.storage_bytes, kGibibyte},
                         Row{std::string(domain::kGpu), same_model * domain::kMilli, domain::kMilli}}) {
    const auto amount = amount_of(config, row.name, row.has, row.grain);
    if (!amount) return amount.error();
    if (*amount == 0) continue;
    if (const auto added = offer.resources.add(row.name, *amount); !added) {
      return at_setting(config, "offer." + row.name, added.error());
    }
  }
  if (offer.resources.gpu_milli() == 0) return Done{};
  const auto model = config.text("offer.gpu-model", machine.gpu_models.empty() ? "" : machine.gpu_models.front());
  if (!model) return model.error();
  offer.gpu_model = *model;
  return Done{};
}

Status add_attributes(domain::Offer& offer, const Config& config, const Machine& machine) {
  using Type = domain::AttributeType;
  struct Row {
    std::string name;
    std::string text;
    Type type;
  };
  std::vector<Row> rows{
      {"arch", machine.arch, Type::kString},          {"os", machine.os, Type::kString},
      {"os.id", machine.distribution, Type::kString}, {"os.version", machine.distribution_version, Type::kVersion},
      {"kernel", machine.kernel, Type::kVersion},     {"cpu.model", machine.cpu_model, Type::kString}};
  for (const auto& flag : machine.cpu_flags) rows.push_back({"cpu.flag", flag, Type::kString});
  const auto own = config.table("offer.attributes");
  for (const auto& [name, text] : own) {
    std::erase_if(rows, [&](const Row& row) { return row.name == name; });
    rows.push_back({name, text, domain::infer_type(text)});
  }
  for (const auto& row : rows) {
    if (row.text.empty()) continue;
    auto attribute = domain::make_attribute(row.name, row.text, row.type);
    if (!attribute) return at_setting(config, "offer.attributes." + row.name, attribute.error());
    offer.attributes.push_back(std::move(*attribute));
  }
  return Done{};
}

Status add_services(domain::Offer& offer, const Config& config) {
  const auto services = config.list("offer.services");
  if (!services) return services.error();
  for (const auto& service : *services) {
    auto software = xmpp::parse_software(service);
    if (!software) return at_setting(config, "offer.services", software.error());
    offer.services.push_back(std::move(*software));
  }
  return Done{};
}

Status add_terms(domain::Offer& offer, const Config& config) {
  const auto divisible = config.boolean("offer.divisible", true);
  if (!divisible) return divisible.error();
  offer.terms.divisible = *divisible;
  for (const auto& [key, span] :
       {std::pair{"offer.min-lease", &offer.terms.min_lease}, std::pair{"offer.max-lease", &offer.terms.max_lease},
        std::pair{"offer.grace", &offer.terms.grace}}) {
    if (!config.has(key)) continue;
    const auto duration = config.duration(key, base::Duration{0});
    if (!duration) return duration.error();
    *span = *duration;
  }
  const auto drain = config.boolean("offer.drain", false);
  if (!drain) return drain.error();
  offer.terms.drain = *drain;
  const auto serves = config.text("offer.serves");
  if (!serves) return serves.error();
  if (serves->empty()) return Done{};
  auto filter = domain::Filter::parse(*serves);
  if (!filter) return at_setting(config, "offer.serves", filter.error());
  offer.serves = std::move(*filter);
  return Done{};
}

Status add_schedule(domain::Offer& offer, const Config& config) {
  auto times = config.text("offer.schedule");
  if (!times) return times.error();
  auto zone = config.text("offer.tz");
  if (!zone) return zone.error();
  if (times->empty() && !zone->empty()) {
    return {Errc::kBadRequest,
            fmt::format("{}: this is the time zone of offer.schedule, which is not set", config.where("offer.tz"))};
  }
  offer.schedule = {std::move(*times), std::move(*zone)};
  return Done{};
}

// With a program that decides, each grant is confirmed; a person who decides says so.
Status add_confirm(domain::Offer& offer, const Config& config, bool has_hook) {
  const auto confirm = config.choice("offer.confirm", {"auto", "manual"}, has_hook ? "manual" : "auto");
  if (!confirm) return confirm.error();
  if (has_hook && *confirm == "auto") {
    return {Errc::kBadRequest, fmt::format("{}: hooks.on-proposal is set, but with auto nothing is proposed to it",
                                           config.where("offer.confirm"))};
  }
  offer.terms.confirm = *confirm == "manual" ? domain::Confirm::kManual : domain::Confirm::kAuto;
  return Done{};
}

}  // namespace

Result<std::string> offer_id(const Config& config, const Machine& machine) {
  auto id = config.text("offer.id", machine.hostname);
  if (!id) return id;
  if (id->empty() || id->size() > 128) {
    return Error{Errc::kBadRequest, fmt::format("{}: an offer's id has 1 to 128 bytes, this one {}",
                                                config.where("offer.id"), id->size())};
  }
  return id;
}

Result<domain::Offer> machine_offer(const Config& config, const Machine& machine, bool confirms_by_hook) {
  domain::Offer offer;
  if (const auto status = add_resources(offer, config, machine); !status) return status.error();
  if (const auto status = add_attributes(offer, config, machine); !status) return status.error();
  if (const auto status = add_services(offer, config); !status) return status.error();
  if (const auto status = add_terms(offer, config); !status) return status.error();
  if (const auto status = add_schedule(offer, config); !status) return status.error();
  if (const auto status = add_confirm(offer, config, confirms_by_hook); !status) return status.error();
  return offer;
}

}  // namespace bourse::agent
