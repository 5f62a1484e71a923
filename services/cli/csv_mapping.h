// Purpose: which column of a CSV file feeds what of an offer or a request: a small TOML file.
//   kind = "offer" | "request"
//   [id] column, prefix                    without it the market chooses ids
//   [resources.NAME] column, unit          unit is appended to the number: "m", "Mi"
//   [gpu] count-column, milli-column       requests: n whole devices, or for milli < 1000 a part of one
//   [gpu-model] column                     offers: the model; requests: the models that will do, "A|B"
//   [attributes] NAME = "column"           offers
//   [constants] NAME = "value"             offers: attributes that every row has
//   [terms] divisible, max-lease           offers
//   [needs] filter                         requests: a filter that every row has
//   [lease] duration, duration-column      requests; the column is in seconds
// Lifetime: value; bound to one file's header. Threads: none.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "cli/csv.h"
#include "domain/offer.h"
#include "domain/request.h"

namespace bourse::cli {

struct ImportedOffer {
  std::string id;
  domain::Offer offer;
};
struct ImportedRequest {
  std::string id;
  domain::Request request;
};

class CsvMapping {
 public:
  // `file` names the mapping in errors. kBadRequest.
  static base::Result<CsvMapping> parse(std::string file, std::string_view toml);

  [[nodiscard]] bool makes_offers() const { return makes_offers_; }
  // Finds the mapping's columns in the file's header. kBadRequest names a column that is not there.
  [[nodiscard]] base::Status bind(const CsvRow& header);

  // Errors begin with "line:column: ". CHECKs that the mapping makes this kind, and bind() succeeded.
  [[nodiscard]] base::Result<ImportedOffer> offer(const CsvRow& row) const;
  [[nodiscard]] base::Result<ImportedRequest> request(const CsvRow& row, base::Duration duration) const;

 private:
  struct Source {
    std::string column;
    std::string unit;
    std::size_t index = 0;
  };

  CsvMapping() = default;
  base::Status read(const base::Config& config);
  base::Status read_resources(const base::Config& config);
  [[nodiscard]] base::Status check_width(const CsvRow& row) const;
  [[nodiscard]] std::string id_of(const CsvRow& row) const;
  [[nodiscard]] base::Status add_resources(const CsvRow& row, domain::Resources& resources) const;
  [[nodiscard]] base::Status add_gpu_share(const CsvRow& row, domain::Resources& resources) const;
  [[nodiscard]] base::Result<domain::Filter> needs_of(const CsvRow& row) const;

  std::string file_;
  bool makes_offers_ = true;
  std::size_t width_ = 0;
  std::optional<Source> id_;
  std::string id_prefix_;
  std::map<std::string, Source> resources_;
  std::optional<Source> gpu_count_;
  std::optional<Source> gpu_milli_;
  std::optional<Source> gpu_model_;
  std::map<std::string, Source> attributes_;
  std::vector<domain::Attribute> constants_;
  domain::Terms terms_;
  std::string needs_;
  std::optional<base::Duration> duration_;
  std::optional<Source> duration_column_;
};

}  // namespace bourse::cli
