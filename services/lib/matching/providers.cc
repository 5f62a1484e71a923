#include "matching/providers.h"

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

void Providers::rate(const domain::Jid& provider, double availability) {
  const ProviderId id = acquire(provider);
  Entry& entry = entries_[id];
  const bool had = entry.rate != 0;
  if (had) {
    const auto group = rated_.find(entry.rate);
    group->second.erase(id);
    if (group->second.empty()) rated_.erase(group);
  }
  entry.rate = availability;
  if (availability != 0) rated_[availability].insert(id);
  if (had) release(id);
  if (availability == 0) release(id);
}

}  // namespace bourse::matching
