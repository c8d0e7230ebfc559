#include "coordinator/cli/result_fetch.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"
#include "common/storage/result_place.h"
#include "common/storage/sha256_sum.h"
#include "tests/common/temporary_folder.h"
#include "weft/v1/result.pb.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr const char* kIndex = "j-1/assemble/0.0/e1a1/result/_ada";

// Counts what is read.
class CountingStore : public MemoryBlobStore {
 public:
  Result<std::string> Get(const std::string& key) override {
    ++gets;
    return MemoryBlobStore::Get(key);
  }
  int gets = 0;
};

class ResultFetchTest : public ::testing::Test {
 protected:
  ResultFetchTest() {
    Keep("neon.mp4", film_);
    Keep("neon.mp4.seams.json", "{}");
  }

  void Keep(const std::string& name, const std::string& bytes) {
    Sha256Sum sum;
    sum.Add(bytes);
    const auto number = static_cast<std::uint32_t>(list_.files_size());
    v1::ResultFile& file = *list_.add_files();
    file.set_name(name);
    file.set_size_bytes(bytes.size());
    file.set_sha256(sum.Take());
    for (std::uint32_t piece = 0; piece * kResultPieceBytes < bytes.size(); ++piece) {
      ASSERT_TRUE(blobs_.Put(kIndex + ResultPieceSuffix(number, piece),
                             bytes.substr(piece * kResultPieceBytes, kResultPieceBytes)));
    }
  }

  Result<std::string> Fetch(int pieces = 1000, bool replaces = false) {
    const std::string list = list_.SerializeAsString();
    static_cast<void>(blobs_.Put(kIndex, list));
    v1::BlobRef index;
    index.set_key(kIndex);
    index.set_size_bytes(list.size());
    blobs_.gets = -1;  // The list.
    return FetchResult(index, blobs_, folder_.path().string(),
                       {.replaces = replaces, .is_stopped = [&] { return pieces-- <= 0; }});
  }

  std::string Read(const std::string& name) {
    std::ifstream file(folder_.File(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::set<std::string> Files() {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }

  const std::string film_ = std::string(2 * kResultPieceBytes, 'f') + "ilm";  // Of three pieces.
  TemporaryFolder folder_;
  CountingStore blobs_;
  v1::ResultIndex list_;
};

TEST_F(ResultFetchTest, BringsAllFilesOnce) {
  const auto path = Fetch();
  ASSERT_TRUE(path) << path.error().message();
  EXPECT_EQ(*path, folder_.File("neon.mp4"));
  EXPECT_TRUE(Read("neon.mp4") == film_);
  EXPECT_EQ(Read("neon.mp4.seams.json"), "{}");
  EXPECT_EQ(Files().size(), 2U);
  EXPECT_EQ(blobs_.gets, 4);
  ASSERT_TRUE(Fetch());
  EXPECT_EQ(blobs_.gets, 0) << "they are there";
}

TEST_F(ResultFetchTest, GoesOnWhereItWasStopped) {
  EXPECT_EQ(Fetch(3).error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(Files().count("neon.mp4"), 0U);
  for (const std::string& name : Files()) {  // A crash left part of the next piece, too.
    if (fs::path(name).extension() == ".part") {
      std::ofstream(folder_.File(name), std::ios::app) << "half a piece";
    }
  }
  ASSERT_TRUE(Fetch());
  EXPECT_EQ(blobs_.gets, 1) << "the third";
  EXPECT_TRUE(Read("neon.mp4") == film_);
  EXPECT_EQ(Files().size(), 2U);
}

TEST_F(ResultFetchTest, BeginsAnewWhereThePartIsNotItsBeginning) {
  EXPECT_EQ(Fetch(3).error().code(), ErrorCode::kCancelled);
  for (const std::string& name : Files()) {
    if (fs::path(name).extension() == ".part") {
      std::fstream(folder_.File(name), std::ios::in | std::ios::out) << "damaged";
    }
  }
  ASSERT_TRUE(Fetch());
  EXPECT_EQ(blobs_.gets, 4);
  EXPECT_TRUE(Read("neon.mp4") == film_);
}

TEST_F(ResultFetchTest, TakesThePlaceOfAnotherFileWhole) {
  std::ofstream(folder_.File("neon.mp4")) << "of yesterday";
  EXPECT_EQ(Fetch(2, true).error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(Read("neon.mp4"), "of yesterday");
  ASSERT_TRUE(Fetch(1000, true));
  EXPECT_TRUE(Read("neon.mp4") == film_);
}

TEST_F(ResultFetchTest, RefusesToReplaceAnotherFile) {
  std::ofstream(folder_.File("neon.mp4")) << "the source";
  const auto fetched = Fetch();
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code(), ErrorCode::kAlreadyExists);
  EXPECT_THAT(fetched.error().message(), HasSubstr("neon.mp4 is there already"));
  EXPECT_EQ(Read("neon.mp4"), "the source");
  EXPECT_EQ(Files().size(), 1U) << "nothing else is fetched either";
}

TEST_F(ResultFetchTest, LeavesNothingOfWhatIsDamaged) {
  const std::string piece = kIndex + ResultPieceSuffix(1, 0);
  ASSERT_TRUE(blobs_.DeletePrefix(piece));
  ASSERT_TRUE(blobs_.Put(piece, "[]"));
  const auto fetched = Fetch();
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code(), ErrorCode::kDataLoss);
  EXPECT_THAT(fetched.error().message(), HasSubstr("neon.mp4.seams.json is damaged"));
  EXPECT_TRUE(Files().empty());
  ASSERT_TRUE(blobs_.DeletePrefix(piece));
  EXPECT_EQ(Fetch().error().code(), ErrorCode::kNotFound);
}

TEST_F(ResultFetchTest, NoNameLeadsOutOfTheFolder) {
  for (const char* const name : {"../neon.mp4", "/neon.mp4", "..", ""}) {
    list_.mutable_files(1)->set_name(name);
    MemoryBlobStore blobs;
    const std::string list = list_.SerializeAsString();
    ASSERT_TRUE(blobs.Put(kIndex, list));
    v1::BlobRef index;
    index.set_key(kIndex);
    index.set_size_bytes(list.size());
    EXPECT_EQ(FetchResult(index, blobs, folder_.path().string(), {}).error().code(),
              ErrorCode::kDataLoss)
        << name;
  }
  EXPECT_TRUE(Files().empty());
}

TEST_F(ResultFetchTest, SaysWhereItCannotWrite) {
  fs::create_directory(folder_.File("neon.mp4"));
  const auto fetched = Fetch(1000, true);
  ASSERT_FALSE(fetched);
  EXPECT_THAT(fetched.error().message(), HasSubstr("cannot write " + folder_.File("neon.mp4")));
}

}  // namespace
}  // namespace weft::cli
