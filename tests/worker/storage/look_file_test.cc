#include "worker/storage/look_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"
#include "common/checksum.h"
#include "common/storage/result_place.h"
#include "tests/common/temporary_folder.h"
#include "worker/storage/kept_output.h"

namespace weft::worker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr const char* kLook = "weft://look/j-1";
const std::string kPrefix = "j-1/assemble/0.0/e1a1/";

class LookFileTest : public ::testing::Test {
 protected:
  // The result of another job, as its worker sends it.
  void Keep(const std::string& look) {
    KeptOutput output = *KeptOutput::Open(folder_.File("results"), {"ada", "neon.mp4"});
    std::ofstream(output.Path()) << "film";
    if (!look.empty()) {
      std::ofstream(output.Path() + ".look") << look;
    }
    std::ofstream(output.Path() + ".seams.json") << "{}";
    const OutputSink sink{[this](const std::string& name, const std::string& bytes) {
                            last_ = bytes;
                            return blobs_.Put(kPrefix + name, bytes);
                          },
                          [] {}};
    ASSERT_TRUE(output.Send(sink, {}));
    v1::Input& input = *task_.add_inputs();
    input.set_stage(v1::STAGE_ASSEMBLE);
    input.mutable_blob()->set_key(kPrefix + "result/_ada");
    input.mutable_blob()->set_checksum(Xxh3(last_));
  }

  Status Read(const KeptFile& kept) {
    return ReadKeptFile(kept, blobs_, folder_.File("part"), is_stopped_);
  }

  [[nodiscard]] std::string Part() const {
    std::ifstream file(folder_.File("part"), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryFolder folder_;
  MemoryBlobStore blobs_;
  v1::Task task_;
  std::string last_;
  std::function<bool()> is_stopped_;
};

TEST_F(LookFileTest, ReadsWhatLiesBesideTheResult) {
  const std::string look = std::string(kResultPieceBytes, 'l') + "ook";
  Keep(look);
  const auto kept = FindLook(task_, kLook, blobs_);
  ASSERT_TRUE(kept) << kept.error().message();
  EXPECT_EQ(kept->file.name(), "neon.mp4.look");
  ASSERT_TRUE(Read(*kept));
  EXPECT_TRUE(Part() == look);
}

TEST_F(LookFileTest, GoesOnBehindWholePieces) {
  const std::string look = std::string(kResultPieceBytes, 'l') + "ook";
  Keep(look);
  const auto kept = FindLook(task_, kLook, blobs_);
  std::ofstream(folder_.File("part")) << look.substr(0, kResultPieceBytes + 1);
  ASSERT_TRUE(blobs_.DeletePrefix(kPrefix + "result/_ada/1/00000000"));
  ASSERT_TRUE(Read(*kept)) << "its first piece is here";
  EXPECT_TRUE(Part() == look);
  is_stopped_ = [] { return true; };
  fs::resize_file(folder_.File("part"), kResultPieceBytes);
  EXPECT_EQ(Read(*kept).error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(fs::file_size(folder_.File("part")), kResultPieceBytes);
}

TEST_F(LookFileTest, SaysThatAResultIsGone) {
  auto kept = FindLook(task_, kLook, blobs_);
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(kept.error().message(), HasSubstr("weft://look/j-1: the coordinator does not keep"));
  Keep("look");
  kept = FindLook(task_, kLook, blobs_);
  ASSERT_TRUE(kept);
  ASSERT_TRUE(blobs_.DeletePrefix("j-1/"));
  const Status read = Read(*kept);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(read.error().message(), HasSubstr("render it again"));
  EXPECT_FALSE(FindLook(task_, kLook, blobs_));
}

TEST_F(LookFileTest, SaysThatAResultHasNone) {
  Keep("");
  EXPECT_THAT(FindLook(task_, kLook, blobs_).error().message(), HasSubstr("its result has none"));
}

TEST_F(LookFileTest, TakesNoOtherBytes) {
  Keep("look");
  const auto kept = FindLook(task_, kLook, blobs_);
  ASSERT_TRUE(blobs_.DeletePrefix(kPrefix + "result/_ada/1"));
  ASSERT_TRUE(blobs_.Put(kPrefix + "result/_ada/1/00000000", "book"));
  EXPECT_EQ(Read(*kept).error().code(), ErrorCode::kDataLoss);
  EXPECT_EQ(Part(), "") << "or it would be gone on from";
  task_.mutable_inputs(0)->mutable_blob()->set_checksum(1);
  EXPECT_EQ(FindLook(task_, kLook, blobs_).error().code(), ErrorCode::kDataLoss);
}

}  // namespace
}  // namespace weft::worker
