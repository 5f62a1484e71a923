#include "cli/csv_mapping.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace bourse::cli {
namespace {

using base::Done;
using base::Errc;
using base::Error;
using base::Result;
using base::Status;

const std::vector<std::string> kKeys{"kind",
                                     "id.column",
                                     "id.prefix",
                                     "resources.*",
                                     "gpu.count-column",
                                     "gpu.milli-column",
                                     "gpu-model.column",
                                     "attributes.*",
                                     "constants.*",
                                     "terms.divisible",
                                     "terms.max-lease",
                                     "needs.filter",
                                     "lease.duration",
                                     "lease.duration-column"};

Error at_field(const CsvRow& row, const CsvField& field, std::string_view reason) {
  return {Errc::kInvalidPayload, fmt::format("{}:{}: {}", row.line, field.column, reason)};
}

Result<std::int64_t> whole_number(const CsvRow& row, const CsvField& field) {
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(field.text.data(), field.text.data() + field.text.size(), value);
  if (failure != std::errc() || end != field.text.data() + field.text.size() || value < 0) {
    return at_field(row, field, fmt::format("'{}' is not a whole number", field.text));
  }
  return value;
}

// RFC 4515 §3: what would end the value or begin an escape.
std::string filter_value(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '*' || c == '(' || c == ')' || c == '\\') {
      escaped += fmt::format("\\{:02x}", static_cast<unsigned char>(c));
    } else {
      escaped += c;
    }
  }
  return escaped;
}

}  // namespace

Result<CsvMapping> CsvMapping::parse(std::string file, std::string_view toml) {
  base::Config config(kKeys);
  if (const auto added = config.add_file(file, toml); !added) return added.error();
  CsvMapping mapping;
  mapping.file_ = std::move(file);
  if (const auto status = mapping.read(config); !status) return status.error();
  return mapping;
}

Status CsvMapping::read(const base::Config& config) {
  const auto kind = config.choice("kind", {"offer", "request"}, "");
  if (!kind) return kind.error();
  makes_offers_ = *kind == "offer";
  const auto column = [&](const char* key, std::optional<Source>& to) -> Status {
    const auto text = config.text(key);
    if (!text) return text.error();
    if (!text->empty()) to = Source{*text, "", 0};
    return Done{};
  };
  for (const auto& [key, to] : {std::pair{"id.column", &id_}, std::pair{"gpu.count-column", &gpu_count_},
                                std::pair{"gpu.milli-column", &gpu_milli_}, std::pair{"gpu-model.column", &gpu_model_},
                                std::pair{"lease.duration-column", &duration_column_}}) {
    if (auto status = column(key, *to); !status) return status;
  }
  const auto prefix = config.text("id.prefix");
  const auto needs = config.text("needs.filter");
  const auto divisible = config.boolean("terms.divisible", true);
  if (!prefix) return prefix.error();
  if (!needs) return needs.error();
  if (!divisible) return divisible.error();
  id_prefix_ = *prefix;
  needs_ = *needs;
  terms_.divisible = *divisible;
  for (const auto& [key, to] :
       {std::pair{"lease.duration", &duration_}, std::pair{"terms.max-lease", &terms_.max_lease}}) {
    if (!config.has(key)) continue;
    const auto duration = config.duration(key, base::Duration{0});
    if (!duration) return duration.error();
    *to = *duration;
  }
  for (const auto& [name, text] : config.table("attributes")) attributes_[name] = Source{text, "", 0};
  for (const auto& [name, text] : config.table("constants")) {
    auto attribute = domain::make_attribute(name, text, domain::infer_type(text));
    if (!attribute) return Error{Errc::kBadRequest, fmt::format("{}: {}", file_, attribute.error().text)};
    constants_.push_back(std::move(*attribute));
  }
  return read_resources(config);
}

Status CsvMapping::read_resources(const base::Config& config) {
  for (const auto& [name, text] : config.table("resources")) {
    const auto dot = name.rfind('.');
    const std::string part = dot == std::string::npos ? "" : name.substr(dot + 1);
    if (part != "column" && part != "unit") {
      return {Errc::kBadRequest, fmt::format("{}: resources.{}: expected [resources.NAME] with `column` and `unit`",
                                             config.where("resources." + name), name)};
    }
    auto& source = resources_[name.substr(0, dot)];
    (part == "column" ? source.column : source.unit) = text;
  }
  for (const auto& [name, source] : resources_) {
    if (source.column.empty()) {
      return {Errc::kBadRequest, fmt::format("{}: [resources.{}] names no column", file_, name)};
    }
  }
  if (resources_.empty() && !gpu_count_) return {Errc::kBadRequest, fmt::format("{}: maps no resource", file_)};
  if (gpu_milli_ && !gpu_count_) {
    return {Errc::kBadRequest, fmt::format("{}: [gpu] milli-column needs a count-column too", file_)};
  }
  return Done{};
}

Status CsvMapping::bind(const CsvRow& header) {
  width_ = header.fields.size();
  const auto find = [&](Source& source) -> Status {
    for (std::size_t i = 0; i < header.fields.size(); ++i) {
      if (header.fields[i].text == source.column) {
        source.index = i;
        return Done{};
      }
    }
    std::vector<std::string> names;
    for (const auto& field : header.fields) names.push_back(field.text);
    return {Errc::kBadRequest, fmt::format("{}: the CSV file has no column '{}'; it has {}", file_, source.column,
                                           fmt::join(names, ", "))};
  };
  std::vector<Source*> all;
  for (auto* source : {&id_, &gpu_count_, &gpu_milli_, &gpu_model_, &duration_column_}) {
    if (source->has_value()) all.push_back(&**source);
  }
  for (auto& [name, source] : resources_) all.push_back(&source);
  for (auto& [name, source] : attributes_) all.push_back(&source);
  for (auto* source : all) {
    if (auto status = find(*source); !status) return status;
  }
  return Done{};
}

