#include "cli/csv_mapping.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "cli/output.h"

namespace bourse::cli {
namespace {

constexpr const char* kOffers = R"toml(
kind = "offer"
[id]
column = "host"
prefix = "rack-"
[resources.cpu]
column = "milli"
unit = "m"
[resources.memory]
column = "mib"
unit = "Mi"
[resources.gpu]
column = "gpus"
[gpu-model]
column = "card"
[attributes]
zone = "where"
[constants]
arch = "x86_64"
[terms]
divisible = false
max-lease = "8h"
)toml";
constexpr const char* kOffersHeader = "host,milli,mib,gpus,card,where\n";

constexpr const char* kRequests = R"toml(
kind = "request"
[id]
column = "task"
[resources.cpu]
column = "milli"
unit = "m"
[gpu]
count-column = "gpus"
milli-column = "share"
[gpu-model]
column = "cards"
[needs]
filter = "(arch=x86_64)"
)toml";
constexpr const char* kRequestsHeader = "task,milli,gpus,share,cards\n";

CsvMapping bound(const char* toml, const char* header) {
  auto mapping = CsvMapping::parse("m.toml", toml);
  EXPECT_TRUE(mapping.ok());
  const auto row = CsvReader(header).next();
  const auto status = mapping->bind(*row);
  EXPECT_TRUE(status.ok());
  return std::move(*mapping);
}

CsvRow row_of(const char* text) {
  auto row = *CsvReader(text).next();
  row.line = 7;
  return row;
}

struct Case {
  const char* name;
  const char* row;
  std::string expected;  // the outcome in one line, or the error
};

std::string describe(const base::Result<ImportedOffer>& made) {
  if (!made) return made.error().text;
  std::string text = made->id + ": " + summary(made->offer.resources, made->offer.gpu_model);
  for (const auto& attribute : made->offer.attributes) text += "; " + attribute.name + "=" + attribute.text;
  return text;
}

std::string describe(const base::Result<ImportedRequest>& made) {
  if (!made) return made.error().text;
  return made->id + ": " + summary(made->request.resources) + "; " + made->request.needs.text();
}

