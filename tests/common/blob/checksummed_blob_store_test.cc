#include "common/blob/checksummed_blob_store.h"

#include "common/blob/memory_blob_store.h"
#include "tests/common/blob/blob_store_contract.h"

namespace weft {
namespace {

class Fixture {
 public:
  Fixture() {
    auto inner = std::make_unique<MemoryBlobStore>();
    inner_ = inner.get();
    store_ = std::make_unique<ChecksummedBlobStore>(std::move(inner));
  }
  BlobStore& Store() { return *store_; }
  BlobStore& Inner() { return *inner_; }

 private:
  BlobStore* inner_;
  std::unique_ptr<BlobStore> store_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Checksummed, BlobStoreContract, Fixture);

void ExpectDataLoss(Fixture& fixture, const std::string& damaged) {
  ASSERT_TRUE(fixture.Inner().DeletePrefix("a"));
  ASSERT_TRUE(fixture.Inner().Put("a", damaged));
  const auto blob = fixture.Store().Get("a");
  ASSERT_FALSE(blob.has_value());
  EXPECT_EQ(blob.error().code(), ErrorCode::kDataLoss);
}

TEST(ChecksummedBlobStore, NoticesAnyFlippedByte) {
  Fixture fixture;
  ASSERT_TRUE(fixture.Store().Put("a", "some bytes"));
  const std::string stored = fixture.Inner().Get("a").value();
  for (std::size_t i = 0; i < stored.size(); ++i) {
    std::string damaged = stored;
    damaged[i] ^= 0x10;
    ExpectDataLoss(fixture, damaged);
  }
}

TEST(ChecksummedBlobStore, NoticesABlobThatIsCutShort) {
  Fixture fixture;
  ASSERT_TRUE(fixture.Store().Put("a", "some bytes"));
  const std::string stored = fixture.Inner().Get("a").value();
  for (std::size_t size = 0; size < stored.size(); ++size) {
    ExpectDataLoss(fixture, stored.substr(0, size));
  }
}

}  // namespace
}  // namespace weft
