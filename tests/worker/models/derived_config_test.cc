#include "worker/models/derived_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/worker/models/sd_headers.h"
#include "worker/models/model_cost.h"

namespace weft::models {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

class DerivedConfig : public testing::Test {
 protected:
  // Names that no diffusers model has.
  static std::vector<std::string> Unknown(const PartTensors& tensors) {
    std::vector<std::string> unknown;
    for (const std::string& name : tensors.names()) {
      for (const char* ldm : {"?", "input_blocks", "output_blocks", "middle_block", "in_layers",
                              "emb_layers", "resblocks", "nin_shortcut", "encoder.down.",
                              "decoder.up.", ".mid.", "zero_convs", "input_hint", "time_embed."}) {
        if (name.find(ldm) != std::string::npos) {
          unknown.push_back(name);
        }
      }
    }
    return unknown;
  }
  static void ExpectTrunkOfSd(const UnetTrunkConfig& trunk) {
    EXPECT_THAT(trunk.channels, ElementsAre(320, 640, 1280, 1280));
    EXPECT_THAT(trunk.layers, Each(2));
    EXPECT_THAT(trunk.down_attention, ElementsAre(true, true, true, false));
    EXPECT_THAT(trunk.transformer_depth, Each(1));
    EXPECT_EQ(trunk.in_channels, 4);
    EXPECT_EQ(trunk.norm_groups, 32);
  }

  TestFolder folder_;
  std::string path_ = folder_ / "model.safetensors";
};

TEST_F(DerivedConfig, KnowsStableDiffusion15) {
  WriteSd15(path_);
  const auto unet = ReadUnetConfig(path_);
  ASSERT_TRUE(unet) << unet.error().message();
  ExpectTrunkOfSd(unet->trunk);
  EXPECT_THAT(unet->trunk.heads, Each(8));
  EXPECT_THAT(unet->trunk.context_width, Each(768));
  EXPECT_FALSE(unet->trunk.linear_projection);
  EXPECT_EQ(unet->out_channels, 4);
  EXPECT_THAT(unet->up_attention, ElementsAre(false, true, true, true));
  const auto text = ReadTextEncoderConfig(path_);
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(text->vocabulary, 49408);
  EXPECT_EQ(text->width, 768);
  EXPECT_EQ(text->mlp_width, 3072);
  EXPECT_EQ(text->layers, 12);
  EXPECT_EQ(text->heads, 12);
  EXPECT_EQ(text->positions, 77);
  EXPECT_TRUE(text->quick_gelu);
  const auto vae = ReadVaeConfig(path_);
  ASSERT_TRUE(vae) << vae.error().message();
  EXPECT_THAT(vae->channels, ElementsAre(128, 256, 512, 512));
  EXPECT_EQ(vae->layers, 2);
  EXPECT_EQ(vae->latent_channels, 4);
  EXPECT_TRUE(vae->mid_attention && vae->quant_conv && vae->post_quant_conv);
  EXPECT_EQ(ReadVaeFactor(path_).value(), 8);
  EXPECT_EQ(ReadNoiseSchedule(path_)->prediction, Prediction::kEpsilon);
}

TEST_F(DerivedConfig, KnowsStableDiffusion21) {
  WriteSd21(path_);
  const auto unet = ReadUnetConfig(path_);
  ASSERT_TRUE(unet) << unet.error().message();
  ExpectTrunkOfSd(unet->trunk);
  EXPECT_THAT(unet->trunk.heads, ElementsAre(5, 10, 20, 20));
  EXPECT_THAT(unet->trunk.context_width, Each(1024));
  EXPECT_TRUE(unet->trunk.linear_projection);
  EXPECT_TRUE(unet->trunk.upcast_attention);
  const auto text = ReadTextEncoderConfig(path_);
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(text->layers, 23);
  EXPECT_EQ(text->heads, 16);
  EXPECT_EQ(text->width, 1024);
  EXPECT_EQ(text->mlp_width, 4096);
  EXPECT_FALSE(text->quick_gelu);
  EXPECT_EQ(ReadNoiseSchedule(path_)->prediction, Prediction::kVelocity);
}

TEST_F(DerivedConfig, RenamesEveryTensorOfTheKnownModels) {
  for (const bool first : {true, false}) {
    first ? WriteSd15(path_) : WriteSd21(path_);
    for (const Part part : {Part::kUnet, Part::kVae, Part::kTextEncoder}) {
      const auto tensors = PartTensors::Open(part, path_);
      ASSERT_TRUE(tensors) << tensors.error().message();
      EXPECT_THAT(Unknown(*tensors), ElementsAre());
      for (const auto& [name, tensor] : tensors->tensors()) {
        EXPECT_EQ(tensors->StoredName(name), tensor.stored_name);
      }
    }
  }
  const auto text = PartTensors::Open(Part::kTextEncoder, path_);
  const auto& layer = text->tensors();
  const std::string attention = "text_model.encoder.layers.22.self_attn.";
  const StoredTensor& query = layer.at(attention + "q_proj.weight").held.tensor;
  const StoredTensor& value = layer.at(attention + "v_proj.weight").held.tensor;
  EXPECT_THAT(query.shape, ElementsAre(1024, 1024));
  EXPECT_EQ(value.bytes - query.bytes, 2 * 2 * 1024 * 1024);
  EXPECT_EQ(layer.count("text_model.encoder.layers.23.mlp.fc1.weight"), 0U);
}

TEST_F(DerivedConfig, LetsMetadataOrASchedulerFileDecideThePrediction) {
  WriteSd21(path_, {{"modelspec.prediction_type", "epsilon"}});
  EXPECT_EQ(ReadNoiseSchedule(path_)->prediction, Prediction::kEpsilon);
  WriteSd21(path_, {{"modelspec.architecture", "stable-diffusion-v2-768-v"}});
  EXPECT_EQ(ReadNoiseSchedule(path_)->prediction, Prediction::kVelocity);
  WriteSd21(path_, {{"modelspec.architecture", "stable-diffusion-v2-512"}});
  EXPECT_EQ(ReadNoiseSchedule(path_)->prediction, Prediction::kEpsilon);
  std::filesystem::create_directories(folder_ / "model.config/scheduler");
  WriteText(folder_ / "model.config/scheduler/scheduler_config.json",
            R"({"_class_name": "DDIMScheduler", "prediction_type": "v_prediction",
                "clip_sample": false})");
  EXPECT_EQ(ReadNoiseSchedule(path_)->prediction, Prediction::kVelocity);
}

