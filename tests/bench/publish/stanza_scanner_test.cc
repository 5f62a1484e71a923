#include "bench/publish/stanza_scanner.h"

#include <gtest/gtest.h>

#include <vector>

namespace bourse::bench {
namespace {

struct Case {
  std::string name;
  std::string stream;
  std::vector<std::string> expected;
};

std::vector<Case> cases() {
  const std::string head = "<?xml version='1.0'?><stream:stream id='1'>";
  return {
      {"two stanzas",
       head + "<iq id='1'/><message><body>x</body></message>",
       {"<iq id='1'/>", "<message><body>x</body></message>"}},
      {"space between", head + " <presence/> \n <presence/>", {"<presence/>", "<presence/>"}},
      {"nesting of one name", head + "<a><a/><a><a></a></a></a><b/>", {"<a><a/><a><a></a></a></a>", "<b/>"}},
      {"angle in a value", head + "<a x='1>2' y=\"/>'\"><b/></a>", {"<a x='1>2' y=\"/>'\"><b/></a>"}},
      {"unfinished", head + "<a><b></b>", {}},
      {"stream end", head + "<a/></stream:stream>", {"<a/>", "</stream:stream>"}},
  };
}

std::vector<std::string> scan(const std::string& stream, std::size_t piece) {
  StanzaScanner scanner;
  std::vector<std::string> found;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    scanner.append(std::string_view(stream).substr(at, piece));
    for (std::string_view stanza = scanner.next(); !stanza.empty(); stanza = scanner.next()) found.emplace_back(stanza);
  }
  return found;
}

TEST(StanzaScanner, CutsHoweverTheBytesArrive) {
  for (const Case& one : cases()) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{1000}}) {
      EXPECT_EQ(scan(one.stream, piece), one.expected) << one.name << ", " << piece << " bytes at a time";
    }
  }
}

TEST(StanzaScanner, AttributeIsOfTheFirstTagAndWhole) {
  EXPECT_EQ(attribute("<iq xml:id='no' id='yes' type=\"result\"><x id='other'/></iq>", "id"), "yes");
  EXPECT_EQ(attribute("<iq xml:id='no' id='yes' type=\"result\"/>", "type"), "result");
  EXPECT_EQ(attribute("<iq><x id='other'/></iq>", "id"), "");
  EXPECT_EQ(between("<jid>a@b</jid>", "<jid>", "</jid>"), "a@b");
}

}  // namespace
}  // namespace bourse::bench
