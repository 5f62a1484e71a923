#include "matching/providers.h"

#include <cmath>

namespace bourse::matching {

ProviderId Providers::acquire(const domain::Jid& provider) {
  const auto [id, fresh] = jids_.acquire(provider);
  if (id >= entries_.size()) entries_.resize(id + 1);
  if (fresh) entries_[id] = {};
  return id;
}

void Providers::release(ProviderId id) {
  if (jids_.release(id)) jids_.reuse(id);
}

bool Providers::bar(const domain::Jid& provider, bool barred) {
  const ProviderId id = acquire(provider);
  Entry& entry = entries_[id];
  const bool changed = entry.barred != barred;
  entry.barred = barred;
  if (changed && barred) return true;  // keeps the number
  if (changed) release(id);
  release(id);
  return changed;
}

// Rounded: what differs by less is the same for all that anybody knows, and shares a place in the order.
double Providers::rounded(double availability) {
  if (std::isnan(availability)) return 0;  // would be in no order
  return std::round(availability * 1024) / 1024;
}

void Providers::rate(const domain::Jid& provider, Engine::Availability availability) {
  for (double& each : availability) each = rounded(each);
  const ProviderId id = acquire(provider);
  Entry& entry = entries_[id];
  const bool had = entry.rate != Engine::Availability{};
  for (std::size_t i = 0; i < rated_.size(); ++i) {
    if (entry.rate[i] == availability[i]) continue;
    if (entry.rate[i] != 0) {
      const auto group = rated_[i].find(entry.rate[i]);
      group->second.erase(id);
      if (group->second.empty()) rated_[i].erase(group);
    }
    if (availability[i] != 0) rated_[i][availability[i]].insert(id);
  }
  entry.rate = availability;
  if (had) release(id);
  if (availability == Engine::Availability{}) release(id);
}

}  // namespace bourse::matching