TEST_F(DerivedConfig, KnowsAnOriginalControlNet) {
  for (const std::string root : {"control_model.", ""}) {
    WriteSd15ControlNet(path_, root);
    const auto net = ReadControlNetConfig(path_);
    ASSERT_TRUE(net) << net.error().message();
    ExpectTrunkOfSd(net->trunk);
    EXPECT_THAT(net->trunk.heads, Each(8));
    EXPECT_THAT(net->condition_widths, ElementsAre(16, 32, 96, 256));
    const auto tensors = PartTensors::Open(Part::kControlNet, path_);
    EXPECT_THAT(Unknown(*tensors), ElementsAre());
    EXPECT_EQ(tensors->StoredName("controlnet_cond_embedding.conv_out.bias"),
              root + "input_hint_block.14.bias");
  }
}

TEST_F(DerivedConfig, KnowsAVaeOnItsOwn) {
  for (const std::string root : {"", "first_stage_model."}) {
    HeaderWriter writer;
    AddSdVae(writer, root);
    writer.Write(path_);
    EXPECT_THAT(ReadVaeConfig(path_)->channels, ElementsAre(128, 256, 512, 512));
    EXPECT_THAT(PartTensors::Open(Part::kVae, path_)
                    ->tensors()
                    .at("decoder.mid_block.attentions.0.to_out.0.weight")
                    .held.tensor.shape,
                ElementsAre(512, 512));
  }
}

TEST_F(DerivedConfig, CountsTheWorkOfASingleFileAsThatOfAFolder) {
  WriteSd15(path_);
  std::filesystem::create_directories(folder_ / "unet");
  std::filesystem::create_directories(folder_ / "vae");
  WriteText(folder_ / "unet/config.json", R"({
    "block_out_channels": [320, 640, 1280, 1280], "cross_attention_dim": 768,
    "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D",
                         "DownBlock2D"],
    "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D",
                       "CrossAttnUpBlock2D"]})");
  WriteText(folder_ / "vae/config.json", R"({
    "block_out_channels": [128, 256, 512, 512], "layers_per_block": 2,
    "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D",
                         "DownEncoderBlock2D"],
    "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D",
                       "UpDecoderBlock2D"]})");
  const auto folder = EstimateCost({.model = folder_.string()}, 512, 512);
  const auto file = EstimateCost({.model = path_}, 512, 512);
  ASSERT_TRUE(folder) << folder.error().message();
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->unet_step, folder->unet_step);
  EXPECT_EQ(file->unet_step_anchor, folder->unet_step_anchor);
  EXPECT_EQ(file->vae_decode, folder->vae_decode);
  EXPECT_EQ(file->vae_encode, folder->vae_encode);
}

TEST_F(DerivedConfig, TakesTheMajoritysWordForASize) {
  HeaderWriter writer;
  AddSdUnet(writer, {});
  writer.shapes.erase("model.diffusion_model.input_blocks.1.0.in_layers.2.weight");
  writer.shapes["model.diffusion_model.input_blocks.2.0.out_layers.3.weight"] = {160, 640, 3, 3};
  writer.Write(path_);
  const auto unet = ReadUnetConfig(path_);
  ASSERT_TRUE(unet) << unet.error().message();
  EXPECT_THAT(unet->trunk.channels, ElementsAre(320, 640, 1280, 1280));
}

TEST_F(DerivedConfig, RefusesWhatItCannotRunByName) {
  const auto message = [&](const HeaderWriter& writer) {
    writer.Write(path_);
    const auto unet = ReadUnetConfig(path_);
    EXPECT_FALSE(unet);
    return unet ? std::string() : unet.error().message();
  };
  HeaderWriter sdxl;
  sdxl.Add("conditioner.embedders.0.transformer.text_model.x", {1});
  sdxl.Add("model.diffusion_model.input_blocks.0.0.weight", {320, 4, 3, 3});
  EXPECT_THAT(message(sdxl), AllOf(HasSubstr(path_), HasSubstr("SDXL")));
  HeaderWriter inpainting;
  AddSdUnet(inpainting, {});
  inpainting.shapes["model.diffusion_model.input_blocks.0.0.weight"] = {320, 9, 3, 3};
  EXPECT_THAT(message(inpainting), HasSubstr("input_blocks.0.0.weight sees more"));
  HeaderWriter nothing;
  nothing.Add("w", {1});
  EXPECT_THAT(message(nothing), HasSubstr("no tensor is named model.diffusion_model.*"));
}

}  // namespace
}  // namespace weft::models
