#include "agent/machine.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "agent/machine_offer.h"

namespace bourse::agent {
namespace {

namespace fs = std::filesystem;

// A root folder with the files of a machine.
class Root {
 public:
  explicit Root(const std::map<std::string, std::string>& files)
      : path_(fs::temp_directory_path() / ("bourse-machine-" + std::to_string(::getpid()))) {
    fs::remove_all(path_);
    for (const auto& [name, content] : files) {
      fs::create_directories((path_ / name).parent_path());
      std::ofstream(path_ / name) << content;
    }
  }
  ~Root() { fs::remove_all(path_); }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;
  [[nodiscard]] MachineSources sources() const { return {path_.string(), 8, 250'000'000'000, "x86_64"}; }

 private:
  fs::path path_;
};

std::map<std::string, std::string> desktop() {
  return {{"proc/meminfo", "MemTotal:       16384000 kB\nMemFree:  100 kB\n"},
          {"proc/cpuinfo",
           "processor\t: 0\nmodel name\t: Example CPU 3000\nflags\t\t: fpu aes avx2 sse4_2 nx\n\nprocessor\t: 1\n"},
          {"proc/sys/kernel/osrelease", "6.1.0-18-amd64\n"},
          {"proc/sys/kernel/hostname", "desk\n"},
          {"proc/self/cgroup", "0::/user.slice/session\n"},
          {"etc/os-release", "NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nID=debian\n"}};
}

TEST(Machine, ReadsWhatThereIs) {
  const Root root(desktop());
  const Machine machine = read_machine(root.sources());
  Machine expected;
  expected.cpu_milli = 8000;
  expected.memory_bytes = 16384000LL * 1024;
  expected.storage_bytes = 250'000'000'000;
  expected.arch = "x86_64";
  expected.os = "linux";
  expected.distribution = "debian";
  expected.distribution_version = "12";
  expected.kernel = "6.1.0-18-amd64";
  expected.hostname = "desk";
  expected.cpu_model = "Example CPU 3000";
  expected.cpu_flags = {"aes", "avx2", "sse4_2"};
  EXPECT_EQ(machine, expected);
}

TEST(Machine, ACgroupOrItsParentGivesLess) {
  auto files = desktop();
  files["sys/fs/cgroup/user.slice/session/cpu.max"] = "max 100000\n";
  files["sys/fs/cgroup/user.slice/cpu.max"] = "250000 100000\n";
  files["sys/fs/cgroup/user.slice/session/memory.max"] = "1073741824\n";
  files["sys/fs/cgroup/user.slice/memory.max"] = "max\n";
  const Root root(files);
  const Machine machine = read_machine(root.sources());
  EXPECT_EQ(machine.cpu_milli, 2500);
  EXPECT_EQ(machine.memory_bytes, 1073741824);
}

TEST(Machine, CountsGpus) {
  auto files = desktop();
  files["proc/driver/nvidia/gpus/0000:01:00.0/information"] = "Model: \t\t Tesla T4\nIRQ: 1\n";
  files["proc/driver/nvidia/gpus/0000:02:00.0/information"] = "Model: \t\t Tesla T4\nIRQ: 2\n";
  const Root root(files);
  EXPECT_EQ(read_machine(root.sources()).gpu_models, (std::vector<std::string>{"Tesla T4", "Tesla T4"}));
}

TEST(Machine, ArmFlags) {
  auto files = desktop();
  files["proc/cpuinfo"] = "processor\t: 0\nFeatures\t: fp asimd aes sve\n";
  const Root root(files);
  EXPECT_EQ(read_machine(root.sources()).cpu_flags, (std::vector<std::string>{"aes", "asimd", "sve"}));
}

TEST(Machine, AnEmptyRootIsNoFault) {
  const Root root(std::map<std::string, std::string>{{"nothing", ""}});
  const Machine machine = read_machine(root.sources());
  EXPECT_EQ(machine.cpu_milli, 8000);
  EXPECT_EQ(machine.memory_bytes, 0);
  EXPECT_TRUE(machine.gpu_models.empty());
}

TEST(Machine, ThisOneHasCoresAndMemory) {
  const Machine machine = read_machine(machine_sources("/"));
  EXPECT_GT(machine.cpu_milli, 0);
  EXPECT_GT(machine.memory_bytes, 0);
  EXPECT_FALSE(machine.arch.empty());
  EXPECT_FALSE(machine.hostname.empty());
}

Machine sample() {
  Machine machine;
  machine.cpu_milli = 8000;
  machine.memory_bytes = (16LL << 30) + 12345;
  machine.storage_bytes = (200LL << 30) + 999;
  machine.arch = "x86_64";
  machine.os = "linux";
  machine.hostname = "desk";
  machine.cpu_flags = {"aes", "avx2"};
  machine.gpu_models = {"T4", "T4", "V100"};
  return machine;
}

base::Config config_of(const std::string& toml) {
  base::Config config(kOfferKeys);
  const auto added = config.add_file("agent.toml", toml);
  EXPECT_TRUE(added.ok());
  return config;
}

struct Case {
  const char* name;
  const char* toml;
  std::string expected;  // resources, or the error's beginning
};
class Offered : public testing::TestWithParam<Case> {};
TEST_P(Offered, Resources) {
  const auto offer = machine_offer(config_of(GetParam().toml), sample());
  std::string text;
  if (offer) {
    for (const auto& entry : offer->resources.entries()) {
      text += entry.name + "=" + domain::format_quantity(entry.name, entry.amount) + " ";
    }
    text += offer->gpu_model;
  } else {
    text = offer.error().text.substr(0, GetParam().expected.size());
  }
  EXPECT_EQ(text, GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Table, Offered,
    testing::Values(
        Case{"all_of_it_rounded", "", "cpu=8 gpu=2 memory=16Gi storage=200Gi T4"},
        Case{"settings_replace", "[offer]\ncpu = 4\nmemory = \"2Gi\"\nstorage = 0\ngpu = 0\n", "cpu=4 memory=2Gi "},
        Case{"reserve_is_kept", "[offer.reserve]\ncpu = 2\nmemory = \"4Gi\"\nstorage = \"1Ti\"\n",
             "cpu=6 gpu=2 memory=12Gi T4"},
        Case{"model_replaced", "[offer]\ngpu-model = \"Tesla\"\n", "cpu=8 gpu=2 memory=16Gi storage=200Gi Tesla"},
        Case{"bad_quantity", "[offer]\nmemory = \"2GiB\"\n", "agent.toml:2: offer.memory: "},
        Case{"bad_reserve", "[offer.reserve]\ncpu = -1\n", "agent.toml:2: offer.reserve.cpu: "},
        Case{"bad_filter", "[offer]\nserves = \"(domain=\"\n", "agent.toml:2: offer.serves: "},
        Case{"bad_attribute", "[offer.attributes]\n\"UP PER\" = 1\n", "agent.toml:2: offer.attributes.UP PER: "}),
    [](const auto& at) { return at.param.name; });

TEST(Offered, AttributesOfTheMachineAndOfTheSettings) {
  const auto offer = machine_offer(
      config_of("[offer.attributes]\nos = \"plan9\"\nzone = \"north\"\n[offer]\nservices = [\"r=4.2:3\"]\n"), sample());
  ASSERT_TRUE(offer.ok()) << offer.error().text;
  std::string text;
  for (const auto& attribute : offer->attributes) text += attribute.name + "=" + attribute.text + " ";
  EXPECT_EQ(text, "arch=x86_64 cpu.flag=aes cpu.flag=avx2 os=plan9 zone=north ");
  EXPECT_EQ(offer->services, (std::vector<domain::Service>{{"r", "4.2", "", 3}}));
  EXPECT_TRUE(domain::validate(*offer, base::Timestamp{}).ok());
}

struct TermsCase {
  const char* name;
  const char* toml;
  bool hook;
  const char* error;  // its beginning; empty: none
  domain::Confirm confirm = domain::Confirm::kAuto;
};
class OfferedTerms : public testing::TestWithParam<TermsCase> {};
TEST_P(OfferedTerms, Confirm) {
  const auto& given = GetParam();
  const auto offer = machine_offer(config_of(given.toml), sample(), given.hook);
  if (*given.error != '\0') {
    ASSERT_FALSE(offer.ok());
    EXPECT_EQ(offer.error().text.rfind(given.error, 0), 0U) << offer.error().text;
    return;
  }
  ASSERT_TRUE(offer.ok()) << offer.error().text;
  EXPECT_EQ(offer->terms.confirm, given.confirm);
}
INSTANTIATE_TEST_SUITE_P(
    Table, OfferedTerms,
    testing::Values(
        TermsCase{"the_market_decides", "", false, ""},
        TermsCase{"a_program_decides", "", true, "", domain::Confirm::kManual},
        TermsCase{"a_person_decides", "[offer]\nconfirm = \"manual\"\n", false, "", domain::Confirm::kManual},
        TermsCase{"a_program_for_nothing", "[offer]\nconfirm = \"auto\"\n", true, "agent.toml:2: offer.confirm: "},
        TermsCase{"neither", "[offer]\nconfirm = \"maybe\"\n", false, "agent.toml:2: offer.confirm: "},
        TermsCase{"a_zone_alone", "[offer]\ntz = \"Europe/Berlin\"\n", false, "agent.toml:2: offer.tz: "},
        TermsCase{"bad_software", "[offer]\nservices = [\"r:4.2\"]\n", false, "agent.toml:2: offer.services: "},
        TermsCase{"bad_grace", "[offer]\ngrace = \"soon\"\n", false, "agent.toml:2: offer.grace: "}),
    [](const auto& at) { return at.param.name; });

TEST(Offered, ScheduleGraceAndDrain) {
  const auto offer = machine_offer(
      config_of("[offer]\nschedule = \"Sat-Sun\"\ntz = \"Europe/Berlin\"\ngrace = \"5m\"\ndrain = true\n"), sample());
  ASSERT_TRUE(offer.ok()) << offer.error().text;
  EXPECT_EQ(offer->schedule, (domain::Schedule{"Sat-Sun", "Europe/Berlin"}));
  EXPECT_EQ(offer->terms.grace, base::Duration(std::chrono::minutes(5)));
  EXPECT_TRUE(offer->terms.drain);
}

TEST(Offered, IdIsTheHostUnlessSet) {
  EXPECT_EQ(*offer_id(config_of(""), sample()), "desk");
  EXPECT_EQ(*offer_id(config_of("[offer]\nid = \"lab-1\"\n"), sample()), "lab-1");
  EXPECT_FALSE(offer_id(config_of("[offer]\nid = \"" + std::string(129, 'x') + "\"\n"), sample()).ok());
}

}  // namespace
}  // namespace bourse::agent
