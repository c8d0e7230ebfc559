#include "coordinator/server/blob_witness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"
#include "common/checksum.h"

namespace weft::coordinator {
namespace {

using ::testing::HasSubstr;

v1::BlobRef Claim(const std::string& key, const std::string& bytes) {
  v1::BlobRef claim;
  claim.set_key(key);
  claim.set_size_bytes(bytes.size());
  claim.set_checksum(Xxh3(bytes));
  return claim;
}

TEST(BlobWitness, ConfirmsWhatWasPutThroughIt) {
  BlobWitness witness(std::make_unique<MemoryBlobStore>());
  ASSERT_TRUE(witness.Put("a", "frames"));
  EXPECT_TRUE(witness.Confirm(Claim("a", "frames")));
}

TEST(BlobWitness, ReadsWhatItHasNotSeen) {
  auto store = std::make_unique<MemoryBlobStore>();
  ASSERT_TRUE(store->Put("a", "frames"));  // In an earlier life.
  BlobWitness witness(std::move(store));
  EXPECT_TRUE(witness.Confirm(Claim("a", "frames")));
  EXPECT_FALSE(witness.Confirm(Claim("a", "fremes")));
}

TEST(BlobWitness, SaysWhatIsOtherThanClaimed) {
  BlobWitness witness(std::make_unique<MemoryBlobStore>());
  ASSERT_TRUE(witness.Put("a", "frames"));
  EXPECT_EQ(witness.Confirm(Claim("b", "frames")).error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(witness.Confirm(Claim("a", "frame")).error().message(), HasSubstr("6 bytes, not 5"));
  EXPECT_THAT(witness.Confirm(Claim("a", "fremes")).error().message(), HasSubstr("checksum"));
}

TEST(BlobWitness, ForgetsWhatIsDeleted) {
  BlobWitness witness(std::make_unique<MemoryBlobStore>());
  ASSERT_TRUE(witness.Put("j/a", "frames"));
  ASSERT_TRUE(witness.Put("k/a", "frames"));
  ASSERT_TRUE(witness.DeletePrefix("j/"));
  EXPECT_EQ(witness.Confirm(Claim("j/a", "frames")).error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(witness.Confirm(Claim("k/a", "frames")));
}

}  // namespace
}  // namespace weft::coordinator
