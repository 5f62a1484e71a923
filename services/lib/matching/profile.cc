#include "matching/profile.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "matching/ranking.h"

namespace bourse::matching {
namespace {

constexpr std::size_t kMostBirths = 64 * 1024;
constexpr std::array<std::size_t, 2> kSpareLanes = {5, 6};  // for the first resources that have no lane of their own

void append(std::string& key, std::uint64_t number) {
  key.append(reinterpret_cast<const char*>(&number), sizeof number);
}

// With its length, so that two lists of texts never run into the same key.
void append(std::string& key, std::string_view text) {
  append(key, static_cast<std::uint64_t>(text.size()));
  key += text;
}

void append(std::string& key, const std::optional<base::Duration>& duration) {
  append(key, static_cast<std::uint64_t>(duration ? duration->count() : -1));
}

std::size_t lane_by_name(std::string_view name) {
  if (name == "cpu") return 0;
  if (name == "memory") return 1;
  if (name == "storage") return 2;
  if (name == domain::kGpu) return kGpuWholeLane;
  return kNoLane;
}

}  // namespace

std::string profile_key(const domain::Offer& offer) {
  std::string key;
  key.reserve(512);
  append(key, offer.resources.entries().size());
  for (const auto& entry : offer.resources.entries()) append(key, entry.name);
  append(key, offer.gpu_model);
  append(key, offer.attributes.size());
  for (const auto& attribute : offer.attributes) {
    append(key, attribute.name);
    append(key, attribute.text);
    append(key, static_cast<std::uint64_t>(attribute.type));
  }
  append(key, offer.services.size());
  for (const auto& service : offer.services) {
    append(key, service.name);
    append(key, service.version);
    append(key, service.uri);
    append(key, std::uint64_t{service.seats});
  }
  append(key, offer.schedule.text);
  append(key, offer.schedule.zone);
  append(key, std::uint64_t{offer.terms.divisible} | std::uint64_t{offer.terms.drain} << 1);
  append(key, offer.terms.min_lease);
  append(key, offer.terms.max_lease);
  append(key, static_cast<std::uint64_t>(offer.terms.confirm));
  append(key, offer.terms.grace);
  append(key, offer.serves.text());
  append(key, offer.extensions.size());
  for (const auto& extension : offer.extensions) append(key, extension);
  return key;
}

std::optional<std::size_t> Profile::column_of(ResourceId resource) const {
  const auto found = std::ranges::find(columns, resource, &Column::resource);
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

ResourceId ProfileTable::acquire_name(const std::string& name) {
  const auto [id, fresh] = names_.acquire(name);
  if (id >= lanes_.size()) lanes_.resize(id + 1, kNoLane);
  if (!fresh && lanes_[id] != kNoLane) return id;
  lanes_[id] = lane_by_name(name);
  if (fresh && lanes_[id] == kNoLane) {  // later than fresh would be too late: offers may have it without a lane
    const auto spare = std::ranges::find_if(kSpareLanes, [&](std::size_t lane) { return kept_[lane] == 0; });
    if (spare != kSpareLanes.end()) {
      lanes_[id] = *spare;
      kept_[*spare] = id;
    }
  }
  if (lanes_[id] != kNoLane) weights_.set(lanes_[id], weight_of(name));
  return id;
}

void ProfileTable::release_name(ResourceId id) {
  const std::size_t lane = lanes_[id];
  if (!names_.release(id)) return;
  if (lane != kNoLane && kept_[lane] == id) kept_[lane] = 0;
  lanes_[id] = kNoLane;
  names_.reuse(id);
}

ProfileId ProfileTable::acquire(const domain::Offer& offer, const domain::Resources& capacity) {
  const auto [id, fresh] = keys_.acquire(profile_key(offer));
  if (!fresh) return id;

  std::vector<Profile::Column> columns;
  std::optional<std::size_t> gpu;
  for (const auto& entry : capacity.entries()) {
    if (entry.name == domain::kGpu) gpu = columns.size();
    const ResourceId resource = acquire_name(entry.name);
    columns.push_back({resource, weight_of(entry.name), lane_of(resource), offer.resources.amount(entry.name) == 0});
  }
  domain::Offer content = offer;
  content.resources = {};
  content.starts.reset();
  content.expires.reset();
  if (id >= profiles_.size()) profiles_.resize(id + 1);
  profiles_[id] = std::make_unique<Profile>(std::move(content), std::move(columns), gpu);
  Profile& profile = *profiles_[id];
  profile.schedule = openings_.acquire(offer.schedule);
  if (!offer.serves.empty()) {
    const auto [text, new_text] = serves_.acquire(offer.serves.text());
    if (text >= serves_serials_.size()) serves_serials_.resize(text + 1);
    if (new_text) serves_serials_[text] = next_serves_++;
    profile.serves = serves_serials_[text];
  }
  attributes_.add(id, profile.content, offer.resources);
  remember_birth(id);
  return id;
}

void ProfileTable::remember_birth(ProfileId id) {
  births_.push_back(id);
  if (births_.size() < kMostBirths) return;
  const std::size_t forgotten = births_.size() / 2;
  births_.erase(births_.begin(), births_.begin() + static_cast<std::ptrdiff_t>(forgotten));
  first_birth_ += forgotten;
}

void ProfileTable::release(ProfileId id) {
  if (!keys_.release(id)) return;
  const Profile& profile = *profiles_[id];
  attributes_.remove(id);
  for (const auto& column : profile.columns) release_name(column.resource);
  openings_.release(profile.schedule);
  if (!profile.content.serves.empty()) {
    const auto text = serves_.find(profile.content.serves.text());
    if (serves_.release(*text)) serves_.reuse(*text);
  }
  profiles_[id].reset();
  keys_.reuse(id);
}

}  // namespace bourse::matching
