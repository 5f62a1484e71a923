// Memory of a million subscriptions as a restart loads them, everything included: the entries, the index of addresses
// and the list of recipients that events share. Prints one JSON line: bin/subscriptions_bench [subscriptions].
#include <malloc.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "pubsub/nodes.h"

namespace {

using namespace bourse;

std::size_t allocated() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

domain::Jid subscriber(std::size_t i) {
  const std::string text = "subscriber-" + std::to_string(i) + "@users.example.org";
  return domain::Jid::parse(i % 4 == 0 ? text + "/desktop" : text).value();
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const std::size_t before = allocated();
  pubsub::Nodes nodes({"commons"}, {}, {}, true);
  const domain::NodeName offers{"commons/offers"};
  auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 1; i <= count; ++i) {
    pubsub::SubscriptionRow row{.node = offers, .subscriber = subscriber(i), .id = {i}};
    if (const auto status = nodes.load(std::move(row)); !status) {
      std::cerr << status.error().text << '\n';
      return EXIT_FAILURE;
    }
  }
  const double loading = seconds_since(start);
  start = std::chrono::steady_clock::now();
  const std::size_t told = nodes.recipients(offers).size();
  const double listing = seconds_since(start);
  const std::size_t bytes = allocated() - before;
  start = std::chrono::steady_clock::now();
  constexpr int kEvents = 1000;
  std::size_t shared = 0;
  for (int i = 0; i < kEvents; ++i) shared += nodes.recipients(offers).size();
  const double events = seconds_since(start);
  if (told != count || shared != count * kEvents || nodes.subscription_count() != count) {
    std::cerr << "lost subscriptions: " << told << " of " << count << '\n';
    return EXIT_FAILURE;
  }
  std::cout << "{\"subscriptions\":" << count << ",\"bytes\":" << bytes
            << ",\"bytes_per_subscription\":" << static_cast<double>(bytes) / static_cast<double>(count)
            << ",\"load_seconds\":" << loading << ",\"list_seconds\":" << listing
            << ",\"recipients_microseconds\":" << events * 1e6 / kEvents << "}\n";
  return EXIT_SUCCESS;
}