class OfferRow : public testing::TestWithParam<Case> {};
TEST_P(OfferRow, Maps) {
  EXPECT_EQ(describe(bound(kOffers, kOffersHeader).offer(row_of(GetParam().row))), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(Table, OfferRow,
                         testing::Values(Case{"whole", "a,32000,1024,2,T4,north",
                                              "rack-a: cpu 32, gpu 2 T4, memory 1Gi; arch=x86_64; zone=north"},
                                         Case{"no_gpu", "b,500,512,0,T4,",
                                              "rack-b: cpu 500m, memory 512Mi; arch=x86_64"},
                                         Case{"empty_amount", "b,500,,0,,", "rack-b: cpu 500m; arch=x86_64"},
                                         Case{"too_few_fields", "a,32000", "7:1: the row has 2 fields, the header 6"}),
                         [](const auto& at) { return at.param.name; });

TEST(OfferRow, KeepsTheTerms) {
  const auto made = bound(kOffers, kOffersHeader).offer(row_of("a,1000,1,0,,"));
  ASSERT_TRUE(made.ok());
  EXPECT_FALSE(made->offer.terms.divisible);
  EXPECT_EQ(made->offer.terms.max_lease, base::Duration(std::chrono::hours(8)));
}

struct BadCase {
  const char* name;
  const char* row;
  const char* begins;
};
class BadOfferRow : public testing::TestWithParam<BadCase> {};
TEST_P(BadOfferRow, NamesLineAndColumn) {
  const auto made = bound(kOffers, kOffersHeader).offer(row_of(GetParam().row));
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().text.rfind(GetParam().begins, 0), 0U) << made.error().text;
}
INSTANTIATE_TEST_SUITE_P(Table, BadOfferRow,
                         testing::Values(BadCase{"text_for_cpu", "a,many,1,0,,", "7:3: milli: "},
                                         BadCase{"negative", "a,-5,1,0,,", "7:3: milli: "},
                                         BadCase{"overflow", "a,1,99999999999999999999,0,,", "7:5: mib: "},
                                         BadCase{"gpu_text", "a,1,1,x,,", "7:7: gpus: "}),
                         [](const auto& at) { return at.param.name; });

class RequestRow : public testing::TestWithParam<Case> {};
TEST_P(RequestRow, Maps) {
  EXPECT_EQ(describe(bound(kRequests, kRequestsHeader).request(row_of(GetParam().row), std::chrono::hours(2))),
            GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Table, RequestRow,
    testing::Values(
        Case{"no_gpu", "t1,4000,0,0,", "t1: cpu 4; (arch=x86_64)"},
        Case{"whole_gpus", "t2,4000,8,1000,", "t2: cpu 4, gpu 8; (arch=x86_64)"},
        Case{"part_of_one", "t3,4000,1,460,", "t3: cpu 4, gpu 460m; (arch=x86_64)"},
        Case{"one_model", "t4,1,1,1000,T4", "t4: cpu 1m, gpu 1; (&(arch=x86_64)(gpu.model=T4))"},
        Case{"two_models", "t5,1,1,1000,A|B", "t5: cpu 1m, gpu 1; (&(arch=x86_64)(|(gpu.model=A)(gpu.model=B)))"},
        Case{"model_is_escaped", "t6,1,1,1000,A*(x)", "t6: cpu 1m, gpu 1; (&(arch=x86_64)(gpu.model=A\\2a\\28x\\29))"},
        Case{"share_of_many", "t7,1,2,500,", "7:8: 2 gpus cannot each be asked for in part"},
        Case{"share_too_big", "t8,1,1,1001,", "7:8: a share of a gpu is from 1 to 1000 milli"},
        Case{"share_zero", "t9,1,1,0,", "7:8: a share of a gpu is from 1 to 1000 milli"},
        Case{"count_text", "t9,1,x,0,", "7:6: 'x' is not a whole number"}),
    [](const auto& at) { return at.param.name; });

TEST(RequestRow, TakesTheDurationGiven) {
  const auto made = bound(kRequests, kRequestsHeader).request(row_of("t,1,0,0,"), std::chrono::hours(2));
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->request.duration, std::chrono::hours(2));
}

class BadMapping : public testing::TestWithParam<Case> {};
TEST_P(BadMapping, IsRefused) {
  const auto mapping = CsvMapping::parse("m.toml", GetParam().row);
  ASSERT_FALSE(mapping.ok());
  EXPECT_EQ(mapping.error().text, GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Table, BadMapping,
    testing::Values(Case{"no_kind", "[resources.cpu]\ncolumn = \"c\"\n", "kind: '' is not one of offer, request"},
                    Case{"no_resource", "kind = \"offer\"\n", "m.toml: maps no resource"},
                    Case{"unknown_key", "kind = \"offer\"\n[id]\ncolum = \"x\"\n",
                         "m.toml:3: no such setting: id.colum; did you mean id.column?"},
                    Case{"no_column", "kind = \"offer\"\n[resources.cpu]\nunit = \"m\"\n",
                         "m.toml: [resources.cpu] names no column"},
                    Case{"milli_alone",
                         "kind = \"request\"\n[resources.cpu]\ncolumn = \"c\"\n[gpu]\nmilli-column = \"s\"\n",
                         "m.toml: [gpu] milli-column needs a count-column too"}),
    [](const auto& at) { return at.param.name; });

TEST(BadMapping, NamesTheColumnTheFileDoesNotHave) {
  auto mapping = CsvMapping::parse("m.toml", kOffers);
  ASSERT_TRUE(mapping.ok());
  const auto status = mapping->bind(row_of("host,milli,mib,card,where"));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().text, "m.toml: the CSV file has no column 'gpus'; it has host, milli, mib, card, where");
}

// The mappings that come with the repository, on rows made in the form of the trace.
std::string shipped(const char* name) {
  std::ifstream file(std::string(BOURSE_SOURCE_DIR) + "/ops/import/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ShippedMapping, Nodes) {
  const std::string toml = shipped("openb_nodes.toml");
  const auto mapping = bound(toml.c_str(), "sn,cpu_milli,memory_mib,gpu,model\n");
  EXPECT_EQ(describe(mapping.offer(row_of("n1,96000,393216,8,V100"))), "n1: cpu 96, gpu 8 V100, memory 384Gi");
  EXPECT_EQ(describe(mapping.offer(row_of("n2,32000,262144,0,"))), "n2: cpu 32, memory 256Gi");
}

TEST(ShippedMapping, Pods) {
  const std::string toml = shipped("openb_pods.toml");
  const auto mapping = bound(toml.c_str(),
                             "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,"
                             "deletion_time,scheduled_time\n");
  const auto hour = std::chrono::hours(1);
  EXPECT_EQ(describe(mapping.request(row_of("p1,12000,16384,1,460,,LS,Running,0,1,0"), hour)),
            "p1: cpu 12, gpu 460m, memory 16Gi; ");
  EXPECT_EQ(describe(mapping.request(row_of("p2,12000,16384,2,1000,P100|T4,LS,Running,0,1,0"), hour)),
            "p2: cpu 12, gpu 2, memory 16Gi; (|(gpu.model=P100)(gpu.model=T4))");
  EXPECT_EQ(describe(mapping.request(row_of("p3,12000,16384,0,0,,BE,Pending,0,1,"), hour)),
            "p3: cpu 12, memory 16Gi; ");
}

}  // namespace
}  // namespace bourse::cli
