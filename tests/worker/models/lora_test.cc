#include "worker/models/lora.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/worker/models/ldm_file.h"
#include "worker/models/lora_merge.h"
#include "worker/models/model_parts.h"
#include "worker/models/torch_edge.h"
#include "worker/models/weights.h"

namespace weft::models {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kModel = WEFT_SOURCE_DIR "/tests/golden/cases/model_a";

// Small numbers that differ by place and `seed`.
std::vector<float> Numbers(std::size_t count, int seed) {
  std::vector<float> numbers(count);
  for (std::size_t i = 0; i < count; ++i) {
    numbers[i] = static_cast<float>((static_cast<int>(i) * 37 + seed * 11) % 23) / 64.0F - 0.15F;
  }
  return numbers;
}

class LoraTest : public testing::Test {
 protected:
  static void AddTensor(LdmFile& file,
                        const std::string& name,
                        const std::vector<std::int64_t>& shape,
                        int seed) {
    std::size_t count = 1;
    for (const std::int64_t side : shape) {
      count *= static_cast<std::size_t>(side);
    }
    AddNumbers(file, name, shape, Numbers(count, seed));
  }
  static void AddNumbers(LdmFile& file,
                         const std::string& name,
                         const std::vector<std::int64_t>& shape,
                         const std::vector<float>& numbers) {
    file.Add(name, "F32", shape,
             {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float)});
  }
  static void AddPair(LdmFile& file,
                      const std::string& down,
                      const std::vector<std::int64_t>& down_shape,
                      const std::string& up,
                      const std::vector<std::int64_t>& up_shape) {
    AddTensor(file, down, down_shape, 1);
    AddTensor(file, up, up_shape, 2);
  }

  Result<LoraMerges> Read(const LdmFile& file, double weight = 1.0) {
    file.Write(path_);
    return ReadLoras({{path_, weight}}, *unet_, *text_);
  }

  // The weight with what the only file of `merges` adds to it, and without.
  static std::pair<at::Tensor, at::Tensor> Merged(const LoraTerms& terms,
                                                  const PartTensors& tensors,
                                                  const std::string& name) {
    const at::Tensor before = ViewOf(tensors.tensors().at(name).held).to(at::kFloat);
    const at::Tensor after = Merge(before, terms.at(name));
    if (at::hasCUDA()) {  // A GPU's weights are merged there.
      UseExactDeviceKernels();
      const at::Tensor there = Merge(before.to(at::Device("cuda:0")), terms.at(name));
      EXPECT_TRUE(there.is_cuda());
      EXPECT_LE(there.to(at::kCPU).sub(after).abs().max().item<float>(), 1e-6);
    }
    return {after, before};
  }

  TestFolder folder_;
  std::string path_ = folder_ / "lora.safetensors";
  Result<PartTensors> unet_ = PartTensors::Open(Part::kUnet, kModel);
  Result<PartTensors> text_ = PartTensors::Open(Part::kTextEncoder, kModel);
};

TEST_F(LoraTest, AddsWeightTimesAlphaOverRankTimesUpTimesDown) {
  LdmFile file;
  const std::string module = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q";
  AddPair(file, module + ".lora_down.weight", {2, 32}, module + ".lora_up.weight", {32, 2});
  AddNumbers(file, module + ".alpha", {}, {3.0F});
  const auto merges = Read(file, 0.5);
  ASSERT_TRUE(merges) << merges.error().message();
  const auto [after, before] = Merged(
      merges->unet, *unet_, "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.weight");
  const std::vector<float> down = Numbers(64, 1);
  const std::vector<float> up = Numbers(64, 2);
  for (std::size_t row = 0; row < 32; ++row) {
    for (std::size_t column = 0; column < 32; ++column) {
      const float product = up[2 * row] * down[column] + up[2 * row + 1] * down[32 + column];
      const auto i = static_cast<std::int64_t>(row);
      const auto j = static_cast<std::int64_t>(column);
      EXPECT_NEAR(after[i][j].item<float>(),
                  before[i][j].item<float>() + 0.5F * 3.0F / 2.0F * product, 1e-6);
    }
  }
}

TEST_F(LoraTest, ComposesTheThreeConvolutionsOfACoreOfItsOwn) {
  LdmFile file;
  const std::string module = "lora_unet_mid_block_resnets_0_conv1";
  AddPair(file, module + ".lora_down.weight", {2, 64, 1, 1}, module + ".lora_up.weight",
          {64, 2, 1, 1});
  AddTensor(file, module + ".lora_mid.weight", {2, 2, 3, 3}, 3);
  const auto merges = Read(file);
  ASSERT_TRUE(merges) << merges.error().message();
  const auto [after, before] = Merged(merges->unet, *unet_, "mid_block.resnets.0.conv1.weight");
  const std::vector<float> down = Numbers(128, 1);
  const std::vector<float> up = Numbers(128, 2);
  const std::vector<float> mid = Numbers(36, 3);
  for (const std::size_t o : {0U, 17U, 63U}) {
    for (const std::size_t i : {0U, 5U, 63U}) {
      for (std::size_t k = 0; k < 9; ++k) {
        float sum = 0.0F;
        for (std::size_t a = 0; a < 2; ++a) {
          for (std::size_t b = 0; b < 2; ++b) {
            sum += up[2 * o + a] * mid[(2 * a + b) * 9 + k] * down[64 * b + i];
          }
        }
        const auto at = [&](const at::Tensor& weight) {
          return weight.reshape({-1})[static_cast<std::int64_t>((o * 64 + i) * 9 + k)]
              .item<float>();
        };
        EXPECT_NEAR(at(after), at(before) + sum, 1e-6);
      }
    }
  }
}

