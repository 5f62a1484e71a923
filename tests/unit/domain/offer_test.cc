#include "domain/offer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "domain/request.h"

namespace bourse::domain {
namespace {

using std::chrono::hours;

const base::Timestamp kNow{std::chrono::seconds(1'790'000'000)};

void add(Offer& offer, const std::string& name, const std::string& quantity) {
  ASSERT_TRUE(offer.resources.add(name, parse_quantity(name, quantity).value()).ok());
}

void describe(Offer& offer, const std::string& name, const std::string& text) {
  offer.attributes.push_back(make_attribute(name, text, infer_type(text)).value());
}

Offer sample() {
  Offer offer;
  add(offer, "cpu", "1500m");
  add(offer, "memory", "64Gi");
  add(offer, "gpu", "2");
  offer.gpu_model = "V100";
  describe(offer, "arch", "x86_64");
  describe(offer, "flag", "avx");
  describe(offer, "flag", "avx2");
  describe(offer, "kernel", "6.1.0");
  offer.services = {{"BLAST", "2.14", "https://example.org", 4}, {"jupyter", "", ""}};
  return offer;
}

struct Case {
  std::string name;
  std::function<void(Offer&)> change;
  base::Errc code;
  std::string says;
};

TEST(ValidateOffer, Good) {
  EXPECT_TRUE(validate(sample(), kNow).ok());
  Offer service_only;
  service_only.services = {{"jupyter", "", ""}};
  EXPECT_TRUE(validate(service_only, kNow).ok());
  Offer timed = sample();
  timed.terms.min_lease = timed.terms.max_lease = hours(1);
  timed.expires = kNow + base::Duration(1);
  EXPECT_TRUE(validate(timed, kNow).ok());
  Offer asked = sample();
  asked.terms.confirm = Confirm::kManual;
  asked.terms.grace = base::Duration(0);
  asked.terms.drain = true;
  EXPECT_TRUE(validate(asked, kNow).ok());
  Offer window = sample();
  window.schedule = {"Mon-Fri 18:00-08:00, Sat-Sun", "Europe/Berlin"};
  window.starts = kNow + hours(1);
  window.expires = kNow + hours(24 * 8);
  window.terms.min_lease = hours(1);
  EXPECT_TRUE(validate(window, kNow).ok());
  window.starts = kNow - hours(1);
  EXPECT_TRUE(validate(window, kNow).ok()) << "it began already";
  Offer limits = sample();
  limits.services.front().seats = kUnlimitedSeats;
  limits.terms.min_lease = limits.terms.max_lease = limits.terms.grace = kMaxDuration;
  limits.starts = kNow + kMaxAhead;
  limits.serves = Filter::parse("(|(domain=*.edu)(group=friends)(jid=ana@example.net))").value();
  EXPECT_TRUE(validate(limits, kNow).ok()) << validate(limits, kNow).error().text;
  Offer many_gpus;
  add(many_gpus, "gpu", "1024");
  EXPECT_TRUE(validate(many_gpus, kNow).ok());
}

TEST(ValidateOffer, Bad) {
  constexpr auto kInvalid = base::Errc::kInvalidPayload;
  const std::vector<Case> cases = {
      {"nothing to lend", [](Offer& o) { o = Offer(); }, kInvalid, "neither"},
      {"part of a gpu",
       [](Offer& o) {
         o.resources = {};
         add(o, "gpu", "1500m");
       },
       kInvalid, "whole gpus"},
      {"too many gpus",
       [](Offer& o) {
         o.resources = {};
         add(o, "gpu", "1025");
       },
       kInvalid, "at most 1024"},
      {"model without gpu",
       [](Offer& o) {
         o.resources = {};
         add(o, "cpu", "1");
       },
       kInvalid, "model"},
      {"bad model", [](Offer& o) { o.gpu_model = "a\nb"; }, kInvalid, "model"},
      {"too many resources",
       [](Offer& o) {
         for (int i = 0; i < 40; ++i) add(o, "r" + std::to_string(i), "1");
       },
       kInvalid, "more than 32"},
      {"too many attributes", [](Offer& o) { o.attributes.resize(129, o.attributes.front()); }, kInvalid, "128"},
      {"too many services", [](Offer& o) { o.services.resize(129, o.services.front()); }, kInvalid, "128"},
      {"attribute named as a resource", [](Offer& o) { describe(o, "cpu", "99"); }, kInvalid, "'cpu'"},
      {"… that is not there", [](Offer& o) { describe(o, "storage", "99"); }, kInvalid, "'storage'"},
      {"… in another case",
       [](Offer& o) {
         add(o, "FPGA", "1");
         describe(o, "fpga", "9");
       },
       kInvalid, "'fpga'"},
      {"attribute gpu.model", [](Offer& o) { describe(o, "gpu.model", "H100"); }, kInvalid, "'gpu.model'"},
      {"attribute service.x", [](Offer& o) { describe(o, "service.x", "1"); }, kInvalid, "'service.x'"},
      {"service without a name", [](Offer& o) { o.services.front().name.clear(); }, kInvalid, "service has no name"},
      {"service with a bad version", [](Offer& o) { o.services.front().version = "\xFF"; }, kInvalid, "BLAST"},
      {"service with a long uri", [](Offer& o) { o.services.front().uri = std::string(1025, 'u'); }, kInvalid, "uri"},
      {"bad extension", [](Offer& o) { o.extensions = {"\xFF"}; }, kInvalid, "extension"},
      {"negative min-lease", [](Offer& o) { o.terms.min_lease = -hours(1); }, kInvalid, "min-lease"},
      {"no max-lease at all", [](Offer& o) { o.terms.max_lease = hours(0); }, kInvalid, "max-lease"},
      {"min above max",
       [](Offer& o) {
         o.terms.min_lease = hours(2);
         o.terms.max_lease = hours(1);
       },
       kInvalid, "min-lease is longer"},
      {"expired", [](Offer& o) { o.expires = kNow; }, kInvalid, "expires"},
      {"max-lease of centuries", [](Offer& o) { o.terms.max_lease = hours(24 * 36'500); }, kInvalid, "max-lease"},
      {"min-lease of centuries", [](Offer& o) { o.terms.min_lease = hours(24 * 36'500); }, kInvalid, "min-lease"},
      {"grace of centuries", [](Offer& o) { o.terms.grace = hours(24 * 36'500); }, kInvalid, "grace"},
      {"negative grace", [](Offer& o) { o.terms.grace = -hours(1); }, kInvalid, "grace"},
      {"starts in centuries", [](Offer& o) { o.starts = kNow + kMaxAhead + base::Duration(1); }, kInvalid, "starts"},
      {"starts when it expires", [](Offer& o) { o.starts = o.expires = kNow + hours(1); }, kInvalid, "starts"},
      {"window shorter than min-lease",
       [](Offer& o) {
         o.starts = kNow + hours(1);
         o.expires = kNow + hours(2);
         o.terms.min_lease = hours(2);
       },
       kInvalid, "min-lease"},
      {"no such zone",
       [](Offer& o) {
         o.schedule = {"Sat-Sun", "Europe/Atlantis"};
       },
       kInvalid, "schedule"},
      {"zone alone", [](Offer& o) { o.schedule.zone = "Europe/Berlin"; }, kInvalid, "schedule"},
      {"no schedule at all", [](Offer& o) { o.schedule.text = "on weekends"; }, kInvalid, "schedule"},
      {"schedule that never opens", [](Offer& o) { o.schedule.text = "Mon 24:00-24:00"; }, kInvalid, "schedule"},
      {"schedule that opens too late",  // kNow is a Monday
       [](Offer& o) {
         o.schedule.text = "Sat";
         o.expires = kNow + hours(48);
       },
       kInvalid, "schedule: it does not open"},
      {"too many seats", [](Offer& o) { o.services.front().seats = kUnlimitedSeats + 1; }, kInvalid, "seats"},
      {"a resource that is a service", [](Offer& o) { add(o, "service/blast", "1"); }, kInvalid, "'service/blast'"},
      {"… in another case", [](Offer& o) { add(o, "Service/blast", "1"); }, kInvalid, "'Service/blast'"},
      {"a resource twice but for case", [](Offer& o) { add(o, "FPGA", "1"), add(o, "fpga", "1"); }, kInvalid, "'fpga'"},
      {"cpu in upper case", [](Offer& o) { add(o, "CPU", "1"); }, kInvalid, "'CPU'"},
      {"hugepages in upper case", [](Offer& o) { add(o, "HugePages-2Mi", "1"); }, kInvalid, "'HugePages-2Mi'"},
      {"attribute hugepages-1gi", [](Offer& o) { describe(o, "hugepages-1gi", "1"); }, kInvalid, "'hugepages-1gi'"},
      {"attribute service", [](Offer& o) { describe(o, "service", "blast"); }, kInvalid, "'service'"},
      {"attribute provider", [](Offer& o) { describe(o, "provider", "a@b"); }, kInvalid, "'provider'"},
      {"attribute domain", [](Offer& o) { describe(o, "domain", "mit.edu"); }, kInvalid, "'domain'"},
      {"attribute jid", [](Offer& o) { describe(o, "jid", "a@b"); }, kInvalid, "'jid'"},
      {"attribute group", [](Offer& o) { describe(o, "group", "friends"); }, kInvalid, "'group'"},
      {"serves nobody", [](Offer& o) { o.serves = Filter::parse("(&(jid=a@b)(jid=c@d))").value(); }, kInvalid,
       "serves"},
  };
  for (const auto& test : cases) {
    Offer offer = sample();
    test.change(offer);
    const auto status = validate(offer, kNow);
    ASSERT_FALSE(status.ok()) << test.name;
    EXPECT_EQ(status.error().code, test.code) << test.name;
    EXPECT_NE(status.error().text.find(test.says), std::string::npos) << test.name << ": " << status.error().text;
  }
}

struct LookupCase {
  std::string name;
  std::vector<AttributeValue> expected;
};

TEST(Lookup, Table) {
  Offer offer = sample();
  add(offer, "hugepages-2Mi", "4Mi");
  const std::vector<LookupCase> cases = {
      {"cpu", {1.5}},
      {"memory", {68719476736.0}},
      {"gpu", {2.0}},
      {"gpu.model", {"V100"}},
      {"hugepages-2mi", {4194304.0}},
      {"arch", {"x86_64"}},
      {"flag", {"avx", "avx2"}},
      {"kernel", {Version{"6.1.0"}}},
      {"service", {"BLAST", "jupyter"}},
      {"service.blast", {Version{"2.14"}}},
      {"service.jupyter", {}},
      {"service.", {}},
      {"storage", {}},
      {"", {}},
  };
  for (const auto& test : cases) EXPECT_EQ(lookup(offer, test.name), test.expected) << test.name;
}

TEST(Lookup, FeedsFilters) {
  const Offer offer = sample();
  const auto source = [&offer](std::string_view name) { return lookup(offer, name); };
  EXPECT_TRUE(Filter::parse("(&(arch=x86_64)(|(gpu.model=V100)(gpu.model=T4))(memory>=64Gi))")->accepts(source));
  EXPECT_TRUE(Filter::parse("(&(service.blast>=2.9)(service=blast)(cpu>=1500m))")->accepts(source));
  EXPECT_FALSE(Filter::parse("(service.blast>=2.15)")->accepts(source));
  EXPECT_FALSE(Filter::parse("(!(storage>=1))")->accepts(source)) << "undefined, and so is its negation";
}

TEST(ServiceResource, IsAResourceNameAndOnesOwn) {
  EXPECT_EQ(service_resource("blast"), "service/blast");
  EXPECT_EQ(service_resource("BLAST"), "service/blast");
  EXPECT_EQ(service_resource("gcc-12_x.y"), "service/gcc-12_x.y");
  const std::vector<std::string> names = {"c++",
                                          "c#",
                                          "c",
                                          "c-",
                                          "-c",
                                          "R",
                                          "r s",
                                          "r-s",
                                          "r/s",
                                          "",
                                          "東京",
                                          "京都",
                                          "service/",
                                          std::string(63, 'a'),
                                          std::string(64, 'a'),
                                          std::string(1024, 'a'),
                                          std::string(1024, 'a') + "b"};
  Resources all;
  for (const auto& name : names) {
    const auto added = all.add(service_resource(name), 1);
    EXPECT_TRUE(added.ok()) << name << ": " << added.error().text;
  }
  // The database keeps them.
  EXPECT_EQ(service_resource("c++"), "service/c-xf6d0cc190dae8bb0");
}

TEST(CapacityOf, CountsSeats) {
  Offer offer;
  add(offer, "cpu", "4");
  EXPECT_EQ(capacity_of(offer), offer.resources);
  offer.services = {{"matlab", "2024.1", "", 3},
                    {"MATLAB", "2023.2", "", 1},
                    {"jupyter", "", "", 0},
                    {"open", "1", "", 5},
                    {"open", "2", "", 0}};
  const Resources capacity = capacity_of(offer);
  EXPECT_EQ(capacity.amount("cpu"), 4000);
  EXPECT_EQ(capacity.amount("service/matlab"), 4000);
  EXPECT_EQ(capacity.amount("service/jupyter"), std::int64_t{kUnlimitedSeats} * kMilli);
  EXPECT_EQ(capacity.amount("service/open"), std::int64_t{kUnlimitedSeats} * kMilli);
  EXPECT_EQ(capacity.entries().size(), 4U);
}

}  // namespace
}  // namespace bourse::domain
