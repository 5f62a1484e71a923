#include "xmpp/payload_log.h"

#include <gtest/gtest.h>

#include <string>

#include "audit/tlog_proof.h"
#include "parsed_xml.h"

namespace bourse::xmpp {
namespace {

std::string receipt(std::size_t hashes) {
  std::string xml = "<log xmlns='urn:bourse:market:1'><receipts><receipt index='17'><entry>YW4gZW50cnk=</entry>";
  for (std::size_t i = 0; i < hashes; ++i) xml += "<hash>ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=</hash>";
  return xml + "</receipt></receipts></log>";
}

// What is read here is printed by format_tlog_proof(), which takes more for a fault of the program.
TEST(PayloadLog, AReceiptHasNoLongerPathThanAnyTreeHas) {
  const auto longest = parse_log(*ParsedXml(receipt(63)));
  ASSERT_TRUE(longest.ok()) << longest.error().text;
  audit::TlogProof proof;
  proof.extra = longest->receipts[0].entry;
  proof.index = longest->receipts[0].index.value;
  for (const auto& hash : longest->receipts[0].hashes) proof.inclusion.push_back(audit::hash_of_bytes(hash));
  EXPECT_FALSE(audit::format_tlog_proof(proof).empty());
  for (const std::size_t hashes : {64U, 128U, 129U}) {
    SCOPED_TRACE(hashes);
    const auto read = parse_log(*ParsedXml(receipt(hashes)));
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code, base::Errc::kInvalidPayload);
  }
}

}  // namespace
}  // namespace bourse::xmpp
