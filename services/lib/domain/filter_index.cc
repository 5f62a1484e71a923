#include "domain/filter_index.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <unordered_map>

#include "domain/ascii.h"
#include "domain/filter_access.h"

namespace bourse::domain {
namespace {

using Key = FilterIndex::Key;
using Node = Filter::Node;

// A shelf takes this many as they come; the rest are filed by the next atom of their paths.
constexpr std::size_t kShelfSize = 16;

// One filter, however many keys share it.
struct Entry {
  Filter filter;
  std::vector<Key> keys;
  std::vector<Path> paths;
  bool always = false;
  std::uint64_t seen = 0;  // the last match that looked at it
};
using Entries = std::vector<Entry*>;

struct Columns;

struct Shelf {
  Shelf();
  ~Shelf();

  Entries here;
  std::unique_ptr<Columns> columns;  // null: nothing is filed further

  [[nodiscard]] bool empty() const { return here.empty() && !columns; }
};

// Values of one type. Ranges are sets, so that each filter in them is found again at once.
template <class Value>
struct Lane {
  std::map<Value, Shelf> equal;
  std::set<std::pair<Value, Entry*>> at_least;
  std::set<std::pair<Value, Entry*>> at_most;

  [[nodiscard]] bool empty() const { return equal.empty() && at_least.empty() && at_most.empty(); }
  [[nodiscard]] std::size_t size() const { return equal.size() + at_least.size() + at_most.size(); }
};

// All that is filed under one attribute. A value of one type meets what its own lane holds, as compare() has it: an
// assertion is filed in the lane of every type it can be read as.
struct Column {
  Lane<std::string> strings;  // folded
  Lane<double> numbers;
  Lane<Version> versions;
  std::map<bool, Shelf> booleans;  // of which there are no ranges
  Entries present;

  [[nodiscard]] bool empty() const {
    return strings.empty() && numbers.empty() && versions.empty() && booleans.empty() && present.empty();
  }
  [[nodiscard]] std::size_t size() const {
    return strings.size() + numbers.size() + versions.size() + booleans.size() + present.size();
  }
};

struct Columns {
  std::map<std::string, Column, std::less<>> by_attribute;
};

Shelf::Shelf() = default;
Shelf::~Shelf() = default;

std::size_t crowd_of(const Shelf& shelf) {
  std::size_t crowd = shelf.here.size();
  if (shelf.columns) {
    for (const auto& [attribute, column] : shelf.columns->by_attribute) crowd += column.size();
  }
  return crowd;
}

// Calls take(lane, value) for each type the assertion can be read as; booleans are not among them.
template <class Take>
void each_form(Column& column, const Assertion& assertion, const Take& take) {
  take(column.strings, assertion.folded);
  if (assertion.number) take(column.numbers, *assertion.number);
  if (assertion.version) take(column.versions, *assertion.version);
}

// Of a path the part from `at` on.
void file(Shelf& shelf, const Path& path, std::size_t at, Entry& entry) {
  const bool root = at == 0;
  if (at == path.size() || (!root && shelf.here.size() < kShelfSize)) {
    shelf.here.push_back(&entry);
    return;
  }
  if (!shelf.columns) shelf.columns = std::make_unique<Columns>();
  const Atom& atom = path[at];
  const Assertion& assertion = atom.node->assertion;
  Column& column = shelf.columns->by_attribute[atom.node->attribute];
  switch (atom.kind) {
    case Atom::Kind::kEqual:
      each_form(column, assertion,
                [&](auto& lane, const auto& value) { file(lane.equal[value], path, at + 1, entry); });
      if (assertion.boolean) file(column.booleans[*assertion.boolean], path, at + 1, entry);
      return;
    case Atom::Kind::kAtLeast:
      each_form(column, assertion, [&](auto& lane, const auto& value) { lane.at_least.emplace(value, &entry); });
      return;
    case Atom::Kind::kAtMost:
      each_form(column, assertion, [&](auto& lane, const auto& value) { lane.at_most.emplace(value, &entry); });
      return;
    case Atom::Kind::kPresent:
      column.present.push_back(&entry);
      return;
  }
}

// Whatever of the entry is filed along the path. Two paths of one filter can meet on a shelf: the first that is taken
// off takes both there, which is why none of them must be missed.
void unfile(Shelf& shelf, const Path& path, std::size_t at, Entry& entry) {
  std::erase(shelf.here, &entry);
  if (at == path.size() || !shelf.columns) return;
  const Atom& atom = path[at];
  const auto found = shelf.columns->by_attribute.find(atom.node->attribute);
  if (found == shelf.columns->by_attribute.end()) return;
  Column& column = found->second;
  const auto leave_shelf = [&](auto& shelves, const auto& value) {
    const auto below = shelves.find(value);
    if (below == shelves.end()) return;
    unfile(below->second, path, at + 1, entry);
    if (below->second.empty()) shelves.erase(below);
  };
  const Assertion& assertion = atom.node->assertion;
  switch (atom.kind) {
    case Atom::Kind::kEqual:
      each_form(column, assertion, [&](auto& lane, const auto& value) { leave_shelf(lane.equal, value); });
      if (assertion.boolean) leave_shelf(column.booleans, *assertion.boolean);
      break;
    case Atom::Kind::kAtLeast:
      each_form(column, assertion, [&](auto& lane, const auto& value) { lane.at_least.erase({value, &entry}); });
      break;
    case Atom::Kind::kAtMost:
      each_form(column, assertion, [&](auto& lane, const auto& value) { lane.at_most.erase({value, &entry}); });
      break;
    case Atom::Kind::kPresent:
      std::erase(column.present, &entry);
      break;
  }
  if (column.empty()) shelf.columns->by_attribute.erase(found);
  if (shelf.columns->by_attribute.empty()) shelf.columns.reset();
}

// What a source said, once, by name: asked again for every shelf and every filter.
class Snapshot {
 public:
  struct Said {
    std::string name;
    AttributeValue value;  // strings folded, as they compare
  };
  using Range = std::pair<std::vector<Said>::const_iterator, std::vector<Said>::const_iterator>;

