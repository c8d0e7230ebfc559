#include "worker/models/joint_attention.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

namespace weft::models {
namespace {

constexpr int kLayer = 2;
constexpr int kTokens = 3;
constexpr int kWidth = 4;
constexpr std::int64_t kNoLimit = 1000;

class JointAttentionTest : public testing::Test {
 protected:
  const c10::InferenceMode inference_;
  FrameMemory memory_;
  JointAttention joint_{memory_, {}};
  // Four samples; every number is met once.
  const KeysValues batch_{Numbers(0), Numbers(1000)};

  static at::Tensor Numbers(int from) {
    return at::arange(from, from + 4 * kTokens * kWidth, at::kFloat).view({4, kTokens, kWidth});
  }

  [[nodiscard]] at::Tensor KeysOf(int sample) const { return batch_.keys.select(0, sample); }
};

TEST_F(JointAttentionTest, ReadsItselfWithoutACopy) {
  joint_.samples = {{0}, {0}, {1}, {1}};
  const SampleRun run = RunFrom(0, kNoLimit, batch_, joint_);
  EXPECT_EQ(run.count, 4);
  const KeysValues read = Gather(batch_, run, kLayer, joint_);
  EXPECT_TRUE(read.keys.equal(batch_.keys));
  EXPECT_EQ(read.values.data_ptr(), batch_.values.data_ptr());
}

TEST_F(JointAttentionTest, ReadsWhatWasLeftInTheMemoryOnItsOwnSide) {
  joint_.samples = {{0, {}, {}, 0}, {0, {}, {0}, -1}, {1, {}, {}, 0}, {1, {}, {0}, -1}};
  Remember(batch_, kLayer, joint_);
  const KeysValues negative = Gather(batch_, {1, 1}, kLayer, joint_);
  EXPECT_TRUE(negative.keys.squeeze(0).equal(at::cat({KeysOf(1), KeysOf(0)})));
  const KeysValues positive = Gather(batch_, {3, 1}, kLayer, joint_);
  EXPECT_TRUE(positive.keys.squeeze(0).equal(at::cat({KeysOf(3), KeysOf(2)})));
}

TEST_F(JointAttentionTest, GathersForARunWhatItGathersForEachSample) {
  joint_.samples = {{0, {0, 2}, {1, 0}, 0},
                    {0, {-1, 2}, {0, 1}, 1},
                    {1, {0, 2}, {0, 0}, 0},
                    {1, {-1, 1}, {1, 0, 0}, 1}};
  Remember(batch_, kLayer, joint_);
  const SampleRun run = RunFrom(0, kNoLimit, batch_, joint_);
  EXPECT_EQ(run.count, 3) << "the fourth reads as much, but of other kinds";
  const KeysValues all = Gather(batch_, run, kLayer, joint_);
  for (std::int64_t sample = 0; sample < run.count; ++sample) {
    const KeysValues own = Gather(batch_, {sample, 1}, kLayer, joint_);
    EXPECT_TRUE(all.keys.select(0, sample).equal(own.keys.squeeze(0)));
    EXPECT_TRUE(all.values.select(0, sample).equal(own.values.squeeze(0)));
  }
}

TEST_F(JointAttentionTest, EndsARunAtTheLimitAndTakesOneSampleAnyway) {
  joint_.samples = {{0}, {0}, {0}, {0}};
  EXPECT_EQ(RunFrom(0, 2 * kTokens, batch_, joint_).count, 2);
  EXPECT_EQ(RunFrom(3, 2 * kTokens, batch_, joint_).count, 1);
  EXPECT_EQ(RunFrom(1, 1, batch_, joint_).count, 1);
}

}  // namespace
}  // namespace weft::models
