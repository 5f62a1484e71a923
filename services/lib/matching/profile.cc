#include "matching/profile.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "matching/ranking.h"

namespace bourse::matching {
namespace {

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
  }
  append(key, std::uint64_t{offer.terms.divisible});
  append(key, offer.terms.min_lease);
  append(key, offer.terms.max_lease);
  append(key, static_cast<std::uint64_t>(offer.terms.confirm));
  append(key, offer.serves.text());
  return key;
}

std::optional<std::size_t> Profile::column_of(ResourceId resource) const {
  const auto found = std::ranges::find(columns, resource);
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

ProfileTable::ProfileTable() { BOURSE_CHECK(names_.acquire("").id == 0); }

ProfileId ProfileTable::acquire(const domain::Offer& offer) {
  const auto [id, fresh] = keys_.acquire(profile_key(offer));
  if (!fresh) return id;

  std::vector<ResourceId> columns;
  std::vector<double> weights;
  std::optional<std::size_t> gpu;
  for (const auto& entry : offer.resources.entries()) {
    if (entry.name == domain::kGpu) gpu = columns.size();
    columns.push_back(names_.acquire(entry.name).id);
    weights.push_back(weight_of(entry.name));
  }
  domain::Offer content;
  content.gpu_model = offer.gpu_model;
  content.attributes = offer.attributes;
  content.services = offer.services;
  content.terms = offer.terms;
  content.serves = offer.serves;
  if (id >= profiles_.size()) profiles_.resize(id + 1);
  profiles_[id] = std::make_unique<Profile>(std::move(content), std::move(columns), std::move(weights), gpu);
  return id;
}

void ProfileTable::release(ProfileId id) {
  if (!keys_.release(id)) return;
  for (const ResourceId name : profiles_[id]->columns) {
    if (names_.release(name)) names_.reuse(name);
  }
  profiles_[id].reset();
  resting_.push_back(id);
}

void ProfileTable::forgotten() {
  for (const ProfileId id : resting_) keys_.reuse(id);
  resting_.clear();
}

}  // namespace bourse::matching
