#include "coordinator/ledger/memory_ledger.h"

#include "tests/coordinator/ledger/ledger_contract.h"

namespace weft::coordinator {
namespace {

class Fixture {
 public:
  std::unique_ptr<Ledger> Open() { return std::make_unique<MemoryLedger>(disk_); }

 private:
  MemoryDisk disk_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, LedgerContract, Fixture);

TEST(MemoryLedger, NoticesADamagedRecord) {
  MemoryDisk disk = {{"epoch", "\xff\xff"}};
  const auto records = MemoryLedger(disk).Load();
  ASSERT_FALSE(records.has_value());
  EXPECT_EQ(records.error().code(), ErrorCode::kDataLoss);
}

}  // namespace
}  // namespace weft::coordinator
