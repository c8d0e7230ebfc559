// What a model says about its parts, without LibTorch: a diffusers folder in its *.json files, a
// single file in the names and shapes of its tensors. Every field that changes the computation is
// here or is refused.

#pragma once

#include <string>
#include <vector>

#include "common/result.h"

namespace weft::models {

enum class Prediction { kEpsilon, kVelocity };

// What of scheduler/scheduler_config.json matters to DDIM.
struct NoiseScheduleConfig {
  double beta_start = 0.00085;
  double beta_end = 0.012;
  std::string beta_schedule = "scaled_linear";  // Or "linear".
  int train_steps = 1000;
  int steps_offset = 1;
  bool set_alpha_to_one = false;
  std::string timestep_spacing = "leading";  // "leading", "trailing" or "linspace".
  Prediction prediction = Prediction::kEpsilon;
};

// CLIPTextModel.
struct TextEncoderConfig {
  int vocabulary = 0;
  int width = 0;
  int mlp_width = 0;
  int layers = 0;
  int heads = 0;
  int positions = 77;
  double norm_eps = 1e-5;
  bool quick_gelu = true;  // x * sigmoid(1.702 x); else the exact GELU.
};

// What UNet2DConditionModel and ControlNetModel have in common. Lists run from the finest level.
struct UnetTrunkConfig {
  int in_channels = 4;
  std::vector<int> channels;           // block_out_channels
  std::vector<bool> down_attention;    // CrossAttnDownBlock2D?
  std::vector<int> layers;             // layers_per_block
  std::vector<int> heads;              // attention_head_dim: the number of heads, as in SD 1.5
  std::vector<int> transformer_depth;  // transformer_layers_per_block
  std::vector<int> context_width;      // cross_attention_dim
  int norm_groups = 32;
  double norm_eps = 1e-5;
  bool linear_projection = false;  // proj_in and proj_out as [C, C], else as [C, C, 1, 1]
  bool upcast_attention = false;   // Softmax in float32 whatever the data type.
  bool flip_sin_to_cos = true;     // Cosines first.
  double frequency_shift = 0.0;
};

struct UnetConfig {
  UnetTrunkConfig trunk;
  int out_channels = 4;
  std::vector<bool> up_attention;  // From the coarsest level, as up_block_types.
};

struct ControlNetConfig {
  UnetTrunkConfig trunk;
  int condition_channels = 3;
  std::vector<int> condition_widths;  // Each after the first halves the size.
};

// AutoencoderKL.
struct VaeConfig {
  int image_channels = 3;
  int latent_channels = 4;
  std::vector<int> channels;  // block_out_channels
  int layers = 2;
  int norm_groups = 32;
  double scaling_factor = 0.18215;
  bool mid_attention = true;
  bool quant_conv = true;
  bool post_quant_conv = true;
  bool force_upcast = true;  // float32 where the rest is float16

  // Pixels per latent cell.
  [[nodiscard]] int factor() const { return 1 << (channels.size() - 1); }
};

// Beside a single file MODEL.safetensors may lie a folder MODEL.config of diffusers' *.json files
// (unet/config.json, scheduler/scheduler_config.json, …) and a tokenizer/. What is there decides;
// the rest is told by the tensors. Returns that folder's path, whether it is there or not.
std::string ConfigFolder(const std::string& file);

// model: a diffusers folder, of which each reads one file, or a single .safetensors file, of which
// derived_config.h says what its tensors tell.
// kNotFound, kInvalidArgument: the file is missing or makes no sense.  kUnsupported: names file and
// field.
Status CheckModelIndex(const std::string& model);
Result<NoiseScheduleConfig> ReadNoiseSchedule(const std::string& model);
Result<TextEncoderConfig> ReadTextEncoderConfig(const std::string& model);
Result<UnetConfig> ReadUnetConfig(const std::string& model);

// model: may also be the VAE's own folder, or a file of nothing but a VAE.
Result<VaeConfig> ReadVaeConfig(const std::string& model);

// controlnet: the net's own folder, such as FOLDER/controlnet, or a file.
Result<ControlNetConfig> ReadControlNetConfig(const std::string& controlnet);

// Pixels per latent cell, from the configuration alone; for a probe, which has no need of the
// weights.
Result<int> ReadVaeFactor(const std::string& model);

}  // namespace weft::models
