#include "bench/grants/workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.h"

namespace bourse::bench {
namespace {

constexpr std::int64_t kGiB = std::int64_t{1} << 30;

struct Attributes {
  std::string arch;
  int os_version = 0;
  std::string model;
  std::string site;
  std::string rack;
  int speed = 0;
  std::string tier;
};

// Site and rack tell the 10,000 apart; the rest is as mixed as in a real market.
Attributes attributes_of(std::uint64_t offer) {
  const std::uint64_t signature = offer % kSignatures;
  const std::uint64_t dice = mixed(signature);
  return {.arch = dice % 5 == 0 ? "arm64" : "x86_64",
          .os_version = static_cast<int>(9 + dice / 5 % 5),
          .model = "m" + std::to_string(dice / 25 % 40),
          .site = "s" + std::to_string(signature % 250),
          .rack = "r" + std::to_string(signature / 250),
          .speed = static_cast<int>(10 + dice / 1000 % 90),
          .tier = dice / 90'000 % 10 < 3 ? "small" : "large"};
}

double unit(std::uint64_t dice) { return static_cast<double>(dice >> 11) / 9007199254740992.0; }

Amounts anti_correlated(std::uint64_t offer) {
  std::array<double, 4> share{};
  double sum = 0;
  for (std::size_t i = 0; i < share.size(); ++i) {
    share[i] = 0.02 - std::log(1 - unit(mixed(offer * 4 + i)));
    sum += share[i];
  }
  for (auto& one : share) one /= sum;
  return {.cpu = 1 + static_cast<std::int64_t>(share[0] * 256'000),
          .memory = 1 + static_cast<std::int64_t>(share[1] * 1024 * static_cast<double>(kGiB)),
          .storage = 1 + static_cast<std::int64_t>(share[2] * 8192 * static_cast<double>(kGiB)),
          .bandwidth = 1 + static_cast<std::int64_t>(share[3] * 40'000'000)};
}

Amounts usual(std::uint64_t offer) {
  static constexpr std::array kCores{2, 4, 4, 8, 8, 8, 12, 16, 16, 24, 32, 48, 64, 96, 128};
  const std::uint64_t dice = mixed(offer + 77);
  const std::int64_t cores = kCores[dice % kCores.size()];
  const std::int64_t each = std::int64_t{1} << (dice / 16 % 4);  // GiB a core
  return {.cpu = cores * 1000 - static_cast<std::int64_t>(dice / 64 % 8) * cores * 100,
          .memory = cores * each * kGiB - static_cast<std::int64_t>(dice / 512 % 64) * cores * (kGiB / 128),
          .storage = static_cast<std::int64_t>(20 + dice / 32768 % 4000) * kGiB,
          .bandwidth = static_cast<std::int64_t>(10 + dice / 1048576 % 10'000) * 1000};
}

}  // namespace

std::uint64_t mixed(std::uint64_t number) {
  number += 0x9e3779b97f4a7c15U;
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9U;
  number = (number ^ (number >> 27)) * 0x94d049bb133111ebU;
  return number ^ (number >> 31);
}

Amounts amounts_of(std::uint64_t offer, Shape shape) {
  if (shape == Shape::kAntiCorrelated) return anti_correlated(offer);
  auto amounts = usual(offer);
  if (shape == Shape::kSmallThird && attributes_of(offer).tier == "small") {
    amounts.cpu = std::min<std::int64_t>(amounts.cpu, 4000 + amounts.cpu / 100);
  }
  return amounts;
}

domain::Resources resources_of(const Amounts& amounts) {
  domain::Resources resources;
  BOURSE_CHECK(resources.add("cpu", amounts.cpu).ok());
  BOURSE_CHECK(resources.add("memory", amounts.memory).ok());
  BOURSE_CHECK(resources.add("storage", amounts.storage).ok());
  BOURSE_CHECK(resources.add("bandwidth", amounts.bandwidth).ok());
  return resources;
}

domain::Offer offer_of(std::uint64_t offer, Shape shape) {
  const auto said = attributes_of(offer);
  domain::Offer content;
  content.resources = resources_of(amounts_of(offer, shape));
  const std::pair<const char*, std::string> texts[] = {{"arch", said.arch},       {"os", "linux"},
                                                       {"cpu.model", said.model}, {"site", said.site},
                                                       {"rack", said.rack},       {"tier", said.tier}};
  for (const auto& [name, text] : texts) {
    content.attributes.push_back(domain::make_attribute(name, text, domain::AttributeType::kString).value());
  }
  for (const auto& [name, number] : {std::pair{"os.version", said.os_version}, {"speed", said.speed}}) {
    content.attributes.push_back(
        domain::make_attribute(name, std::to_string(number), domain::AttributeType::kNumber).value());
  }
  return content;
}

domain::Jid provider_of(std::uint64_t offer) {
  const std::uint64_t provider = offer % kProviders;
  return domain::Jid::parse(fmt::format("provider{}@d{}.example", provider, provider % 1000)).value();
}

domain::Jid consumer_of(std::uint64_t request) {
  return domain::Jid::parse(fmt::format("consumer{}@example.org", request % kConsumers)).value();
}

domain::Filter constraint_of(std::uint64_t number) {
  const std::uint64_t dice = mixed(number + 999);
  std::string text;
  switch (number % 4) {
    case 0:
      text = fmt::format("(&(arch=x86_64)(os.version>={})(site=s{}))", 9 + dice % 3, dice / 3 % 250);
      break;
    case 1:
      text = fmt::format("(&(arch=x86_64)(os.version>={})(!(cpu.model=m{})))", 9 + dice % 4, dice / 4 % 40);
      break;
    case 2:
      text = fmt::format("(&(os=linux)(|(cpu.model=m{})(cpu.model=m{})))", dice % 40, dice / 40 % 40);
      break;
    default:
      text = fmt::format("(&(arch=x86_64)(os.version>={})(speed>={}))", 9 + dice % 4, 20 + dice / 4 % 70);
  }
  return domain::Filter::parse(text).value();
}

domain::Request request_of(std::uint64_t number) {
  const std::uint64_t dice = mixed(number * 2 + 1);
  const auto cpu = static_cast<std::int64_t>(500 + dice % 32 * 250);
  domain::Request request;
  request.resources = resources_of({.cpu = cpu,
                                    .memory = cpu * static_cast<std::int64_t>(1 + dice / 32 % 4) * (kGiB / 1024),
                                    .storage = static_cast<std::int64_t>(1 + dice / 128 % 100) * kGiB,
                                    .bandwidth = static_cast<std::int64_t>(1 + dice / 16384 % 500) * 1000});
  request.needs = constraint_of(dice / 16'777'216 % kConstraints);
  return request;
}

std::string peer_line(std::uint64_t offer) {
  const auto amounts = amounts_of(offer, Shape::kUsual);
  const auto said = attributes_of(offer);
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\tlinux\t{}\t{}\t{}\t{}\t{}\t{}\n", offer + 1,
                     provider_of(offer).text(), amounts.cpu, amounts.memory, amounts.storage, amounts.bandwidth,
                     said.arch, said.os_version, said.model, said.site, said.rack, said.speed, said.tier);
}

}  // namespace bourse::bench
