#include "worker/stages/blobs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"
#include "common/wire/ids_wire.h"

namespace weft::worker {
namespace {

using ::testing::ElementsAre;

Latents Counting(int frames) {
  Latents latents{.frames = frames, .channels = 2, .height = 1, .width = 3, .values = {}};
  for (int i = 0; i < frames * 6; ++i) {
    latents.values.push_back(static_cast<float>(i) / 8);
  }
  return latents;
}

TEST(Blobs, LatentsComeBackAsTheyWere) {
  const Latents latents = Counting(3);
  EXPECT_EQ(*UnpackLatents(PackLatents(latents).value()), latents);
}

TEST(Blobs, ControlMapsComeBackAsTheyWere) {
  const std::vector<ControlMap> controls = {{2, 1, 1, {0, 255}}, {2, 1, 1, {7, 9}}};
  EXPECT_EQ(*UnpackControls(PackControls(controls).value()), controls);
}

TEST(Blobs, ControlMapsKeepTheirColours) {
  const std::vector<ControlMap> controls = {{2, 1, 3, {0, 1, 2, 3, 4, 5}}};
  EXPECT_EQ(*UnpackControls(PackControls(controls).value()), controls);
}

TEST(Blobs, RefuseBytesThatAreSomethingElse) {
  const std::string packed = PackLatents(Counting(2)).value();
  EXPECT_EQ(UnpackLatents("noise").error().code(), ErrorCode::kDataLoss);
  EXPECT_EQ(UnpackLatents(packed.substr(0, packed.size() - 4)).error().code(),
            ErrorCode::kDataLoss);
  EXPECT_EQ(UnpackControls(packed).error().code(), ErrorCode::kDataLoss);
}

// By their shapes: nobody has these bytes yet.
TEST(Blobs, RefuseWhatOneBlobCannotHold) {
  const Latents latents{.frames = 1024, .channels = 4, .height = 512, .width = 256, .values = {}};
  const auto packed = PackLatents(latents);
  ASSERT_FALSE(packed);
  EXPECT_EQ(packed.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(packed.error().message(),
            "the latents of 1024 frames take 2147483648 bytes, and one blob holds 2 GiB at most: "
            "take a smaller chunk (--chunk)");
  const std::vector<ControlMap> maps(2, ControlMap{1 << 15, 1 << 14, 3, {}});
  EXPECT_EQ(PackControls(maps).error().code(), ErrorCode::kInvalidArgument);
}

TEST(Blobs, SliceAndAppendAreOpposites) {
  const Latents latents = Counting(5);
  Latents joined;
  Append(Slice(latents, 0, 2), &joined);
  Append(Slice(latents, 2, 3), &joined);
  EXPECT_EQ(joined, latents);
  EXPECT_THAT(Slice(latents, 1, 1).values, ElementsAre(0.75F, 0.875F, 1.F, 1.125F, 1.25F, 1.375F));
}

class StoredOutput : public ::testing::Test {
 protected:
  void SetUp() override {
    v1::Task producer;
    producer.set_output_prefix("j/denoise/3.1/e1a1/");
    v1::TaskResult result;
    ASSERT_TRUE(StoreOutput(producer, "latents", "bytes", blobs_, &result));
    ASSERT_EQ(result.outputs_size(), 1);
    v1::Input& input = *consumer_.add_inputs();
    input.set_stage(v1::STAGE_DENOISE);
    input.set_chunk(3);
    input.set_round(1);
    input.set_name("latents");
    *input.mutable_blob() = result.outputs(0).blob();
  }

  MemoryBlobStore blobs_;
  v1::Task consumer_;
};

TEST_F(StoredOutput, IsFetchedByWhatMadeIt) {
  EXPECT_EQ(*FetchInput(consumer_, {Stage::kDenoise, 3, 1, "latents"}, blobs_), "bytes");
}

TEST_F(StoredOutput, IsNotFetchedUnderAnotherName) {
  EXPECT_EQ(FetchInput(consumer_, {Stage::kDenoise, 3, 1, "x0"}, blobs_).error().code(),
            ErrorCode::kInternal);
  EXPECT_EQ(FetchInput(consumer_, {Stage::kDenoise, 4, 1, "latents"}, blobs_).error().code(),
            ErrorCode::kInternal);
}

TEST_F(StoredOutput, IsRefusedWhenItsBytesAreOthers) {
  consumer_.mutable_inputs(0)->mutable_blob()->set_checksum(1);
  EXPECT_EQ(FetchInput(consumer_, {Stage::kDenoise, 3, 1, "latents"}, blobs_).error().code(),
            ErrorCode::kDataLoss);
}

}  // namespace
}  // namespace weft::worker
