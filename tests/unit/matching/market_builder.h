// Purpose: short ways to say offers and requests in matching's tests.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "domain/offer.h"
#include "domain/request.h"

namespace bourse::matching::testing {

using Quantities = std::vector<std::pair<std::string, std::string>>;

inline domain::Jid jid(const std::string& text) { return domain::Jid::parse(text).value(); }

inline domain::Resources resources(const Quantities& quantities) {
  domain::Resources result;
  for (const auto& [name, quantity] : quantities) {
    EXPECT_TRUE(result.add(name, domain::parse_quantity(name, quantity).value()).ok()) << name;
  }
  return result;
}

inline domain::Filter filter(const std::string& text) {
  return text.empty() ? domain::Filter{} : domain::Filter::parse(text).value();
}

inline domain::Offer offer(const Quantities& quantities) {
  domain::Offer result;
  result.resources = resources(quantities);
  return result;
}

inline domain::Offer with(domain::Offer offer, const std::string& name, const std::string& text) {
  offer.attributes.push_back(domain::make_attribute(name, text, domain::infer_type(text)).value());
  return offer;
}

inline domain::Request request(const Quantities& quantities, const std::string& needs = "") {
  domain::Request result;
  result.resources = resources(quantities);
  result.needs = filter(needs);
  return result;
}

}  // namespace bourse::matching::testing
