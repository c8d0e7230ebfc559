#include "worker/models/model_config.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "worker/models/config_fields.h"
#include "worker/models/derived_config.h"
#include "worker/models/part_tensors.h"

namespace weft::models {
namespace {

using nlohmann::json;

const std::vector<json> kSilu = {"silu", "swish"};

// True for `with`, false for `without`, at each level; anything else is refused.
std::vector<bool> BlockKinds(ConfigFields& fields,
                             const std::string& name,
                             const std::string& with,
                             const std::string& without) {
  std::vector<bool> kinds;
  for (const std::string& kind : fields.Strings(name)) {
    if (kind != with && kind != without) {
      fields.Refuse(name, "has " + kind);
    }
    kinds.push_back(kind == with);
  }
  return kinds;
}

void CheckLevels(ConfigFields& fields,
                 const std::string& name,
                 std::size_t found,
                 std::size_t wanted) {
  if (found != wanted) {
    fields.Reject(name, "has " + std::to_string(found) + " entries, block_out_channels " +
                            std::to_string(wanted));
  }
}

void CheckDivides(ConfigFields& fields,
                  const std::string& name,
                  const std::vector<int>& parts,
                  const std::vector<int>& channels) {
  for (std::size_t level = 0; level < channels.size(); ++level) {
    if (channels[level] % parts[std::min(level, parts.size() - 1)] != 0) {
      fields.Reject(name, "does not divide block_out_channels");
    }
  }
}

// Options of UNet2DConditionModel and ControlNetModel that Weft has one answer to.
void RefuseTrunkVariants(ConfigFields& fields) {
  fields.Only("act_fn", kSilu, "silu");
  fields.Only("mid_block_type", {"UNetMidBlock2DCrossAttn"}, "UNetMidBlock2DCrossAttn");
  fields.Only("mid_block_scale_factor", {1}, 1);
  fields.Only("downsample_padding", {1}, 1);
  fields.Only("resnet_time_scale_shift", {"default"}, "default");
  fields.Only("only_cross_attention", {false}, false);
  for (const char* name :
       {"addition_embed_type", "class_embed_type", "num_class_embeds", "encoder_hid_dim",
        "encoder_hid_dim_type", "num_attention_heads", "projection_class_embeddings_input_dim"}) {
    fields.Only(name, {nullptr}, nullptr);
  }
  fields.Ignore({"sample_size", "dropout", "addition_embed_type_num_heads"});
}

void ReadTrunk(ConfigFields& fields, UnetTrunkConfig& trunk) {
  trunk.in_channels = fields.Int("in_channels", 4);
  trunk.channels = fields.Ints("block_out_channels");
  const std::size_t levels = trunk.channels.size();
  trunk.down_attention =
      BlockKinds(fields, "down_block_types", "CrossAttnDownBlock2D", "DownBlock2D");
  CheckLevels(fields, "down_block_types", trunk.down_attention.size(), levels);
  trunk.layers = fields.IntPerLevel("layers_per_block", 2, levels);
  trunk.heads = fields.IntPerLevel("attention_head_dim", 8, levels);
  trunk.transformer_depth = fields.IntPerLevel("transformer_layers_per_block", 1, levels);
  trunk.context_width = fields.IntPerLevel("cross_attention_dim", 1280, levels);
  trunk.norm_groups = fields.Int("norm_num_groups", 32);
  trunk.norm_eps = fields.Double("norm_eps", 1e-5);
  trunk.linear_projection = fields.Bool("use_linear_projection", false);
  trunk.upcast_attention = fields.Bool("upcast_attention", false);
  trunk.flip_sin_to_cos = fields.Bool("flip_sin_to_cos", true);
  trunk.frequency_shift = fields.Double("freq_shift", 0.0);
  CheckDivides(fields, "norm_num_groups", {trunk.norm_groups}, trunk.channels);
  CheckDivides(fields, "attention_head_dim", trunk.heads, trunk.channels);
  RefuseTrunkVariants(fields);
}

// The file that decides on a part; empty where there is none and the tensors have to.
std::string ConfigOf(const std::string& model, const std::string& name) {
  if (!IsSingleFile(model)) {
    return model + "/" + name;
  }
  std::string beside = ConfigFolder(model) + "/" + name;
  std::error_code ignored;
  return std::filesystem::exists(beside, ignored) ? beside : "";
}

}  // namespace

std::string ConfigFolder(const std::string& file) {
  return std::filesystem::path(file).replace_extension(".config").string();
}

Status CheckModelIndex(const std::string& model) {
  if (IsSingleFile(model)) {
    return {};
  }
  WEFT_ASSIGN_OR_RETURN(ConfigFields fields, ConfigFields::Open(model + "/model_index.json"));
  fields.Only("_class_name",
              {"StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline",
               "StableDiffusionControlNetPipeline", "StableDiffusionControlNetImg2ImgPipeline"},
              nullptr);
  fields.Only("text_encoder", {json::array({"transformers", "CLIPTextModel"})}, nullptr);
  fields.Only("tokenizer",
              {json::array({"transformers", "CLIPTokenizer"}),
               json::array({"transformers", "CLIPTokenizerFast"})},
              nullptr);
  fields.Only("unet", {json::array({"diffusers", "UNet2DConditionModel"})}, nullptr);
  fields.Only("vae", {json::array({"diffusers", "AutoencoderKL"})}, nullptr);
  // The safety checker and what feeds it look at finished pictures; the scheduler has its own file;
  // the ControlNet is found by its folder.
  fields.Ignore({"scheduler", "safety_checker", "requires_safety_checker", "feature_extractor",
                 "image_encoder", "controlnet"});
  return fields.Finish();
}

std::optional<TimestepSpacing> TimestepSpacingNamed(const std::string& name) {
  if (name == "leading") {
    return TimestepSpacing::kLeading;
  }
  if (name == "trailing") {
    return TimestepSpacing::kTrailing;
  }
  return name == "linspace" ? std::optional(TimestepSpacing::kLinspace) : std::nullopt;
}

Result<NoiseScheduleConfig> ReadNoiseSchedule(const std::string& model) {
  const std::string path = ConfigOf(model, "scheduler/scheduler_config.json");
  if (path.empty()) {
    WEFT_ASSIGN_OR_RETURN(const PartTensors unet, PartTensors::Open(Part::kUnet, model));
    return DeriveNoiseSchedule(unet);
  }
  WEFT_ASSIGN_OR_RETURN(ConfigFields fields, ConfigFields::Open(path));
  // Absent fields mean what the named class of diffusers would take.
  const bool ddim = fields.String("_class_name", "DDIMScheduler") == "DDIMScheduler";
  NoiseScheduleConfig schedule;
  schedule.beta_start = fields.Double("beta_start", 0.0001);
  schedule.beta_end = fields.Double("beta_end", 0.02);
  schedule.beta_schedule = fields.String("beta_schedule", "linear");
  schedule.train_steps = fields.Int("num_train_timesteps", 1000);
  schedule.steps_offset = fields.IntFromZero("steps_offset", 0);
  schedule.set_alpha_to_one = fields.Bool("set_alpha_to_one", ddim);
  fields.Only("beta_schedule", {"scaled_linear", "linear", "squaredcos_cap_v2"}, "linear");
  fields.Only("prediction_type", {"epsilon", "v_prediction"}, "epsilon");
  if (fields.String("prediction_type", "epsilon") == "v_prediction") {
    schedule.prediction = Prediction::kVelocity;
  }
  fields.Only("trained_betas", {nullptr}, nullptr);
  fields.Only("rescale_betas_zero_snr", {false}, false);
  fields.Ignore({"clip_sample_range", "dynamic_thresholding_ratio", "sample_max_value"});
  // Absent, it is the running sampler's own and not the named class's, as in diffusers.
  fields.Only("timestep_spacing", {nullptr, "leading", "trailing", "linspace"}, nullptr);
  schedule.timestep_spacing = TimestepSpacingNamed(fields.String("timestep_spacing", ""));
  if (ddim) {
    fields.Only("clip_sample", {false}, true);
    fields.Only("thresholding", {false}, false);
    WEFT_RETURN_IF_ERROR(fields.Finish());
    return schedule;
  }
  // The named sampler's own options do not concern the one that a job chose; its noise schedule
  // does.
  fields.Ignore({"clip_sample", "thresholding", "skip_prk_steps", "use_karras_sigmas",
                 "interpolation_type", "algorithm_type", "solver_order", "solver_type",
                 "lower_order_final", "final_sigmas_type", "lambda_min_clipped", "variance_type",
                 "euler_at_final", "sigma_max", "sigma_min", "timestep_type",
                 "use_exponential_sigmas", "use_beta_sigmas"});
  WEFT_RETURN_IF_ERROR(fields.Finish());
  return schedule;
}

Result<TextEncoderConfig> ReadTextEncoderConfig(const std::string& model) {
  const std::string path = ConfigOf(model, "text_encoder/config.json");
  if (path.empty()) {
    WEFT_ASSIGN_OR_RETURN(const PartTensors tensors, PartTensors::Open(Part::kTextEncoder, model));
    return DeriveTextEncoderConfig(tensors);
  }
  WEFT_ASSIGN_OR_RETURN(ConfigFields fields, ConfigFields::Open(path));
  TextEncoderConfig config;
  config.vocabulary = fields.Int("vocab_size", 49408);
  config.width = fields.Int("hidden_size", 512);
  config.mlp_width = fields.Int("intermediate_size", 2048);
  config.layers = fields.Int("num_hidden_layers", 12);
  config.heads = fields.Int("num_attention_heads", 8);
  config.positions = fields.Int("max_position_embeddings", 77);
  config.norm_eps = fields.Double("layer_norm_eps", 1e-5);
  fields.Only("hidden_act", {"quick_gelu", "gelu"}, "quick_gelu");
  config.quick_gelu = fields.String("hidden_act", "quick_gelu") == "quick_gelu";
  fields.Only("architectures", {json::array({"CLIPTextModel"})}, json::array({"CLIPTextModel"}));
  fields.Only("model_type", {"clip_text_model"}, "clip_text_model");
  if (config.width % config.heads != 0) {
    fields.Reject("num_attention_heads", "does not divide hidden_size");
  }
  fields.Ignore({"attention_dropout", "bos_token_id", "eos_token_id", "pad_token_id", "dropout",
                 "initializer_factor", "initializer_range", "projection_dim", "torch_dtype",
                 "dtype", "transformers_version"});
  WEFT_RETURN_IF_ERROR(fields.Finish());
  return config;
}

Result<UnetConfig> ReadUnetConfig(const std::string& model) {
  const std::string path = ConfigOf(model, "unet/config.json");
  if (path.empty()) {
    WEFT_ASSIGN_OR_RETURN(const PartTensors tensors, PartTensors::Open(Part::kUnet, model));
    return DeriveUnetConfig(tensors);
  }
  WEFT_ASSIGN_OR_RETURN(ConfigFields fields, ConfigFields::Open(path));
  UnetConfig config;
  ReadTrunk(fields, config.trunk);
  config.out_channels = fields.Int("out_channels", 4);
  config.up_attention = BlockKinds(fields, "up_block_types", "CrossAttnUpBlock2D", "UpBlock2D");
  CheckLevels(fields, "up_block_types", config.up_attention.size(), config.trunk.channels.size());
  fields.Only("center_input_sample", {false}, false);
  fields.Only("dual_cross_attention", {false}, false);
  fields.Only("class_embeddings_concat", {false}, false);
  fields.Only("resnet_skip_time_act", {false}, false);
  fields.Only("resnet_out_scale_factor", {1}, 1);
  fields.Only("conv_in_kernel", {3}, 3);
  fields.Only("conv_out_kernel", {3}, 3);
  fields.Only("attention_type", {"default"}, "default");
  fields.Only("time_embedding_type", {"positional"}, "positional");
  for (const char* name :
       {"addition_time_embed_dim", "cross_attention_norm", "mid_block_only_cross_attention",
        "reverse_transformer_layers_per_block", "time_cond_proj_dim", "time_embedding_act_fn",
        "time_embedding_dim", "timestep_post_act"}) {
    fields.Only(name, {nullptr}, nullptr);
  }
  WEFT_RETURN_IF_ERROR(fields.Finish());
  return config;
}

Result<ControlNetConfig> ReadControlNetConfig(const std::string& controlnet) {
  const std::string path = IsSingleFile(controlnet) ? ConfigOf(controlnet, "controlnet/config.json")
                                                    : controlnet + "/config.json";
  if (path.empty()) {
    WEFT_ASSIGN_OR_RETURN(const PartTensors tensors,
                          PartTensors::Open(Part::kControlNet, controlnet));
    return DeriveControlNetConfig(tensors);
  }
  WEFT_ASSIGN_OR_RETURN(ConfigFields fields, ConfigFields::Open(path));
  ControlNetConfig config;
  ReadTrunk(fields, config.trunk);
  config.condition_channels = fields.Int("conditioning_channels", 3);
  config.condition_widths = fields.Ints("conditioning_embedding_out_channels");
  constexpr std::size_t kWidthsMax = 8;
  if (config.condition_widths.size() > kWidthsMax) {
    fields.Refuse("conditioning_embedding_out_channels",
                  "has " + std::to_string(config.condition_widths.size()) + " entries");
  }
  fields.Only("conditioning_channels", {3}, 3);
  fields.Only("controlnet_conditioning_channel_order", {"rgb"}, "rgb");
  fields.Only("global_pool_conditions", {false}, false);
  WEFT_RETURN_IF_ERROR(fields.Finish());
  return config;
}

Result<VaeConfig> ReadVaeConfig(const std::string& model) {
  const std::string path = IsSingleFile(model) ? ConfigOf(model, "vae/config.json")
                                               : PlaceOf(Part::kVae, model) + "/config.json";
  if (path.empty()) {
    WEFT_ASSIGN_OR_RETURN(const PartTensors tensors, PartTensors::Open(Part::kVae, model));
    return DeriveVaeConfig(tensors);
  }
  WEFT_ASSIGN_OR_RETURN(ConfigFields fields, ConfigFields::Open(path));
  VaeConfig config;
  config.image_channels = fields.Int("in_channels", 3);
  config.latent_channels = fields.Int("latent_channels", 4);
  config.channels = fields.Ints("block_out_channels");
  config.layers = fields.Int("layers_per_block", 1);
  config.norm_groups = fields.Int("norm_num_groups", 32);
  config.scaling_factor = fields.Double("scaling_factor", 0.18215);
  config.mid_attention = fields.Bool("mid_block_add_attention", true);
  config.quant_conv = fields.Bool("use_quant_conv", true);
  config.post_quant_conv = fields.Bool("use_post_quant_conv", true);
  config.force_upcast = fields.Bool("force_upcast", true);
  const std::size_t levels = config.channels.size();
  const auto down =
      BlockKinds(fields, "down_block_types", "DownEncoderBlock2D", "DownEncoderBlock2D");
  const auto up = BlockKinds(fields, "up_block_types", "UpDecoderBlock2D", "UpDecoderBlock2D");
  CheckLevels(fields, "down_block_types", down.size(), levels);
  CheckLevels(fields, "up_block_types", up.size(), levels);
  CheckDivides(fields, "norm_num_groups", {config.norm_groups}, config.channels);
  constexpr std::size_t kLevelsMax = 8;
  if (levels > kLevelsMax) {
    fields.Refuse("block_out_channels", "has " + std::to_string(levels) + " levels");
  }
  if (config.scaling_factor <= 0.0) {
    fields.Reject("scaling_factor", "is not above 0");
  }
  fields.Only("in_channels", {3}, 3);
  fields.Only("out_channels", {3}, 3);
  fields.Only("act_fn", kSilu, "silu");
  fields.Only("shift_factor", {nullptr, 0}, nullptr);
  fields.Only("latents_mean", {nullptr}, nullptr);
  fields.Only("latents_std", {nullptr}, nullptr);
  fields.Ignore({"sample_size"});
  WEFT_RETURN_IF_ERROR(fields.Finish());
  return config;
}

Result<int> ReadVaeFactor(const std::string& model) {
  WEFT_ASSIGN_OR_RETURN(const VaeConfig config, ReadVaeConfig(model));
  return config.factor();
}

}  // namespace weft::models
