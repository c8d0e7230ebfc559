#include "common/blob/rocks_blob_store.h"

#include <filesystem>
#include <fstream>

#include "tests/common/blob/blob_store_contract.h"
#include "tests/common/temporary_folder.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

class Fixture {
 public:
  BlobStore& Store() { return *store_; }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<BlobStore> store_ = OpenRocksBlobStore(folder_.File("blobs")).value();
};

INSTANTIATE_TYPED_TEST_SUITE_P(Rocks, BlobStoreContract, Fixture);

std::uintmax_t SizeOf(const fs::path& folder) {
  std::uintmax_t size = 0;
  for (const auto& file : fs::recursive_directory_iterator(folder)) {
    size += file.is_regular_file() ? file.file_size() : 0;
  }
  return size;
}

TEST(RocksBlobStore, KeepsBlobsWhenItIsOpenedAgain) {
  const TemporaryFolder folder;
  const std::string large = SomeBytes(1000000);
  {
    const auto store = OpenRocksBlobStore(folder.File("deep/blobs")).value();
    ASSERT_TRUE(store->Put("large", large));
    ASSERT_TRUE(store->Put("small", "x"));
    ASSERT_TRUE(store->Put("gone/1", large));
    ASSERT_TRUE(store->DeletePrefix("gone/"));
  }
  const auto store = OpenRocksBlobStore(folder.File("deep/blobs")).value();
  EXPECT_TRUE(store->Get("large").value() == large);
  EXPECT_EQ(store->Get("small").value(), "x");
  EXPECT_THAT(store->List("").value(), ::testing::ElementsAre("large", "small"));
}