  explicit Snapshot(const AttributeSource& source) {
    source.each([this](std::string_view name, const AttributeValue& value) {
      const auto* const text = std::get_if<std::string>(&value);
      said_.push_back({std::string(name), text == nullptr ? value : AttributeValue(fold(*text))});
    });
    std::stable_sort(said_.begin(), said_.end(), [](const Said& a, const Said& b) { return a.name < b.name; });
  }

  [[nodiscard]] const std::vector<Said>& all() const { return said_; }
  [[nodiscard]] Range of(std::string_view name) const {
    const auto first =
        std::partition_point(said_.begin(), said_.end(), [name](const Said& a) { return a.name < name; });
    const auto last = std::partition_point(first, said_.end(), [name](const Said& a) { return a.name == name; });
    return {first, last};
  }

 private:
  std::vector<Said> said_;
};

// Walks the shelves that what a source said leads to.
template <class Take>
class Walk {
 public:
  Walk(const Snapshot& snapshot, const Take& take) : snapshot_(snapshot), take_(take) {}

  void over(const Shelf& shelf) const {
    for (Entry* const entry : shelf.here) take_(*entry);
    if (!shelf.columns) return;
    // Whichever are fewer: the names that were said, or the names that are asked.
    if (shelf.columns->by_attribute.size() > snapshot_.all().size()) {
      for (const auto& said : snapshot_.all()) {
        const auto column = shelf.columns->by_attribute.find(said.name);
        if (column != shelf.columns->by_attribute.end()) look(column->second, said.value);
      }
      return;
    }
    for (const auto& [attribute, column] : shelf.columns->by_attribute) {
      const auto [first, last] = snapshot_.of(attribute);
      for (auto said = first; said != last; ++said) look(column, said->value);
    }
  }

 private:
  void look(const Column& column, const AttributeValue& value) const {
    for (Entry* const entry : column.present) take_(*entry);
    if (const auto* const text = std::get_if<std::string>(&value)) {
      look_in(column.strings, *text);
    } else if (const auto* const number = std::get_if<double>(&value)) {
      if (!std::isnan(*number)) look_in(column.numbers, *number);  // equals nothing and has no order
    } else if (const auto* const version = std::get_if<Version>(&value)) {
      look_in(column.versions, *version);
    } else if (const auto at = column.booleans.find(std::get<bool>(value)); at != column.booleans.end()) {
      over(at->second);
    }
  }

  template <class Value>
  void look_in(const Lane<Value>& lane, const Value& value) const {
    if (const auto at = lane.equal.find(value); at != lane.equal.end()) over(at->second);
    for (const auto& [least, entry] : lane.at_least) {
      if (value < least) break;
      take_(*entry);
    }
    // No entry is before the null pointer.
    for (auto at = lane.at_most.lower_bound({value, nullptr}); at != lane.at_most.end(); ++at) take_(*at->second);
  }

