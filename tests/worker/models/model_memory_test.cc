#include "worker/models/model_memory.h"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "tests/worker/models/sd_headers.h"

namespace weft::models {
namespace {

constexpr std::uint64_t kMega = 1'000'000;

class ModelMemoryTest : public testing::Test {
 protected:
  ModelMemory Of(DataType type, int width, int height) {
    WriteSd15(path_);
    const auto memory = EstimateMemory({.model = path_, .data_type = type}, width, height);
    EXPECT_TRUE(memory) << memory.error().message();
    return memory.value_or(ModelMemory{});
  }

  TestFolder folder_;
  std::string path_ = folder_ / "model.safetensors";
};

TEST_F(ModelMemoryTest, CountsStableDiffusionsWeights) {
  // 860 million in the UNet, 123 in the text encoder, 84 in the VAE, of which a CPU keeps 16/9 in
  // float32.
  EXPECT_NEAR(static_cast<double>(Of(DataType::kFloat32, 512, 512).weights), 4.53e9, 0.01e9);
  EXPECT_NEAR(static_cast<double>(Of(DataType::kFloat16, 512, 512).weights), 2.13e9, 0.01e9);
}

// The measurements that model_memory.h names.
TEST_F(ModelMemoryTest, LeavesRoomForWhatWasMeasuredAndNotTwiceAsMuch) {
  const ModelMemory single = Of(DataType::kFloat32, 512, 512);
  const ModelMemory half = Of(DataType::kBfloat16, 512, 512);
  const auto expect = [](std::uint64_t estimated, std::uint64_t measured) {
    EXPECT_GE(estimated, measured);
    EXPECT_LT(estimated, 2 * measured);
  };
  expect(single.frame, 600 * kMega);
  expect(half.frame, 310 * kMega);
  expect(single.autoencoder, 1'130 * kMega);
  expect(half.autoencoder, 1'480 * kMega);
}

TEST_F(ModelMemoryTest, GrowsWithThePictureUntilItIsTiled) {
  const ModelMemory small = Of(DataType::kFloat32, 256, 256);
  const ModelMemory large = Of(DataType::kFloat32, 512, 512);
  EXPECT_NEAR(static_cast<double>(large.frame) / static_cast<double>(small.frame), 4.0, 0.1);
  EXPECT_NEAR(static_cast<double>(large.autoencoder) / static_cast<double>(small.autoencoder), 4.0,
              0.1);
  EXPECT_LE(Of(DataType::kFloat32, 2048, 2048).autoencoder,
            Of(DataType::kFloat32, 768, 768).autoencoder);
}

TEST(LargestMicroBatch, IsWhatFitsIntoTheBudget) {
  const ModelMemory memory{2'000 * kMega, 900 * kMega, 400 * kMega, 100 * kMega};
  // 2,000 for the weights, 300 for the anchors, and the frames.
  EXPECT_EQ(LargestMicroBatch(memory, 3, 2'300 * kMega + 1'600 * kMega), 4);
  EXPECT_EQ(LargestMicroBatch(memory, 3, 2'300 * kMega + 1'600 * kMega - 1), 2);
  EXPECT_EQ(LargestMicroBatch(memory, 3, 2'300 * kMega + 3'200 * kMega - 1), 4);
  EXPECT_EQ(LargestMicroBatch(memory, 3, 2'300 * kMega + 3'200 * kMega), 8);
  EXPECT_EQ(LargestMicroBatch(memory, 3, 0), 1) << "one frame is tried whatever the budget";
  EXPECT_EQ(LargestMicroBatch(memory, 3, 2'300 * kMega + 850 * kMega), 1)
      << "two frames would fit, the autoencoder does not";
  EXPECT_EQ(LargestMicroBatch(memory, 3, std::uint64_t{1} << 50U), kMicroBatchMax);
}

TEST(RoomForAnchors, IsHalfOfWhatStepsLeave) {
  const ModelMemory memory{2'000 * kMega, 900 * kMega, 400 * kMega, 100 * kMega};
  // 2,000 for the weights, 300 for the anchors at hand, 1,600 for four frames.
  EXPECT_EQ(RoomForAnchors(memory, 3, 4, 5'000 * kMega), 550 * kMega);
  EXPECT_EQ(RoomForAnchors(memory, 3, 1, 5'000 * kMega), 900 * kMega) << "one picture is dearer";
  EXPECT_EQ(RoomForAnchors(memory, 3, 4, 3'900 * kMega), 0U);
  EXPECT_EQ(RoomForAnchors(memory, 3, 4, 0), 0U);
}

}  // namespace
}  // namespace weft::models
