#include "xmpp/stream_guard.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bourse::xmpp {
namespace {

struct Recorder final : GuardSink {
  std::string passed;
  std::size_t passes = 0;
  std::vector<Refusal> refused;
  void pass(std::string_view bytes) override {
    passed.append(bytes);
    ++passes;
  }
  void refuse(const Refusal& refusal) override { refused.push_back(refusal); }
};

const std::string kHeader =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
    "xmlns:stream='http://etherx.jabber.org/streams' from='b.localhost' id='x'>";

std::string nested(std::size_t levels) {
  std::string xml;
  for (std::size_t i = 0; i < levels; ++i) xml += "<a>";
  for (std::size_t i = 0; i < levels; ++i) xml += "</a>";
  return xml;
}

std::string iq(const std::string& content, const std::string& id = "1") {
  return "<iq type='set' id='" + id + "' from='a@x/r' to='b.localhost'>" + content + "</iq>";
}

struct Case {
  std::string name;
  std::string input;   // after the header
  std::string passed;  // of it
  std::size_t refused;
  RefusalReason reason = RefusalReason::kTooBig;
};

const GuardLimits kSmall{200, 4};

std::vector<Case> cases() {
  const std::string plain = iq("<b c='>' d=\"'/>\"/>text<e/>");
  const std::string big = iq(std::string(300, 'x'));
  const std::string deep = iq(nested(5));
  const std::string deep_by_empty = iq("<a><a><a><a/></a></a></a>");
  return {
      {"one stanza", plain, plain, 0},
      {"several stanzas and keepalives", plain + " \n " + plain, plain + " \n " + plain, 0},
      {"an empty stanza", "<presence from='a@x/r'/>", "<presence from='a@x/r'/>", 0},
      {"the deepest that is allowed", iq(nested(3)), iq(nested(3)), 0},
      {"one level more", iq(nested(4)), "", 1, RefusalReason::kTooDeep},
      {"too deep, between others", plain + deep + plain, plain + plain, 1, RefusalReason::kTooDeep},
      {"too deep by an empty element", deep_by_empty + plain, plain, 1, RefusalReason::kTooDeep},
      {"too big, between others", plain + big + plain, plain + plain, 1},
      {"two too big in a row", big + big + plain, plain, 2},
      {"too big a start tag", "<iq from='a@x/r' to='b' id='" + std::string(300, 'i') + "'/>" + plain, plain, 1},
      {"a slash in a start tag", "<iq a=/b />", "<iq a=/b />", 0},
      {"the end of the stream", plain + "</stream:stream>", plain + "</stream:stream>", 0},
  };
}

TEST(StreamGuard, PassesAndRefusesWhateverTheReadsAre) {
  for (const auto& test : cases()) {
    const std::string input = kHeader + test.input;
    for (std::size_t split = 0; split <= input.size(); ++split) {
      SCOPED_TRACE(test.name + ", split at " + std::to_string(split));
      Recorder recorder;
      StreamGuard guard(kSmall, recorder);
      ASSERT_TRUE(guard.feed(std::string_view(input).substr(0, split)));
      ASSERT_TRUE(guard.feed(std::string_view(input).substr(split)));
      ASSERT_EQ(recorder.passed, kHeader + test.passed);
      ASSERT_EQ(recorder.refused.size(), test.refused);
      if (test.refused != 0) {
        ASSERT_EQ(recorder.refused.front().reason, test.reason);
      }
      ASSERT_EQ(guard.held_bytes(), 0U);
    }
  }
}

TEST(StreamGuard, PassesAndRefusesByteByByte) {
  for (const auto& test : cases()) {
    SCOPED_TRACE(test.name);
    Recorder recorder;
    StreamGuard guard(kSmall, recorder);
    for (const char c : kHeader + test.input) {
      ASSERT_TRUE(guard.feed({&c, 1}));
      ASSERT_LE(guard.held_bytes(), 16U * 1024);
    }
    EXPECT_EQ(recorder.passed, kHeader + test.passed);
    EXPECT_EQ(recorder.refused.size(), test.refused);
  }
}

TEST(StreamGuard, WholeStanzasOfOneReadPassTogether) {
  Recorder recorder;
  StreamGuard guard({}, recorder);
  ASSERT_TRUE(guard.feed(kHeader + iq("") + iq("") + iq("")));
  EXPECT_EQ(recorder.passes, 1U);
}

TEST(StreamGuard, AnUnfinishedStanzaDoesNotPass) {
  Recorder recorder;
  StreamGuard guard({}, recorder);
  ASSERT_TRUE(guard.feed(kHeader + iq("1") + "<iq><a>"));
  EXPECT_EQ(recorder.passed, kHeader + iq("1"));
  EXPECT_EQ(guard.held_bytes(), 7U);
}

TEST(StreamGuard, FortyThousandLevelsHoldNoMemory) {
  Recorder recorder;
  StreamGuard guard({}, recorder);
  const std::string input = iq(nested(40'000), "deep") + iq("", "after");
  ASSERT_TRUE(guard.feed(kHeader));
  for (std::size_t at = 0; at < input.size(); at += 1000) {
    ASSERT_TRUE(guard.feed(std::string_view(input).substr(at, 1000)));
    ASSERT_LE(guard.held_bytes(), 1000U);
  }
  ASSERT_EQ(recorder.refused.size(), 1U);
  EXPECT_EQ(recorder.refused.front().id, "deep");
  EXPECT_EQ(recorder.passed, kHeader + iq("", "after"));
}

TEST(StreamGuard, SixHundredKilobytesHoldNoMoreThanTheLimit) {
  Recorder recorder;
  StreamGuard guard({}, recorder);
  const std::string input = iq(std::string(600'000, 'x'), "big") + iq("", "after");
  ASSERT_TRUE(guard.feed(kHeader));
  for (std::size_t at = 0; at < input.size(); at += 65'536) {
    ASSERT_TRUE(guard.feed(std::string_view(input).substr(at, 65'536)));
    ASSERT_LE(guard.held_bytes(), GuardLimits{}.stanza_bytes);
  }
  ASSERT_EQ(recorder.refused.size(), 1U);
  EXPECT_EQ(recorder.refused.front().id, "big");
  EXPECT_EQ(recorder.passed, kHeader + iq("", "after"));
}

TEST(StreamGuard, TheLimitItselfPasses) {
  for (const std::size_t extra : {0U, 1U}) {
    Recorder recorder;
    StreamGuard guard({500, 64}, recorder);
    const std::string stanza = iq(std::string(500 - iq("").size() + extra, 'x'));
    ASSERT_TRUE(guard.feed(kHeader + stanza));
    EXPECT_EQ(recorder.refused.size(), extra);
  }
}

TEST(StreamGuard, ForbiddenXmlClosesTheStream) {
  for (const std::string forbidden :
       {"<!-- c -->", "<iq><![CDATA[x]]></iq>", "<!DOCTYPE x>", "<iq><?php ?></iq>", "<<iq/>", "<>"}) {
    SCOPED_TRACE(forbidden);
    Recorder recorder;
    StreamGuard guard({}, recorder);
    ASSERT_TRUE(guard.feed(kHeader));
    EXPECT_FALSE(guard.feed(forbidden));
    EXPECT_FALSE(guard.feed(iq("")));
    EXPECT_EQ(recorder.passed, kHeader);
  }
}

TEST(StreamGuard, AStreamHeaderWithoutEndClosesTheStream) {
  Recorder recorder;
  StreamGuard guard({}, recorder);
  bool open = true;
  for (int i = 0; open && i < 100; ++i) open = guard.feed("<stream:stream " + std::string(1000, 'x'));
  EXPECT_FALSE(open);
}

struct AnswerCase {
  std::string name;
  std::string start;     // of the refused stanza, to the end of its start tag
  std::string expected;  // the answer's start; empty: none
};

TEST(StreamGuard, AnswersWhoMayBeAnswered) {
  const std::vector<AnswerCase> all = {
      {"iq set", "<iq type='set' id='1' from='a@x/r' to='b'>", "<iq type='error' from='b' to='a@x/r' id='1'><error"},
      {"double quotes, escapes", "<iq id=\"i'&amp;\" to=\"b\" type=\"get\" from=\"a@x/o'r\" >",
       "<iq type='error' from='b' to='a@x/o&apos;r' id='i&apos;&amp;'><error"},
      {"iq result", "<iq type='result' id='1' from='a@x/r' to='b'>", ""},
      {"iq error", "<iq type='error' id='1' from='a@x/r' to='b'>", ""},
      {"message", "<message from='a@x/r' to='b'>", "<message type='error' from='b' to='a@x/r'><error"},
      {"error message", "<message type='error' from='a@x/r' to='b'>", ""},
      {"presence", "<presence from='a@x/r' to='b'>", ""},
      {"nobody", "<iq type='set' id='1'>", ""},
  };
  for (const auto& test : all) {
    SCOPED_TRACE(test.name);
    Recorder recorder;
    StreamGuard guard(kSmall, recorder);
    const std::string name = test.start.substr(1, test.start.find(' ') - 1);
    ASSERT_TRUE(guard.feed(kHeader + test.start + std::string(300, 'x') + "</" + name + ">"));
    ASSERT_EQ(recorder.refused.size(), 1U);
    const std::string answer = render_refusal(recorder.refused.front(), kSmall);
    EXPECT_EQ(answer.substr(0, test.expected.size()), test.expected);
    EXPECT_EQ(answer.empty(), test.expected.empty());
    if (!answer.empty()) {
      EXPECT_NE(answer.find("payload-too-big"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace bourse::xmpp
