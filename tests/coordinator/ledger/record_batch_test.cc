#include "coordinator/ledger/record_batch.h"

#include <utility>

#include <gtest/gtest.h>

#include "coordinator/ledger/record_bytes.h"

namespace weft::coordinator {
namespace {

Record Epoch(std::uint64_t number) {
  v1::EpochRecord epoch;
  epoch.set_epoch(number);
  return ToRecord(std::move(epoch));
}

TEST(RecordBatch, HoldsRecordsAndBytesInTheirOrder) {
  RecordBatch batch = {Epoch(7)};
  batch.Add("key", "bytes");
  batch.Add("nothing", "");
  batch.Add(Epoch(8));
  ASSERT_EQ(batch.size(), 4U);
  EXPECT_EQ(batch.At(0).key, "epoch");
  EXPECT_EQ(FromBytes("epoch", batch.At(0).bytes)->epoch().epoch(), 7U);
  EXPECT_EQ(batch.At(1).key, "key");
  EXPECT_EQ(batch.At(1).bytes, "bytes");
  EXPECT_EQ(batch.At(2).key, "nothing");
  EXPECT_EQ(batch.At(2).bytes, "");
  EXPECT_EQ(FromBytes("epoch", batch.At(3).bytes)->epoch().epoch(), 8U);
}

TEST(RecordBatch, StartsAnewOnceItIsCleared) {
  RecordBatch batch = {Epoch(7)};
  EXPECT_FALSE(batch.empty());
  batch.clear();
  EXPECT_TRUE(batch.empty());
  batch.Add("key", "bytes");
  ASSERT_EQ(batch.size(), 1U);
  EXPECT_EQ(batch.At(0).key, "key");
  EXPECT_EQ(batch.At(0).bytes, "bytes");
}

}  // namespace
}  // namespace weft::coordinator
