#include "coordinator/server/blob_janitor.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"

namespace weft::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

constexpr std::chrono::seconds kPatience{60};

// Whether it comes true before patience ends.
template <typename Condition>
bool Comes(const Condition& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

TEST(BlobJanitor, FindsWhatWasThereOnce) {
  MemoryBlobStore store;
  ASSERT_TRUE(store.Put("j/a", "1"));
  ASSERT_TRUE(store.Put("k/b", "2"));
  BlobJanitor janitor(store, Log::Silent());
  std::vector<std::string> found;
  ASSERT_TRUE(Comes([&] {
    found = janitor.TakeFound();
    return !found.empty();
  }));
  EXPECT_THAT(found, UnorderedElementsAre("j/a", "k/b"));
  EXPECT_TRUE(janitor.TakeFound().empty());
}

TEST(BlobJanitor, DropsWhatItIsTold) {
  MemoryBlobStore store;
  for (const char* key : {"j/a", "j/b", "k/a", "l/a"}) {
    ASSERT_TRUE(store.Put(key, "1"));
  }
  BlobJanitor janitor(store, Log::Silent());
  janitor.Drop({"j/", "l/"});
  EXPECT_TRUE(Comes([&] { return store.List("").value().size() == 1; }));
  EXPECT_THAT(store.List("").value(), ElementsAre("k/a"));
}

// Refuses the first drops.
class FullStore : public MemoryBlobStore {
 public:
  Status DeletePrefix(const std::string& prefix) override {
    return ++drops_ <= 2 ? Failure(ErrorCode::kNoSpace, "the disk is full")
                         : MemoryBlobStore::DeletePrefix(prefix);
  }

 private:
  std::atomic<int> drops_ = 0;
};

TEST(BlobJanitor, TriesAgainWhatTheStoreDidNotDrop) {
  FullStore store;
  ASSERT_TRUE(store.Put("j/a", "1"));
  ASSERT_TRUE(store.Put("k/a", "1"));
  BlobJanitor janitor(store, Log::Silent(), std::chrono::milliseconds(1));
  janitor.Drop({"j/", "k/"});
  EXPECT_TRUE(Comes([&] { return store.List("").value().empty(); }));
}

TEST(BlobJanitor, LeavesItToTheBookWhetherAnUploadGoesLater) {
  FullStore store;
  ASSERT_TRUE(store.Put("uploads/ada/a", "1"));
  ASSERT_TRUE(store.Put("k/a", "1"));
  BlobJanitor janitor(store, Log::Silent(), std::chrono::milliseconds(1));
  janitor.Drop({"uploads/ada/", "k/"});
  EXPECT_TRUE(Comes([&] { return store.List("k/").value().empty(); }));
  EXPECT_THAT(store.List("").value(), ElementsAre("uploads/ada/a"));
}

}  // namespace
}  // namespace weft::coordinator