TEST(RocksBlobStore, GivesTheSpaceOfADeletedPrefixBack) {
  const TemporaryFolder folder;
  const auto store = OpenRocksBlobStore(folder.File("blobs")).value();
  // More than a memtable; the neighbour's blobs lie between the others.
  for (int i = 0; i < 48; ++i) {
    for (int j = 0; j < 20; ++j) {
      const std::string name = std::to_string(i) + "." + std::to_string(j);
      ASSERT_TRUE(store->Put("j1/" + name, SomeBytes(50'000)));
    }
    if (i % 16 == 0) {
      ASSERT_TRUE(store->Put("j2/" + std::to_string(i), SomeBytes(50'000)));
    }
  }
  ASSERT_GT(SizeOf(folder.path()), 48'000'000U);
  ASSERT_TRUE(store->DeletePrefix("j1/"));
  EXPECT_LT(SizeOf(folder.path()), 16U << 20);
  ASSERT_TRUE(store->DeletePrefix("j2/"));
  EXPECT_LT(SizeOf(folder.path()), 8U << 20);
}

TEST(RocksBlobStore, BelongsToOneProcessAtATime) {
  const TemporaryFolder folder;
  const auto store = OpenRocksBlobStore(folder.File("blobs")).value();
  const auto second = OpenRocksBlobStore(folder.File("blobs"));
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code(), ErrorCode::kFailedPrecondition) << second.error().message();
}

TEST(RocksBlobStore, RefusesAPathThatCannotBeAFolder) {
  const TemporaryFolder folder;
  std::ofstream(folder.File("file")) << "in the way";
  const auto store = OpenRocksBlobStore(folder.File("file/blobs"));
  ASSERT_FALSE(store.has_value());
  EXPECT_EQ(store.error().code(), ErrorCode::kPermissionDenied) << store.error().message();
}

// The files of large blobs.
std::vector<fs::path> LargeFiles(const TemporaryFolder& folder) {
  std::vector<fs::path> files;
  for (const auto& file : fs::recursive_directory_iterator(folder.File("blobs/large"))) {
    if (file.is_regular_file()) {
      files.push_back(file.path());
    }
  }
  return files;
}

TEST(RocksBlobStore, KeepsALargeBlobOnceOnTheDisk) {
  const TemporaryFolder folder;
  const auto store = OpenRocksBlobStore(folder.File("blobs")).value();
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(store->Put("j1/" + std::to_string(i), SomeBytes(1 << 20)));
  }
  EXPECT_EQ(LargeFiles(folder).size(), 8U);
  EXPECT_LT(SizeOf(folder.path()), 9U << 20);
  ASSERT_TRUE(store->DeletePrefix("j1/"));
  EXPECT_TRUE(LargeFiles(folder).empty());
}

TEST(RocksBlobStore, SweepsAwayFilesThatACrashLeft) {
  const TemporaryFolder folder;
  const std::string large = SomeBytes(1 << 20);
  ASSERT_TRUE(OpenRocksBlobStore(folder.File("blobs")).value()->Put("a", large));
  const fs::path known = LargeFiles(folder).front();
  std::ofstream(known.parent_path() / "41") << "written, and not noted down";
  std::ofstream(known.parent_path() / "1") << "so was this";
  const auto store = OpenRocksBlobStore(folder.File("blobs")).value();
  EXPECT_THAT(LargeFiles(folder), ::testing::ElementsAre(known));
  ASSERT_TRUE(store->Put("b", SomeBytes(1 << 17)));
  EXPECT_TRUE(store->Get("a").value() == large);
  EXPECT_TRUE(store->Get("b").value() == SomeBytes(1 << 17));
}

TEST(RocksBlobStore, NoticesThatALargeBlobIsGoneOrAnother) {
  const TemporaryFolder folder;
  ASSERT_TRUE(OpenRocksBlobStore(folder.File("blobs")).value()->Put("a", SomeBytes(1 << 20)));
  const fs::path file = LargeFiles(folder).front();
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).put('!');
  const auto store = OpenRocksBlobStore(folder.File("blobs")).value();
  EXPECT_EQ(store->Get("a").error().code(), ErrorCode::kDataLoss);
  fs::resize_file(file, 1000);
  EXPECT_EQ(store->Get("a").error().code(), ErrorCode::kDataLoss);
  fs::remove(file);
  EXPECT_EQ(store->Get("a").error().code(), ErrorCode::kDataLoss);
  EXPECT_EQ(store->Put("a", SomeBytes(1 << 20)).error().code(), ErrorCode::kDataLoss);
}

TEST(RocksBlobStore, ReadsWhatAnotherProcessStoresInFiles) {
  const TemporaryFolder folder;
  const auto store = OpenRocksBlobStore(folder.File("blobs")).value();
  ASSERT_TRUE(store->Put("a", SomeBytes(1 << 20)));
  ASSERT_TRUE(store->Put("b", SomeBytes(1 << 20)));
  const auto looker = OpenRocksBlobStore(folder.File("blobs"), {.look_only = true}).value();
  EXPECT_TRUE(looker->Get("a").value() == SomeBytes(1 << 20));
  ASSERT_TRUE(store->DeletePrefix("b"));
  EXPECT_EQ(looker->Get("b").error().code(), ErrorCode::kNotFound);
}

// Flips a byte in the middle of the largest file whose name ends in `extension`.
void Damage(const fs::path& folder, const std::string& extension) {
  fs::path victim;
  for (const auto& file : fs::directory_iterator(folder)) {
    if (file.path().extension() == extension &&
        (victim.empty() || file.file_size() > fs::file_size(victim))) {
      victim = file.path();
    }
  }
  ASSERT_FALSE(victim.empty()) << extension;
  std::fstream bytes(victim, std::ios::in | std::ios::out | std::ios::binary);
  const auto middle = static_cast<std::streamoff>(fs::file_size(victim) / 2);
  bytes.seekg(middle);
  const int byte = bytes.get();
  bytes.seekp(middle);
  bytes.put(static_cast<char>(byte ^ 0x10));
}

TEST(RocksBlobStore, NoticesADamagedBlobFile) {
  const TemporaryFolder folder;
  ASSERT_TRUE(OpenRocksBlobStore(folder.File("blobs")).value()->Put("a", SomeBytes(60'000)));
  // Opening moves the log's blobs into a blob file.
  ASSERT_TRUE(OpenRocksBlobStore(folder.File("blobs")).has_value());
  Damage(folder.File("blobs"), ".blob");
  const auto store = OpenRocksBlobStore(folder.File("blobs"));
  const auto blob = store.value()->Get("a");
  ASSERT_FALSE(blob.has_value());
  EXPECT_EQ(blob.error().code(), ErrorCode::kDataLoss) << blob.error().message();
}

TEST(RocksBlobStore, RefusesToOpenADamagedLog) {
  const TemporaryFolder folder;
  {
    const auto store = OpenRocksBlobStore(folder.File("blobs")).value();
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(store->Put(std::to_string(i), SomeBytes(60'000)));
    }
  }
  Damage(folder.File("blobs"), ".log");
  const auto store = OpenRocksBlobStore(folder.File("blobs"));
  ASSERT_FALSE(store.has_value());
  EXPECT_EQ(store.error().code(), ErrorCode::kDataLoss) << store.error().message();
}

}  // namespace
}  // namespace weft
