// Random filters against an oracle that shares no code with the evaluator: it walks the model the text was
// made from, with truth values as numbers (false 0, undefined 1, true 2), where Kleene's and is the minimum,
// or the maximum, and not the distance from 2.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "domain/filter.h"
#include "domain/filter_node.h"

namespace bourse::domain {
namespace {

struct Model {
  char kind = '=';  // & | ! = > < *
  int attribute = 0;
  int value = 0;
  std::vector<Model> children;
};

using World = std::map<int, std::vector<int>>;  // attribute → its numbers

std::string name_of(int attribute) { return std::string("a") + std::to_string(attribute); }

std::string to_text(const Model& model) {
  if (model.kind == '*') return "(" + name_of(model.attribute) + "=*)";
  if (model.kind == '=') return "(" + name_of(model.attribute) + "=" + std::to_string(model.value) + ")";
  if (model.kind == '>') return "(" + name_of(model.attribute) + ">=" + std::to_string(model.value) + ")";
  if (model.kind == '<') return "(" + name_of(model.attribute) + "<=" + std::to_string(model.value) + ")";
  std::string text = std::string("(") + model.kind;
  for (const auto& child : model.children) text += to_text(child);
  return text + ")";
}

int oracle(const Model& model, const World& world) {
  int all = 2;
  int any = 0;
  for (const auto& child : model.children) {
    const int truth = oracle(child, world);
    all = std::min(all, truth);
    any = std::max(any, truth);
  }
  if (model.kind == '&') return all;
  if (model.kind == '|') return any;
  if (model.kind == '!') return 2 - any;
  const auto at = world.find(model.attribute);
  const bool there = at != world.end() && !at->second.empty();
  if (model.kind == '*') return there ? 2 : 0;
  if (!there) return 1;
  const bool holds = std::any_of(at->second.begin(), at->second.end(), [&model](int value) {
    return model.kind == '=' ? value == model.value : model.kind == '>' ? value >= model.value : value <= model.value;
  });
  return holds ? 2 : 0;
}

Model any_model(int depth) {
  const auto kinds = depth > 0 ? std::string("&|!=><*") : std::string("=><*");
  Model model;
  model.kind = *rc::gen::elementOf(kinds);
  if (model.kind == '&' || model.kind == '|' || model.kind == '!') {
    const int count = model.kind == '!' ? 1 : *rc::gen::inRange(0, 4);
    for (int i = 0; i < count; ++i) model.children.push_back(any_model(depth - 1));
  } else {
    model.attribute = *rc::gen::inRange(0, 4);
    model.value = *rc::gen::inRange(-2, 3);
  }
  return model;
}

World any_world() {
  World world;
  for (int attribute = 0; attribute < 4; ++attribute) {
    world[attribute] = *rc::gen::container<std::vector<int>>(rc::gen::inRange(-2, 3));
    if (*rc::gen::inRange(0, 3) == 0) world.erase(attribute);
  }
  return world;
}

Filter::Source source_of(const World& world) {
  return [&world](std::string_view name) {
    std::vector<AttributeValue> values;
    for (const auto& [attribute, numbers] : world) {
      if (name_of(attribute) != name) continue;
      for (const int number : numbers) values.emplace_back(static_cast<double>(number));
    }
    return values;
  };
}

Truth evaluate(const std::string& text, const World& world) {
  const auto filter = Filter::parse(text);
  RC_ASSERT(filter.ok());
  return filter->evaluate(source_of(world));
}

RC_GTEST_PROP(FilterProperty, AgreesWithTheOracle, ()) {
  const Model model = any_model(3);
  const World world = any_world();
  constexpr Truth kByNumber[] = {Truth::kFalse, Truth::kUndefined, Truth::kTrue};
  RC_ASSERT(evaluate(to_text(model), world) == kByNumber[oracle(model, world)]);
}

RC_GTEST_PROP(FilterProperty, LawsOfThreeValuedLogic, ()) {
  const std::string a = to_text(any_model(2));
  const std::string b = to_text(any_model(2));
  const std::string c = to_text(any_model(2));
  const World world = any_world();
  const auto same = [&world](const std::string& left, const std::string& right) {
    return evaluate(left, world) == evaluate(right, world);
  };
  RC_ASSERT(same("(!(&" + a + b + "))", "(|(!" + a + ")(!" + b + "))"));  // De Morgan
  RC_ASSERT(same("(!(|" + a + b + "))", "(&(!" + a + ")(!" + b + "))"));
  RC_ASSERT(same("(!(!" + a + "))", a));
  RC_ASSERT(same("(&" + a + b + ")", "(&" + b + a + ")"));
  RC_ASSERT(same("(|" + a + b + ")", "(|" + b + a + ")"));
  RC_ASSERT(same("(&" + a + "(|" + b + c + "))", "(|(&" + a + b + ")(&" + a + c + "))"));
  RC_ASSERT(same("(&" + a + a + ")", a));
  RC_ASSERT(same("(&" + a + "(|" + a + b + "))", a));  // absorption
}

TEST(Truth, TablesOfKleene) {
  constexpr Truth kAll[] = {Truth::kFalse, Truth::kUndefined, Truth::kTrue};
  for (int a = 0; a < 3; ++a) {
    EXPECT_EQ(!kAll[a], kAll[2 - a]);
    for (int b = 0; b < 3; ++b) {
      EXPECT_EQ(kAll[a] & kAll[b], kAll[std::min(a, b)]);
      EXPECT_EQ(kAll[a] | kAll[b], kAll[std::max(a, b)]);
    }
  }
}

}  // namespace
}  // namespace bourse::domain
