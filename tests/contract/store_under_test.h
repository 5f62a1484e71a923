// Purpose: the implementations that keep the contract of market::Store and market::Reader, behind one face.
// Lifetime: one per test, with an empty pool `commons`. Threads: the test's.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "batches.h"
#include "market/reader.h"
#include "market/store.h"

namespace bourse::test {

class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual market::Store& store() = 0;
  // Another process's store on the same data.
  virtual market::Store& second_store() = 0;
  virtual market::Reader& reader() = 0;
  // The clock that expires items and subscriptions; the database's is the real one.
  [[nodiscard]] virtual base::Timestamp now() const = 0;
  // Lets the lease run out.
  virtual void expire_lease() = 0;
};

enum class Kind { kFake, kPostgres };
[[nodiscard]] std::unique_ptr<StoreUnderTest> make_store_under_test(Kind kind);
[[nodiscard]] std::string name_of(const testing::TestParamInfo<Kind>& info);

// The contract's fixture: a pool held by "first", and batches that number themselves.
class StoreContract : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override;

  [[nodiscard]] market::Batch batch();
  market::CommitResult commit(market::Batch batch);
  // Commits and expects that it is durable.
  void write(market::Batch batch);
  // The state as another holder of the pool would find it (by the same name, so at once).
  [[nodiscard]] Loaded reload();

  std::unique_ptr<StoreUnderTest> under_test_;
  market::Lease lease_;
};

inline const market::Viewer kOperator{{}, true};

}  // namespace bourse::test