TEST_F(LoraTest, FindsLayersByDiffusersNamesAndByThoseOfLdm) {
  const std::string weight = "down_blocks.0.attentions.0.proj_in.weight";
  for (const std::string module :
       {"lora_unet_down_blocks_0_attentions_0_proj_in", "lora_unet_input_blocks_1_1_proj_in",
        "unet.down_blocks.0.attentions.0.proj_in", "diffusion_model.input_blocks.1.1.proj_in"}) {
    LdmFile file;
    AddPair(file, module + ".lora_down.weight", {2, 32, 1, 1}, module + ".lora_up.weight",
            {32, 2, 1, 1});
    const auto merges = Read(file);
    ASSERT_TRUE(merges) << module << merges.error().message();
    EXPECT_EQ(merges->unet.count(weight), 1U);
  }
  LdmFile upsampler;
  AddPair(upsampler, "lora_unet_output_blocks_5_2_conv.lora_down.weight", {2, 64, 3, 3},
          "lora_unet_output_blocks_5_2_conv.lora_up.weight", {64, 2, 1, 1});
  EXPECT_EQ(Read(upsampler)->unet.count("up_blocks.1.upsamplers.0.conv.weight"), 1U);
}

TEST_F(LoraTest, ReadsPeftsAndDiffusersPartsForBothNetworks) {
  LdmFile file;
  AddPair(file, "base_model.model.text_model.encoder.layers.0.self_attn.q_proj.lora_A.weight",
          {4, 64}, "base_model.model.text_model.encoder.layers.0.self_attn.q_proj.lora_B.weight",
          {64, 4});
  const std::string old = "unet.mid_block.attentions.0.transformer_blocks.0.attn2.processor.";
  AddPair(file, old + "to_out_lora.down.weight", {4, 64}, old + "to_out_lora.up.weight", {64, 4});
  const auto merges = Read(file);
  ASSERT_TRUE(merges) << merges.error().message();
  EXPECT_EQ(merges->text.count("text_model.encoder.layers.0.self_attn.q_proj.weight"), 1U);
  EXPECT_EQ(merges->unet.count("mid_block.attentions.0.transformer_blocks.0.attn2.to_out.0.weight"),
            1U);
}

TEST_F(LoraTest, NamesEveryKeyThatFitsNoLayerInOneMessage) {
  LdmFile file;
  AddTensor(file, "lora_unet_no_such_layer.lora_down.weight", {2, 32}, 1);
  AddTensor(file, "lora_unet_mid_block_resnets_0_conv1.hada_w1_a", {2, 32}, 1);
  AddTensor(file, "lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_up.weight", {256, 2}, 1);
  AddTensor(file, "lora_te_text_model_encoder_layers_0_mlp_fc1.lora_up.weight", {256, 2}, 1);
  AddPair(file, "lora_unet_mid_block_resnets_0_conv2.lora_down.weight", {2, 64, 3, 3},
          "lora_unet_mid_block_resnets_0_conv2.lora_up.weight", {63, 2, 1, 1});
  AddPair(file, "lora_unet_mid_block_resnets_1_conv2.lora_down.weight", {2, 64, 3, 3},
          "lora_unet_mid_block_resnets_1_conv2.lora_up.weight", {64, 2, 1, 1});
  const auto merges = Read(file);
  ASSERT_FALSE(merges);
  EXPECT_THAT(
      merges.error().message(),
      AllOf(HasSubstr(path_), HasSubstr("lora_unet_no_such_layer.lora_down.weight fits no layer"),
            HasSubstr("conv1.hada_w1_a fits no layer"), HasSubstr("lora_te2_text_model"),
            HasSubstr("lora_te_text_model_encoder_layers_0_mlp_fc1.lora_up.weight has no"),
            HasSubstr("lora_unet_mid_block_resnets_0_conv2.lora_up.weight has shape [63, 2, 1, 1]"),
            Not(HasSubstr("mid_block_resnets_1"))));
}

TEST_F(LoraTest, MergesSeveralFilesIntoALoadedModel) {
  LdmFile file;
  const std::string module = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q";
  AddPair(file, module + ".lora_down.weight", {2, 32}, module + ".lora_up.weight", {32, 2});
  file.Write(path_);
  const auto query = [&](const std::vector<LoraOption>& loras) {
    const auto parts =
        AtTorchEdge([&] { return LoadModelParts({.model = kModel, .loras = loras}, {}); });
    EXPECT_TRUE(parts) << parts.error().message();
    const Linear& layer = parts->unet.trunk.down[0].transformers[0].blocks[0].attn1.to_q;
    return layer.packed.values.defined() ? layer.packed.values : layer.weight;
  };
  const at::Tensor plain = query({});
  const at::Tensor once = query({{path_, 1.0}});
  const at::Tensor twice = query({{path_, 1.0}, {path_, -0.25}});
  const auto largest = [](const at::Tensor& difference) {
    return difference.abs().max().item<float>();
  };
  EXPECT_GT(largest(once.sub(plain)), 0.01F);
  EXPECT_LT(largest(twice.sub(plain).sub(once.sub(plain), 0.75)), 1e-6F);
}

}  // namespace
}  // namespace weft::models
