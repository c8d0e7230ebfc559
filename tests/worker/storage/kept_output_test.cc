#include "worker/storage/kept_output.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/storage/sha256_sum.h"
#include "tests/common/temporary_folder.h"
#include "weft/v1/result.pb.h"

namespace weft::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class KeptOutputTest : public ::testing::Test {
 protected:
  KeptOutputTest() : output_(*KeptOutput::Open(folder_.File("results"), {"ada", "neon.mp4"})) {}

  void Write(const std::string& suffix, const std::string& bytes) const {
    std::ofstream(output_.Path() + suffix, std::ios::binary) << bytes;
  }

  Status Send(const TransferWatch& watch = {}) {
    return output_.Send({[this](const std::string& name, const std::string& bytes) -> Status {
                           if (stored_.size() == room_) {
                             return Failure(refusal_, "full");
                           }
                           names_.push_back(name);
                           stored_[name] = bytes;
                           return {};
                         },
                         [this] { stored_.clear(); }},
                        watch);
  }

  static std::string SumOf(const std::string& bytes) {
    Sha256Sum sum;
    sum.Add(bytes);
    return sum.Take();
  }

  TemporaryFolder folder_;
  KeptOutput output_;
  std::size_t room_ = 1000;
  ErrorCode refusal_ = ErrorCode::kNoSpace;
  std::vector<std::string> names_;  // In order.
  std::map<std::string, std::string> stored_;
};

TEST_F(KeptOutputTest, SendsAllFilesAndLastTheirList) {
  const std::string film = std::string(kResultPieceBytes, 'f') + "ilm";
  Write("", film);
  Write(".seams.json", "{}");
  Write(".empty", "");
  std::ofstream(folder_.File("another")) << "x";
  std::vector<double> moved;
  TransferWatch watch;
  watch.moved = [&](double share) { moved.push_back(share); };
  ASSERT_TRUE(Send(watch));
  EXPECT_THAT(names_, ElementsAre("result/_ada/0/00000000", "result/_ada/0/00000001",
                                  "result/_ada/2/00000000", "result/_ada"));
  EXPECT_EQ(stored_["result/_ada/0/00000000"] + stored_["result/_ada/0/00000001"], film);
  EXPECT_EQ(stored_["result/_ada/2/00000000"], "{}");
  v1::ResultIndex index;
  ASSERT_TRUE(index.ParseFromString(stored_["result/_ada"]));
  ASSERT_EQ(index.files_size(), 3);
  EXPECT_EQ(index.files(0).name(), "neon.mp4");
  EXPECT_EQ(index.files(0).size_bytes(), film.size());
  EXPECT_EQ(index.files(0).sha256(), SumOf(film));
  EXPECT_EQ(index.files(1).name(), "neon.mp4.empty");
  EXPECT_EQ(index.files(1).sha256(), SumOf(""));
  EXPECT_EQ(index.files(2).name(), "neon.mp4.seams.json");
  ASSERT_EQ(moved.size(), 3U);
  EXPECT_DOUBLE_EQ(moved.back(), 1);
}

TEST_F(KeptOutputTest, SaysThatItWasStopped) {
  Write("", "film");
  TransferWatch watch;
  watch.is_stopped = [] { return true; };
  EXPECT_EQ(Send(watch).error().code(), ErrorCode::kCancelled);
  EXPECT_TRUE(stored_.empty());
}

TEST_F(KeptOutputTest, DropsWhatWasStoredWhereTheRestFindsNoRoom) {
  Write("", "film");
  Write(".seams.json", "{}");
  room_ = 1;
  EXPECT_EQ(Send().error().code(), ErrorCode::kNoSpace);
  EXPECT_EQ(names_.size(), 1U);
  EXPECT_TRUE(stored_.empty());
}

TEST_F(KeptOutputTest, LeavesWhatWasStoredToAStoreThatIsAway) {
  Write("", "film");
  Write(".seams.json", "{}");
  room_ = 1;
  refusal_ = ErrorCode::kUnavailable;
  EXPECT_EQ(Send().error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(stored_.size(), 1U);
  EXPECT_EQ(stored_.count("result/_ada"), 0U);
}

TEST_F(KeptOutputTest, RefusesWhatIsTooLarge) {
  Write("", "film");
  std::filesystem::resize_file(output_.Path(), kResultBytesMax + 1);  // It takes no room.
  const Status sent = Send();
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(sent.error().message(), HasSubstr("65536 MiB"));
  EXPECT_TRUE(stored_.empty());
}

TEST_F(KeptOutputTest, SaysThatThereIsNothingToSend) {
  EXPECT_EQ(Send().error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace weft::worker