  const Snapshot& snapshot_;
  const Take& take_;
};

}  // namespace

class FilterIndex::Impl {
 public:
  void add(Key key, const Filter& filter) {
    Entry& entry = entry_of(filter);
    BOURSE_CHECK(by_key_.emplace(key, Place{&entry, entry.keys.size()}).second);
    entry.keys.push_back(key);
  }

  void remove(Key key) {
    const auto of_key = by_key_.find(key);
    BOURSE_CHECK(of_key != by_key_.end());
    Entry& entry = *of_key->second.entry;
    const std::size_t at = of_key->second.at;
    entry.keys[at] = entry.keys.back();
    by_key_.at(entry.keys[at]).at = at;
    entry.keys.pop_back();
    by_key_.erase(of_key);
    if (entry.keys.empty()) forget(entry);
  }

  std::vector<Key> match(const AttributeSource& source) {
    const Snapshot snapshot(source);
    const Filter::Source ask = [&snapshot](std::string_view name) {
      std::vector<AttributeValue> values;
      const auto [first, last] = snapshot.of(name);
      for (auto said = first; said != last; ++said) values.push_back(said->value);
      return values;
    };
    ++match_;
    std::vector<Key> keys;
    const auto take = [&](Entry& entry) {
      if (entry.seen == match_) return;
      entry.seen = match_;
      if (!entry.filter.empty()) {
        ++evaluations_;
        if (!entry.filter.accepts(ask)) return;
      }
      keys.insert(keys.end(), entry.keys.begin(), entry.keys.end());
    };
    for (Entry* const entry : always_) take(*entry);
    Walk(snapshot, take).over(root_);
    std::sort(keys.begin(), keys.end());
    return keys;
  }

  [[nodiscard]] std::size_t size() const { return by_key_.size(); }
  [[nodiscard]] std::size_t evaluations() const { return evaluations_; }

 private:
  struct Place {
    Entry* entry;
    std::size_t at;  // in its keys
  };

  void forget(Entry& entry) {
    if (entry.always) std::erase(always_, &entry);
    for (const auto& path : entry.paths) unfile(root_, path, 0, entry);
    by_text_.erase(by_text_.find(entry.filter.text()));
  }

  Entry& entry_of(const Filter& filter) {
    if (const auto at = by_text_.find(std::string_view(filter.text())); at != by_text_.end()) return *at->second;
    auto made = std::make_unique<Entry>();
    made->filter = filter;
    Entry& entry = *made;
    by_text_.emplace(std::string_view(entry.filter.text()), std::move(made));
    auto paths = access_paths(entry.filter, [this](const Node& equality) { return crowd(equality); });
    if (paths) {
      entry.paths = std::move(*paths);
      for (const auto& path : entry.paths) file(root_, path, 0, entry);
    } else {
      entry.always = true;
      always_.push_back(&entry);
    }
    return entry;
  }

  [[nodiscard]] std::size_t crowd(const Node& equality) const {
    if (!root_.columns) return 0;
    const auto column = root_.columns->by_attribute.find(equality.attribute);
    if (column == root_.columns->by_attribute.end()) return 0;
    const auto& shelves = column->second.strings.equal;  // every equality is there
    const auto shelf = shelves.find(equality.assertion.folded);
    return shelf == shelves.end() ? 0 : crowd_of(shelf->second);
  }

  std::unordered_map<std::string_view, std::unique_ptr<Entry>> by_text_;  // the text is the entry's own
  std::unordered_map<Key, Place> by_key_;
  Shelf root_;
  Entries always_;
  std::uint64_t match_ = 0;
  std::size_t evaluations_ = 0;
};

FilterIndex::FilterIndex() : impl_(std::make_unique<Impl>()) {}
FilterIndex::~FilterIndex() = default;
FilterIndex::FilterIndex(FilterIndex&&) noexcept = default;
FilterIndex& FilterIndex::operator=(FilterIndex&&) noexcept = default;

void FilterIndex::add(Key key, const Filter& filter) { impl_->add(key, filter); }
void FilterIndex::remove(Key key) { impl_->remove(key); }
std::vector<FilterIndex::Key> FilterIndex::match(const AttributeSource& source) const { return impl_->match(source); }
std::size_t FilterIndex::size() const { return impl_->size(); }
std::size_t FilterIndex::evaluations() const { return impl_->evaluations(); }

}  // namespace bourse::domain
