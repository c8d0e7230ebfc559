#include "common/blob/memory_blob_store.h"

#include "tests/common/blob/blob_store_contract.h"

namespace weft {
namespace {

class Fixture {
 public:
  BlobStore& Store() { return store_; }

 private:
  MemoryBlobStore store_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, BlobStoreContract, Fixture);

}  // namespace
}  // namespace weft
