#include "worker/models/ldm_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::models {
namespace {

using testing::ElementsAre;

// Stable Diffusion's: four levels of two resnets, no attention at the coarsest.
const TrunkLayout kSd = {{2, 2, 2, 2}, {false, true, true, true}};

TEST(LdmNames, AreThoseOfStableDiffusionsUnet) {
  const NameMap names(UnetNames(kSd));
  const std::vector<NamePair> known = {
      {"time_embed.2.bias", "time_embedding.linear_2.bias"},
      {"input_blocks.0.0.weight", "conv_in.weight"},
      {"input_blocks.1.0.in_layers.2.weight", "down_blocks.0.resnets.0.conv1.weight"},
      {"input_blocks.2.1.transformer_blocks.0.attn1.to_out.0.bias",
       "down_blocks.0.attentions.1.transformer_blocks.0.attn1.to_out.0.bias"},
      {"input_blocks.3.0.op.weight", "down_blocks.0.downsamplers.0.conv.weight"},
      {"input_blocks.4.0.skip_connection.weight", "down_blocks.1.resnets.0.conv_shortcut.weight"},
      {"input_blocks.9.0.op.bias", "down_blocks.2.downsamplers.0.conv.bias"},
      {"input_blocks.11.0.emb_layers.1.weight", "down_blocks.3.resnets.1.time_emb_proj.weight"},
      {"middle_block.1.proj_in.weight", "mid_block.attentions.0.proj_in.weight"},
      {"middle_block.2.out_layers.0.bias", "mid_block.resnets.1.norm2.bias"},
      {"output_blocks.0.0.out_layers.3.bias", "up_blocks.0.resnets.0.conv2.bias"},
      {"output_blocks.2.1.conv.weight", "up_blocks.0.upsamplers.0.conv.weight"},
      {"output_blocks.5.2.conv.weight", "up_blocks.1.upsamplers.0.conv.weight"},
      {"output_blocks.5.1.norm.weight", "up_blocks.1.attentions.2.norm.weight"},
      {"output_blocks.8.2.conv.bias", "up_blocks.2.upsamplers.0.conv.bias"},
      {"output_blocks.11.1.proj_out.weight", "up_blocks.3.attentions.2.proj_out.weight"},
      {"out.0.weight", "conv_norm_out.weight"},
      {"out.2.bias", "conv_out.bias"}};
  for (const NamePair& pair : known) {
    EXPECT_EQ(names.ToDiffusers(pair.ldm), pair.diffusers);
    EXPECT_EQ(names.ToLdm(pair.diffusers), pair.ldm);
  }
  EXPECT_EQ(names.ToDiffusers("label_emb.0.0.weight"), "label_emb.0.0.weight");
  EXPECT_EQ(names.ToDiffusers("out.20.weight"), "out.20.weight");
}

TEST(LdmNames, CountTheVaesDecoderFromTheFineEnd) {
  const NameMap names(VaeNames(4));
  EXPECT_EQ(names.ToDiffusers("decoder.up.3.block.2.conv1.weight"),
            "decoder.up_blocks.0.resnets.2.conv1.weight");
  EXPECT_EQ(names.ToDiffusers("decoder.up.0.block.0.nin_shortcut.bias"),
            "decoder.up_blocks.3.resnets.0.conv_shortcut.bias");
  EXPECT_EQ(names.ToDiffusers("encoder.down.1.downsample.conv.weight"),
            "encoder.down_blocks.1.downsamplers.0.conv.weight");
  EXPECT_EQ(names.ToDiffusers("encoder.mid.attn_1.proj_out.weight"),
            "encoder.mid_block.attentions.0.to_out.0.weight");
  EXPECT_EQ(names.ToLdm("decoder.conv_norm_out.bias"), "decoder.norm_out.bias");
}

TEST(LdmNames, FindTheLayoutOfAControlNetOfAnyDepth) {
  const Names names = {"input_blocks.0.0.weight", "input_blocks.1.0.in_layers.2.weight",
                       "input_blocks.2.0.op.bias", "input_blocks.3.0.in_layers.2.weight",
                       "input_blocks.4.0.emb_layers.1.bias"};
  EXPECT_THAT(LayoutOfLdm(names).layers, ElementsAre(1, 2));
  const NameMap map(ControlNetNames(LayoutOfLdm(names), 4));
  EXPECT_EQ(map.ToDiffusers("zero_convs.4.0.bias"), "controlnet_down_blocks.4.bias");
  EXPECT_EQ(map.ToDiffusers("input_hint_block.2.weight"),
            "controlnet_cond_embedding.blocks.0.weight");
  EXPECT_EQ(map.ToDiffusers("input_hint_block.6.weight"),
            "controlnet_cond_embedding.conv_out.weight");
}

TEST(LdmNames, PutThreeNamesBesideOpenClipsProjection) {
  const NameMap names(OpenClipNames(2));
  EXPECT_EQ(names.ToLdm("text_model.encoder.layers.1.self_attn.v_proj.bias"),
            "transformer.resblocks.1.attn.in_proj_bias");
  EXPECT_EQ(names.ToDiffusers("transformer.resblocks.0.mlp.c_proj.weight"),
            "text_model.encoder.layers.0.mlp.fc2.weight");
  EXPECT_EQ(names.ToDiffusers("positional_embedding"),
            "text_model.embeddings.position_embedding.weight");
}

TEST(LdmNames, CountsOnlyNumbersThatAModelCanHave) {
  EXPECT_EQ(CountNumbered({"b.7.x", "b.99999999999999999999.x", "b.x"}, "b."), 8);
  EXPECT_EQ(CountNumbered({}, "b."), 0);
}

}  // namespace
}  // namespace weft::models
