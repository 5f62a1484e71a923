// Purpose: how pools are run, as [rules] and [groups.NAME] of the settings say it (ops/runbook.md lists the keys).
// Threads: at program start.
#pragma once

#include <string>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "market/rules.h"

namespace bourse::boursed {

inline const std::vector<std::string> kRulesKeys{
    "rules.confirm-within",
    "rules.suspect-for",
    "rules.most-grace",
    "rules.usage-half-life",
    "rules.quarantine-failures",
    "rules.failure-half-life",
    "rules.quarantine-first",
    "rules.quarantine-most",
    "rules.starving-after",
    "rules.most-holds",
    "groups.*",
};

// kBadRequest names the setting, where it stands and what is expected. Groups in order of their names.
[[nodiscard]] base::Result<market::Rules> read_rules(const base::Config& config);

}  // namespace bourse::boursed
