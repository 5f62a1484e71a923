#include "agent/grant_book.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/base64url.h"
#include "xmpp/config_files.h"
#include "xmpp/timestamps.h"

namespace bourse::agent {
namespace {

using base::Done;
using base::Errc;
using base::Result;
using base::Status;

// Replaces the file whole and durably.
Status replace_file(const std::string& path, const std::string& content) {
  const std::string draft = path + ".new";
  const auto failed = [&]() -> Status {
    return {Errc::kUnavailable, fmt::format("{}: cannot write it: {}", path, std::strerror(errno))};
  };
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failed();
  const ssize_t written = ::write(fd, content.data(), content.size());
  if (written >= 0 && static_cast<std::size_t>(written) != content.size()) errno = ENOSPC;
  const bool good = std::cmp_equal(written, content.size()) && ::fsync(fd) == 0;
  const Status status = good ? Status(Done{}) : failed();
  ::close(fd);
  if (!status) return status;
  return std::rename(draft.c_str(), path.c_str()) == 0 ? Status(Done{}) : failed();
}

}  // namespace

Result<GrantBook> GrantBook::open(const std::string& folder, const std::string& market, const std::string& offer) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) {
    return {Errc::kUnavailable, fmt::format("{}: cannot make the state folder: {}", folder, failure.message())};
  }
  GrantBook book;
  book.market_ = market;
  // Ids may hold any character, file names may not.
  book.path_ = fmt::format("{}/{}.json", folder, base::base64url_encode(market + "/" + offer));
  const auto text = xmpp::read_text_file(book.path_);
  if (!text && text.error().code == Errc::kNotFound) return book;
  if (!text) return text.error();
  try {
    const auto json = nlohmann::json::parse(*text);
    book.key_ = json.at("ticket_key").get<std::string>();
    book.highest_ = json.at("highest_fence").get<std::uint64_t>();
    for (const auto& each : json.at("live")) {
      Live live{each.at("hook_done").get<bool>(), each.value("reclaimed", false), {}};
      if (const auto expires = xmpp::parse_timestamp(each.value("expires", ""))) live.expires = *expires;
      book.live_.emplace(each.at("id").get<std::uint64_t>(), live);
    }
    for (const auto& id : json.value("expected", nlohmann::json::array())) {
      book.expected_.insert(id.get<std::uint64_t>());
    }
  } catch (const nlohmann::json::exception& problem) {
    return {Errc::kCorrupt, fmt::format("{}: not what this agent wrote ({}): restore it, or remove it to forget which "
                                        "grants were acted on",
                                        book.path_, problem.what())};
  }
  return book;
}

Status GrantBook::accept_key(const std::string& key) {
  if (key_ == key) return Done{};
  if (!key_.empty()) {
    return {Errc::kCorrupt,
            fmt::format("the ticket key of {} has changed: this may be another market under its name, so no grant is "
                        "accepted. If its operator tells you that the key is new, remove {} and start again",
                        market_, path_)};
  }
  key_ = key;
  return save();
}

GrantBook::Verdict GrantBook::judge(domain::GrantId id) const {
  if (live_.contains(id.value)) return Verdict::kKnown;
  return id.value > highest_ || expected_.contains(id.value) ? Verdict::kNew : Verdict::kStale;
}

Status GrantBook::expect(domain::GrantId id) {
  BOURSE_CHECK(judge(id) == Verdict::kNew);
  return expected_.insert(id.value).second ? save() : Status(Done{});
}

Status GrantBook::begin(domain::GrantId id, base::Timestamp expires) {
  BOURSE_CHECK(judge(id) == Verdict::kNew);
  highest_ = std::max(highest_, id.value);
  expected_.erase(id.value);
  live_.emplace(id.value, Live{false, false, expires});
  return save();
}

Status GrantBook::renew(domain::GrantId id, base::Timestamp expires) {
  const auto found = live_.find(id.value);
  BOURSE_CHECK(found != live_.end());
  found->second.expires = expires;
  return save();
}

Status GrantBook::hook_done(domain::GrantId id) {
  const auto found = live_.find(id.value);
  if (found == live_.end() || found->second.hook_done) return Done{};
  found->second.hook_done = true;
  return save();
}

Status GrantBook::reclaimed(domain::GrantId id) {
  const auto found = live_.find(id.value);
  if (found == live_.end() || found->second.reclaimed) return Done{};
  found->second.reclaimed = true;
  return save();
}

Status GrantBook::end(domain::GrantId id) {
  if (live_.erase(id.value) + expected_.erase(id.value) == 0) return Done{};
  highest_ = std::max(highest_, id.value);
  return save();
}

std::vector<domain::GrantId> GrantBook::live() const {
  std::vector<domain::GrantId> list;
  for (const auto& [id, live] : live_) list.push_back({id});
  return list;
}

std::vector<domain::GrantId> GrantBook::expected() const {
  std::vector<domain::GrantId> list;
  for (const auto id : expected_) list.push_back({id});
  return list;
}

const GrantBook::Live* GrantBook::find(domain::GrantId id) const {
  const auto found = live_.find(id.value);
  return found == live_.end() ? nullptr : &found->second;
}

Status GrantBook::save() const {
  nlohmann::ordered_json json{{"market", market_}, {"ticket_key", key_}, {"highest_fence", highest_}};
  json["live"] = nlohmann::ordered_json::array();
  for (const auto& [id, live] : live_) {
    nlohmann::ordered_json each{{"id", id}, {"hook_done", live.hook_done}, {"reclaimed", live.reclaimed}};
    if (live.expires) each["expires"] = xmpp::format_timestamp(*live.expires);
    json["live"].push_back(std::move(each));
  }
  json["expected"] = expected_;
  return replace_file(path_, json.dump(2) + "\n");
}

}  // namespace bourse::agent
