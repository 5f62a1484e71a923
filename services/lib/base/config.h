// Purpose: settings of the programs, looked up in layers: flag > BOURSE_* environment > files in the order
//   they were added > the default of the call. Reads no file and no environment itself: the program does
//   (xmpp/config_files.h).
// Lifetime: built at start, then const. Threads: const use from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace bourse::base {

class Config {
 public:
  using Environment = std::function<std::optional<std::string>(const std::string& name)>;

  // `known`: every key there is, dotted ("database.uri" is `uri` in the table [database]); one that ends in
  // ".*" allows any key of that table ("attributes.*").
  explicit Config(std::vector<std::string> known);

  // A TOML text; `file` names it in errors. An earlier file wins over a later one.
  // kBadRequest: not TOML, or a key nobody knows: names file, line, and the nearest known key.
  Status add_file(std::string file, std::string_view toml);
  // "database.uri" is BOURSE_DATABASE_URI: upper case, '.' and '-' become '_'. Lists are split at commas.
  void set_environment(Environment environment);
  // CHECKs that the key is known.
  void set_flag(const std::string& key, std::string value);
  void set_flag(const std::string& key, std::vector<std::string> values);

  [[nodiscard]] bool has(const std::string& key) const { return find(key).has_value(); }

  // Each gives the default when no layer has the key; kBadRequest names where the value stands, the key,
  // and what is expected.
  [[nodiscard]] Result<std::string> text(const std::string& key, std::string_view otherwise = {}) const;
  // Like text(), but one of `choices`.
  [[nodiscard]] Result<std::string> choice(const std::string& key, const std::vector<std::string>& choices,
                                           std::string_view otherwise) const;
  [[nodiscard]] Result<std::string> required(const std::string& key) const;
  [[nodiscard]] Result<std::int64_t> number(const std::string& key, std::int64_t otherwise, std::int64_t least = 0,
                                            std::int64_t most = std::numeric_limits<std::int64_t>::max()) const;
  [[nodiscard]] Result<bool> boolean(const std::string& key, bool otherwise) const;
  // "250ms", "30s", "5m", "8h", "2d".
  [[nodiscard]] Result<Duration> duration(const std::string& key, Duration otherwise) const;
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& key,
                                                      std::vector<std::string> otherwise = {}) const;
  // The keys of a table that was declared with ".*", from the first file that has the table.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> table(const std::string& name) const;

  // Where a value stands, for a program's own errors about it: "agent.toml:12: offer.cpu".
  [[nodiscard]] std::string where(const std::string& key) const;

 private:
  struct Value {
    std::vector<std::string> items;
    bool is_list = false;
    std::string source;  // "agent.toml:12", "BOURSE_OFFER_CPU", "--offer.cpu"
  };
  using Layer = std::map<std::string, Value>;

  [[nodiscard]] bool is_known(const std::string& key) const;
  [[nodiscard]] std::string nearest(const std::string& key) const;
  [[nodiscard]] std::optional<Value> find(const std::string& key) const;
  [[nodiscard]] Result<std::optional<std::string>> single(const std::string& key) const;
  [[nodiscard]] Error complain(const std::string& key, std::string_view value, std::string_view expected) const;

  std::vector<std::string> known_;
  Layer flags_;
  Environment environment_;
  std::vector<Layer> files_;
};

// "90s", "8h", "1h30m": numbers with the units ms, s, m, h, d. kBadRequest otherwise, and when negative or
// beyond ten years.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);
// The inverse, for people: "1h30m", "45s", "0s".
[[nodiscard]] std::string format_duration(Duration duration);

}  // namespace bourse::base
