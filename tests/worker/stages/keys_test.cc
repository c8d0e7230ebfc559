#include "worker/stages/keys.h"

#include <gmock/gmock.h>

namespace weft::worker {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class KeysTest : public ::testing::Test {
 protected:
  KeysTest() {
    job_.set_smoothing_mode(v1::SMOOTHING_MODE_INTERPOLATE);
    job_.set_input_path("/clips/city.mp4");
    job_.set_keys_path("/clips/keys.mkv");
    for (const std::uint32_t frame : {4U, 20U, 39U}) {
      job_.add_key_frames(frame);
    }
    clip_.frame_count = 60;
    keys_.frame_count = 3;
    clip_.width = keys_.width = 64;
    clip_.height = keys_.height = 48;
  }

  [[nodiscard]] std::string Complaint() const {
    const Status checked = CheckKeys({job_, clip_, keys_});
    EXPECT_TRUE(checked || checked.error().code() == ErrorCode::kInvalidArgument);
    return checked ? "" : checked.error().message();
  }

  v1::JobSpec job_;
  media::ClipFacts clip_;
  media::ClipFacts keys_;
};

TEST_F(KeysTest, AreAloneInTheirClipOrCountedAsTheGuide) {
  EXPECT_EQ(Complaint(), "");
  EXPECT_EQ(IndexOfKey({job_, clip_, keys_}, 20), 1U);
  keys_.frame_count = 60;
  EXPECT_EQ(Complaint(), "");
  EXPECT_EQ(IndexOfKey({job_, clip_, keys_}, 20), 20U);
  keys_.frame_count = 4;
  EXPECT_THAT(Complaint(), AllOf(HasSubstr("keys.mkv has 4 frames, --key-frames names 3"),
                                 HasSubstr("city.mp4 has 60 frames")));
}

TEST_F(KeysTest, HaveTheGuidesSizeOrAreAligned) {
  keys_.width = 72;
  EXPECT_THAT(Complaint(), AllOf(HasSubstr("keys.mkv shows 72x48"),
                                 HasSubstr("city.mp4 shows 64x48"), HasSubstr("--align")));
  job_.set_align_guide(true);
  EXPECT_EQ(Complaint(), "");
  keys_.width = 32;
  EXPECT_THAT(Complaint(), HasSubstr("crop or turn"));
}

TEST_F(KeysTest, AreCountedFromTheFirstFrameOfTheJob) {
  v1::Clip clip;
  clip.set_first_frame(4);
  clip.set_frame_count(36);
  EXPECT_THAT(*KeyNumbers(job_, clip), ElementsAre(0, 16, 35));
  clip.set_frame_count(35);
  EXPECT_THAT(KeyNumbers(job_, clip).error().message(),
              HasSubstr("key frame 39: the job has frames 4 to 38 of /clips/city.mp4"));
  clip.set_first_frame(5);
  EXPECT_THAT(KeyNumbers(job_, clip).error().message(), HasSubstr("key frame 4: "));
}

TEST_F(KeysTest, BelongToTwoModes) {
  EXPECT_TRUE(TakesKeys(job_));
  job_.set_smoothing_mode(v1::SMOOTHING_MODE_PROPAGATE);
  EXPECT_TRUE(TakesKeys(job_));
  job_.set_smoothing_mode(v1::SMOOTHING_MODE_ACCURATE);
  EXPECT_FALSE(TakesKeys(job_));
}

}  // namespace
}  // namespace weft::worker