Status CsvMapping::check_width(const CsvRow& row) const {
  BOURSE_CHECK(width_ > 0);
  if (row.fields.size() == width_) return Done{};
  return {Errc::kInvalidPayload,
          fmt::format("{}:1: the row has {} fields, the header {}", row.line, row.fields.size(), width_)};
}

std::string CsvMapping::id_of(const CsvRow& row) const {
  return id_ ? id_prefix_ + row.fields[id_->index].text : std::string();
}

Status CsvMapping::add_resources(const CsvRow& row, domain::Resources& resources) const {
  for (const auto& [name, source] : resources_) {
    const CsvField& field = row.fields[source.index];
    if (field.text.empty()) continue;
    const auto amount = domain::parse_quantity(name, field.text + source.unit);
    if (!amount) return at_field(row, field, fmt::format("{}: {}", source.column, amount.error().text));
    if (*amount == 0) continue;  // it has none, or needs none
    if (const auto added = resources.add(name, *amount); !added) return at_field(row, field, added.error().text);
  }
  return Done{};
}

Status CsvMapping::add_gpu_share(const CsvRow& row, domain::Resources& resources) const {
  if (!gpu_count_) return Done{};
  const CsvField& count_field = row.fields[gpu_count_->index];
  const auto count = whole_number(row, count_field);
  if (!count) return count.error();
  if (*count == 0) return Done{};
  if (*count > domain::kMaxDevices)
    return at_field(row, count_field, fmt::format("more than {} gpus", domain::kMaxDevices));
  std::int64_t milli = domain::kMilli;
  if (gpu_milli_) {
    const CsvField& field = row.fields[gpu_milli_->index];
    const auto share = whole_number(row, field);
    if (!share) return share.error();
    milli = *share;
    if (milli < 1 || milli > domain::kMilli) return at_field(row, field, "a share of a gpu is from 1 to 1000 milli");
    if (milli != domain::kMilli && *count != 1) {
      return at_field(row, field, fmt::format("{} gpus cannot each be asked for in part", *count));
    }
  }
  const auto added = resources.add(domain::kGpu, milli == domain::kMilli ? *count * domain::kMilli : milli);
  return added ? added : Status(at_field(row, count_field, added.error().text));
}

Result<domain::Filter> CsvMapping::needs_of(const CsvRow& row) const {
  std::string models;
  if (gpu_model_) {
    std::string_view rest = row.fields[gpu_model_->index].text;
    std::size_t count = 0;
    while (!rest.empty()) {
      const auto bar = std::min(rest.find('|'), rest.size());
      if (bar > 0) {
        models += fmt::format("(gpu.model={})", filter_value(rest.substr(0, bar)));
        ++count;
      }
      rest.remove_prefix(std::min(bar + 1, rest.size()));
    }
    if (count > 1) models = "(|" + models + ")";
  }
  const std::string text = !needs_.empty() && !models.empty() ? "(&" + needs_ + models + ")" : needs_ + models;
  if (text.empty()) return domain::Filter();
  auto filter = domain::Filter::parse(text);
  if (!filter) {
    const CsvField& field = gpu_model_ ? row.fields[gpu_model_->index] : row.fields.front();
    return at_field(row, field, filter.error().text);
  }
  return filter;
}

Result<ImportedOffer> CsvMapping::offer(const CsvRow& row) const {
  BOURSE_CHECK(makes_offers_);
  if (const auto status = check_width(row); !status) return status.error();
  ImportedOffer made{id_of(row), {}};
  made.offer.terms = terms_;
  made.offer.attributes = constants_;
  if (const auto status = add_resources(row, made.offer.resources); !status) return status.error();
  if (const auto status = add_gpu_share(row, made.offer.resources); !status) return status.error();
  if (gpu_model_ && made.offer.resources.gpu_milli() > 0) made.offer.gpu_model = row.fields[gpu_model_->index].text;
  for (const auto& [name, source] : attributes_) {
    const CsvField& field = row.fields[source.index];
    if (field.text.empty()) continue;
    auto attribute = domain::make_attribute(name, field.text, domain::infer_type(field.text));
    if (!attribute) return at_field(row, field, attribute.error().text);
    made.offer.attributes.push_back(std::move(*attribute));
  }
  return made;
}

Result<ImportedRequest> CsvMapping::request(const CsvRow& row, base::Duration duration) const {
  BOURSE_CHECK(!makes_offers_);
  if (const auto status = check_width(row); !status) return status.error();
  ImportedRequest made{id_of(row), {}};
  made.request.duration = duration_.value_or(duration);
  if (duration_column_) {
    const CsvField& field = row.fields[duration_column_->index];
    const auto seconds = whole_number(row, field);
    if (!seconds) return seconds.error();
    if (*seconds > std::chrono::duration_cast<std::chrono::seconds>(domain::kMaxDuration).count()) {
      return at_field(row, field, "longer than a year");
    }
    made.request.duration = std::chrono::seconds(*seconds);
  }
  if (const auto status = add_resources(row, made.request.resources); !status) return status.error();
  if (const auto status = add_gpu_share(row, made.request.resources); !status) return status.error();
  auto needs = needs_of(row);
  if (!needs) return needs.error();
  made.request.needs = std::move(*needs);
  return made;
}

}  // namespace bourse::cli
