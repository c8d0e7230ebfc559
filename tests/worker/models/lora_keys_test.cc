#include "worker/models/lora_keys.h"

#include <gtest/gtest.h>

namespace weft::models {
namespace {

struct Known {
  std::string key;
  bool text;
  std::string module;
  LoraRole role;
};

TEST(LoraKeys, ReadTheSpellingsOfAllTrainers) {
  const std::string attention = "down_blocks.0.attentions.1.transformer_blocks.0.attn1";
  const std::string found = "down_blocks_0_attentions_1_transformer_blocks_0_attn1_to_q";
  const std::string text = "text_model.encoder.layers.3.self_attn";
  const std::string text_found = "text_model_encoder_layers_3_self_attn_q_proj";
  const std::vector<Known> keys = {
      {"lora_unet_mid_block_resnets_0_conv1.lora_mid.weight", false, "mid_block_resnets_0_conv1",
       LoraRole::kMid},
      {"lora_unet_input_blocks_1_1_proj_in.alpha", false, "input_blocks_1_1_proj_in",
       LoraRole::kAlpha},
      {"lora_te_text_model_encoder_layers_3_mlp_fc1.lora_up.weight", true,
       "text_model_encoder_layers_3_mlp_fc1", LoraRole::kUp},
      {"unet." + attention + ".to_q.lora_A.weight", false, found, LoraRole::kDown},
      {"base_model.model." + attention + ".to_q.lora_B.weight", false, found, LoraRole::kUp},
      {"base_model.model." + text + ".q_proj.lora_A.default.weight", true, text_found,
       LoraRole::kDown},
      {"unet." + attention + ".processor.to_q_lora.down.weight", false, found, LoraRole::kDown},
      {attention + ".processor.to_q_lora.up.weight", false, found, LoraRole::kUp},
      {"unet." + attention + ".to_q.lora.down.weight", false, found, LoraRole::kDown},
      {"text_encoder." + text + ".q_proj.lora_linear_layer.up.weight", true, text_found,
       LoraRole::kUp},
      {"text_encoder." + text + ".to_q_lora.down.weight", true, text_found, LoraRole::kDown},
      {"diffusion_model.input_blocks.1.1.proj_in.lora_A.weight", false, "input_blocks_1_1_proj_in",
       LoraRole::kDown}};
  for (const Known& known : keys) {
    const auto key = ParseLoraKey(known.key);
    ASSERT_TRUE(key) << known.key;
    EXPECT_EQ(key->text, known.text) << known.key;
    EXPECT_EQ(key->module, known.module) << known.key;
    EXPECT_EQ(key->role, known.role) << known.key;
  }
}

TEST(LoraKeys, KnowWhatIsNoLora) {
  for (const char* key : {"lora_unet_mid_block_resnets_0_conv1.hada_w1_a", "lora_unet_x.lokr_w1",
                          "x.dora_scale", "lora_unet_x.diff_b", ".alpha", "alpha", ""}) {
    EXPECT_FALSE(ParseLoraKey(key)) << key;
  }
}

}  // namespace
}  // namespace weft::models
