#include "pubsub/access.h"

#include <array>
#include <cstddef>

namespace bourse::pubsub {
namespace {

constexpr std::size_t kOperations = 4;
constexpr std::size_t kNodes = 4;
using Rights = std::array<std::array<bool, kNodes>, kOperations>;

//                          offers requests grants availability
constexpr Rights kStranger{{{{true, true, true, true}},        // subscribe: told only of what it may see
                            {{true, true, false, false}},      // publish: the market itself writes the others
                            {{true, false, false, true}},      // see an item
                            {{false, false, false, false}}}};  // retract an item
constexpr Rights kParty{{{{true, true, true, true}},
                         {{true, true, false, false}},
                         {{true, true, true, true}},
                         {{true, true, true, false}}}};
constexpr Rights kOperator{{{{true, true, true, true}},
                            {{true, true, false, false}},
                            {{true, true, true, true}},
                            {{true, true, true, false}}}};

const Rights& rights_of(Standing standing) {
  switch (standing) {
    case Standing::kStranger:
      return kStranger;
    case Standing::kParty:
      return kParty;
    case Standing::kOperator:
      return kOperator;
  }
  return kStranger;
}

}  // namespace

bool may(Standing standing, Operation operation, MarketNode node) {
  return rights_of(standing)[static_cast<std::size_t>(operation)][static_cast<std::size_t>(node)];
}

}  // namespace bourse::pubsub
