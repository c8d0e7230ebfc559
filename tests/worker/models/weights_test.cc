#include "worker/models/weights.h"

#include <gtest/gtest.h>

#include "tests/worker/models/safetensors_writer.h"

namespace weft::models {
namespace {

std::string Bytes(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

class WeightsTest : public testing::Test {
 protected:
  // One float32 tensor "w" of two numbers; `spaces` shift it in the file.
  HeldTensor Stored(std::size_t spaces) {
    std::string header = nlohmann::json({{"w", Entry("F32", {2}, 0, 8)}}).dump();
    header.resize((header.size() + 7) / 8 * 8 + spaces, ' ');
    WriteSafetensors(path_, header, Bytes({1.5F, -2.0F}));
    return OpenTensors(path_)->tensors.at("w");
  }

  TestFolder folder_;
  std::string path_ = folder_ / "diffusion_pytorch_model.safetensors";
};

TEST_F(WeightsTest, LieInTheMappedFileAndKeepItMapped) {
  at::Tensor view;
  std::weak_ptr<const SafetensorsFile> file;
  {
    const HeldTensor held = Stored(0);
    file = held.file;
    view = ViewOf(held);
    EXPECT_EQ(view.data_ptr(), held.tensor.bytes);
  }
  EXPECT_FALSE(file.expired());
  EXPECT_EQ(view[1].item<float>(), -2.0F);
  view = at::Tensor();
  EXPECT_TRUE(file.expired());
}

TEST_F(WeightsTest, AreCopiedWhereTheFileDoesNotAlignThem) {
  const HeldTensor held = Stored(1);
  const at::Tensor copy = ViewOf(held);
  EXPECT_NE(copy.data_ptr(), held.tensor.bytes);
  EXPECT_EQ(copy[0].item<float>(), 1.5F);
}

TEST_F(WeightsTest, AreConvertedOnceWhereTheModelWantsAnotherType) {
  Stored(0);
  // A file of a few tensors passes as a VAE.
  Weights same(PartTensors::Open(Part::kVae, path_).value(), {});
  EXPECT_EQ(same.Take("w", {2}).scalar_type(), at::kFloat);
  Weights rough(PartTensors::Open(Part::kVae, path_).value(), {at::kCPU, at::kBFloat16});
  EXPECT_EQ(rough.Take("w", {2}).scalar_type(), at::kBFloat16);
  EXPECT_EQ(rough.TakeFloat("w", {2})[0].item<float>(), 1.5F);
}

}  // namespace
}  // namespace weft::models
