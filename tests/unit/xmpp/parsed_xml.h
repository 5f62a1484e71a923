// Purpose: one XML element as gloox gives it to the service, for tests.
// Lifetime: owns the tree. Threads: none.
#pragma once

#include <gloox/parser.h>
#include <gloox/tag.h>

#include <memory>
#include <string>
#include <string_view>

namespace bourse::xmpp {

class ParsedXml final : private gloox::TagHandler {
 public:
  explicit ParsedXml(std::string_view xml) {
    gloox::Parser parser(this);
    std::string text(xml);
    well_formed_ = parser.feed(text) < 0;
  }
  [[nodiscard]] bool ok() const { return well_formed_ && tag_ != nullptr; }
  [[nodiscard]] const gloox::Tag& operator*() const { return *tag_; }
  [[nodiscard]] const gloox::Tag* operator->() const { return tag_.get(); }

 private:
  void handleTag(gloox::Tag* tag) override { tag_.reset(tag->clone()); }

  std::unique_ptr<gloox::Tag> tag_;
  bool well_formed_ = false;
};

}  // namespace bourse::xmpp
