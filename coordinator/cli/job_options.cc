#include "coordinator/cli/job_options.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "coordinator/cli/deflicker_fields.h"
#include "coordinator/core/job_kind.h"

namespace weft::cli {
namespace {

constexpr std::uint32_t kSmoothEvery = 5;
constexpr std::size_t kControlsMax = 8;
constexpr std::array kContainers = {".mp4", ".mov", ".mkv"};

constexpr std::uint32_t kAnchors = 3;

bool AttendsToAnchors(const JobOptions& options) {
  return options.attention.kind() == v1::ATTENTION_KIND_UNSPECIFIED ||
         options.attention.kind() == v1::ATTENTION_KIND_ANCHORS;
}

bool AttendsJointly(const JobOptions& options) {
  return !AttendsToAnchors(options) && options.attention.kind() != v1::ATTENTION_KIND_SELF;
}

bool OnCpu(const JobOptions& options) {
  return options.device == "cpu";
}

std::vector<std::uint32_t> EveryFifthStep(std::uint32_t steps) {
  std::vector<std::uint32_t> chosen;
  for (std::uint32_t step = kSmoothEvery - 1; step < steps; step += kSmoothEvery) {
    chosen.push_back(step);
  }
  return chosen;
}

Status Missing(const std::string& field, const std::string& what) {
  return Failure(ErrorCode::kInvalidArgument, field + " is missing: " + what);
}

Status CheckSources(const JobOptions& options) {
  if (options.input.empty()) {
    return Missing("input", "name the clip to render, or a job file that does");
  }
  if (options.model.empty()) {
    return Missing("model", "name a diffusers folder or a .safetensors file with --model PATH");
  }
  return {};
}

Status CheckOutput(const JobOptions& options) {
  if (options.output.empty()) {
    return Missing("output", "name the file to write with -o FILE");
  }
  const std::string extension = std::filesystem::path(options.output).extension().string();
  if (options.lossless && extension != ".mkv") {
    return Failure(ErrorCode::kInvalidArgument,
                   "output: lossless video (FFV1) needs a Matroska file; name it .mkv, not \"" +
                       options.output + "\"");
  }
  if (std::find(kContainers.begin(), kContainers.end(), extension) == kContainers.end()) {
    return Failure(ErrorCode::kInvalidArgument,
                   "output: must end in .mp4, .mov or .mkv, not \"" + options.output + "\"");
  }
  if (options.lossless && options.gop) {
    return Failure(ErrorCode::kInvalidArgument, "gop: every frame of a lossless file stands alone");
  }
  if (!options.seams && options.seam_checks.value_or(0) > 0) {
    return Failure(ErrorCode::kInvalidArgument, "seam-checks: the seam report is left out");
  }
  return {};
}

// Only the first ControlNet can be the one that a model brings along.
Status CheckControls(const JobOptions& options) {
  if (options.controls.size() > kControlsMax) {
    return Failure(ErrorCode::kInvalidArgument,
                   "control: at most 8, not " + std::to_string(options.controls.size()));
  }
  const bool single_file = std::filesystem::path(options.model).extension() == ".safetensors";
  for (std::size_t i = 0; i < options.controls.size(); ++i) {
    if (options.controls[i].net_path().empty() && (i > 0 || single_file)) {
      return Failure(ErrorCode::kInvalidArgument,
                     "control " + std::to_string(i + 1) +
                         ": name its ControlNet with net=PATH; only the first control can do "
                         "without, where the model is a folder that holds controlnet/");
    }
  }
  return {};
}

Status CheckSampler(const JobOptions& options) {
  const bool is_ddim = options.sampler == v1::SAMPLER_DDIM;
  if (!is_ddim && options.smooth_steps && !options.smooth_steps->empty()) {
    return Failure(ErrorCode::kInvalidArgument,
                   "smooth-steps: smoothing between steps works with sampler ddim only; leave "
                   "smooth-steps out, or take ddim");
  }
  if (!is_ddim && options.eta != 0) {
    return Failure(ErrorCode::kInvalidArgument, "eta: only sampler ddim has it");
  }
  if (options.karras && options.sampler != v1::SAMPLER_EULER &&
      options.sampler != v1::SAMPLER_DPMPP_2M) {
    return Failure(ErrorCode::kInvalidArgument, "karras: only samplers euler and dpmpp2m have it");
  }
  return {};
}

Status CheckControlNetsAttend(const JobOptions& options) {
  if (!options.controlnets_attend) {
    return {};
  }
  if (options.attention.kind() == v1::ATTENTION_KIND_SELF) {
    return Failure(ErrorCode::kInvalidArgument,
                   "controlnets-attend: with attention self, frames attend to no others");
  }
  if (options.controls.empty()) {
    return Failure(ErrorCode::kInvalidArgument,
                   "controlnets-attend: there is no ControlNet; name one with --control");
  }
  return {};
}

Status CheckAttention(const JobOptions& options) {
  WEFT_RETURN_IF_ERROR(CheckControlNetsAttend(options));
  if (!options.look_job.empty()) {
    return Failure(ErrorCode::kInvalidArgument,
                   "anchors: from:" + options.look_job +
                       " names a job of a farm: hand this one in with weft submit; here, "
                       "--anchors-from takes the file that another render saves");
  }
  if (AttendsToAnchors(options)) {
    return {};
  }
  if (options.anchors.value_or(0) > 0) {
    return Failure(ErrorCode::kInvalidArgument,
                   "anchors: with this attention, frames attend to no anchors; leave anchors out");
  }
  const bool joint = AttendsJointly(options);
  if (joint && (options.sampler == v1::SAMPLER_DPMPP_2M || options.sampler == v1::SAMPLER_PNDM)) {
    return Failure(ErrorCode::kInvalidArgument,
                   "attention: frames that attend jointly need sampler ddim or euler, whose steps "
                   "go on from the latents alone");
  }
  return {};
}

Status CheckExchange(const JobOptions& options) {
  const bool none = options.exchange == v1::EXCHANGE_NONE;
  if (!none && options.overlap) {
    return Failure(ErrorCode::kInvalidArgument,
                   "overlap: chunks overlap with --exchange none alone");
  }
  if (options.round_steps > 0 && !AttendsJointly(options)) {
    return Failure(ErrorCode::kInvalidArgument,
                   "round-steps: only where frames attend jointly, by windows or patterns, do "
                   "chunks exchange latents within a round");
  }
  if (none && AttendsJointly(options)) {
    return Failure(ErrorCode::kInvalidArgument,
                   "exchange: none is for attention anchors and self; frames that attend jointly "
                   "need their neighbours");
  }
  return {};
}

Status CheckCombination(const JobOptions& options) {
  if (OnCpu(options) && options.data_type == v1::DATA_TYPE_FLOAT16) {
    return Failure(ErrorCode::kInvalidArgument,
                   "dtype: float16 needs a GPU; on cpu use float32 or bfloat16");
  }
  if (options.smooth_steps && !options.smooth_steps->empty() &&
      options.smooth_steps->back() >= options.steps) {
    return Failure(ErrorCode::kInvalidArgument,
                   "smooth-steps: step " + std::to_string(options.smooth_steps->back()) +
                       " does not exist; " + std::to_string(options.steps) +
                       " steps are numbered 0 to " + std::to_string(options.steps - 1));
  }
  return {};
}

std::vector<std::uint32_t> SmoothSteps(const JobOptions& options) {
  if (options.smooth_steps) {
    return *options.smooth_steps;
  }
  return options.sampler == v1::SAMPLER_DDIM ? EveryFifthStep(options.steps)
                                             : std::vector<std::uint32_t>{};
}

void SetModel(const JobOptions& options, v1::JobSpec& spec) {
  spec.set_model_path(options.model);
  spec.set_vae_path(options.vae);
  spec.set_tokenizer_path(options.tokenizer);
  spec.mutable_loras()->Assign(options.loras.begin(), options.loras.end());
  spec.mutable_embedding_paths()->Assign(options.embeddings.begin(), options.embeddings.end());
  spec.set_clip_skip(options.clip_skip);
}

void SetSampler(const JobOptions& options, v1::JobSpec& spec) {
  spec.set_sampler(options.sampler);
  spec.set_eta(options.eta);
  spec.set_timestep_spacing(options.spacing);
  spec.set_karras_sigmas(options.karras);
  spec.set_guess_mode(options.guess_mode);
}

// What every kind of job has.
v1::JobSpec CommonSpec(const JobOptions& options) {
  constexpr std::uint32_t kGroupUsual = 120;
  v1::JobSpec spec;
  spec.set_kind(options.kind);
  spec.set_input_path(options.input);
  spec.set_output_path(options.output);
  spec.set_seed(options.seed);
  if (options.frames) {
    *spec.mutable_frames() = *options.frames;
  }
  spec.set_chunk_frames(options.chunk);
  spec.set_lossless(options.lossless);
  spec.set_high_bit_depth(options.high_bit_depth);
  spec.set_group_frames(options.lossless ? 0 : options.gop.value_or(kGroupUsual));
  spec.set_seam_report(options.seams);
  spec.set_seam_checks(options.seams ? options.seam_checks.value_or(1) : 0);
  spec.set_verify_tasks(options.verify);
  spec.set_steady_colours(options.steady_colours);
  return spec;
}

v1::JobSpec RenderSpec(const JobOptions& options) {
  v1::JobSpec spec = CommonSpec(options);
  constexpr std::uint32_t kRenderWindow = 4;
  spec.set_window(options.window.value_or(kRenderWindow));
  SetModel(options, spec);
  SetSampler(options, spec);
  spec.set_prompt(options.prompt);
  spec.set_negative_prompt(options.negative);
  spec.set_steps(options.steps);
  spec.set_guidance(options.guidance);
  spec.set_strength(options.strength);
  if (options.size) {
    *spec.mutable_size() = *options.size;
  }
  spec.mutable_controls()->Assign(options.controls.begin(), options.controls.end());
  for (const std::uint32_t step : SmoothSteps(options)) {
    spec.add_smooth_steps(step);
  }
  spec.set_exchange(options.exchange);
  if (options.exchange == v1::EXCHANGE_NONE) {
    constexpr std::uint32_t kOverlapUsual = 2;
    spec.set_overlap_frames(options.overlap.value_or(kOverlapUsual));
  }
  spec.set_final_pass(options.final_pass);
  spec.set_previews(options.previews);
  spec.set_contrast(options.contrast);
  spec.set_sharpness(options.sharpness);
  spec.set_anchor_spacing(options.anchor_spacing);
  if (options.anchor_frames) {
    spec.mutable_anchor_frames()->Assign(options.anchor_frames->begin(),
                                         options.anchor_frames->end());
  }
  *spec.mutable_attention() = options.attention;
  spec.mutable_attention()->set_in_controlnets(options.controlnets_attend);
  spec.set_anchors_attended(options.anchors.value_or(AttendsToAnchors(options) ? kAnchors : 0));
  spec.set_round_steps(options.round_steps);
  spec.set_look_path(options.look);
  spec.set_save_look_path(options.save_look);
  spec.set_data_type(options.data_type);
  spec.set_any_class(options.any_class);
  spec.set_device(OnCpu(options) ? "cpu" : "cuda");
  spec.set_micro_batch(options.micro_batch.value_or(OnCpu(options) ? 1 : 0));
  return spec;
}

Result<v1::JobSpec> ResolveRender(const JobOptions& options) {
  WEFT_RETURN_IF_ERROR(CheckSources(options));
  WEFT_RETURN_IF_ERROR(CheckOutput(options));
  if (options.prompt.empty()) {
    return Failure(Missing("prompt", "say what to render with --prompt TEXT").error());
  }
  WEFT_RETURN_IF_ERROR(CheckControls(options));
  WEFT_RETURN_IF_ERROR(CheckSampler(options));
  WEFT_RETURN_IF_ERROR(CheckAttention(options));
  WEFT_RETURN_IF_ERROR(CheckExchange(options));
  WEFT_RETURN_IF_ERROR(CheckCombination(options));
  return RenderSpec(options);
}

// What the output is made of: a stylized clip, or key frames beside the clean clip.
Result<v1::JobSpec> SourcesSpec(const JobOptions& options) {
  v1::JobSpec spec = CommonSpec(options);
  if (!coordinator::TakesKeyFrames(options.mode)) {
    spec.set_guide_path(options.guide);
    return spec;
  }
  if (options.guide.empty()) {
    return Failure(Missing("guide",
                           "name the clean clip that the key frames were made from, with "
                           "--guide CLIP")
                       .error());
  }
  std::vector<std::uint32_t> key_frames = {0};
  if (options.key_frames) {
    key_frames = *options.key_frames;
  } else if (options.mode == v1::SMOOTHING_MODE_INTERPOLATE) {
    return Failure(Missing("key-frames",
                           "say which frames of the guide the style shows, such as "
                           "--key-frames 0,30,60")
                       .error());
  }
  if (options.mode == v1::SMOOTHING_MODE_PROPAGATE && key_frames.size() > 1) {
    return Failure(ErrorCode::kInvalidArgument,
                   "key-frames: --mode propagate takes one; interpolate takes more");
  }
  spec.set_input_path(options.guide);
  spec.set_keys_path(options.input);
  spec.mutable_key_frames()->Assign(key_frames.begin(), key_frames.end());
  return spec;
}

Result<v1::JobSpec> ResolveDeflicker(const JobOptions& options) {
  if (options.input.empty()) {
    return Failure(
        Missing("style", "name the stylized clip with --style CLIP, or a job file that does")
            .error());
  }
  WEFT_RETURN_IF_ERROR(CheckOutput(options));
  WEFT_RETURN_IF_ERROR(CheckDeflickerFields(options));
  WEFT_ASSIGN_OR_RETURN(v1::JobSpec spec, SourcesSpec(options));
  constexpr std::uint32_t kDeflickerWindow = 12;
  spec.set_window(
      options.window.value_or(coordinator::TakesKeyFrames(options.mode) ? 1 : kDeflickerWindow));
  spec.set_align_guide(options.align);
  spec.set_smoothing_mode(options.mode);
  if (options.guide_weight) {
    spec.set_guide_weight(*options.guide_weight);
  }
  spec.set_patch_size(options.patch.value_or(0));
  return spec;
}

}  // namespace

Result<v1::JobSpec> ResolveSpec(const JobOptions& options) {
  return options.kind == v1::JOB_KIND_DEFLICKER ? ResolveDeflicker(options)
                                                : ResolveRender(options);
}

Result<v1::JobSpec> ResolvePlanSpec(const JobOptions& options) {
  JobOptions complete = options;
  if (complete.output.empty()) {
    complete.output = options.input + (options.lossless ? ".weft.mkv" : ".weft.mp4");
  }
  if (complete.prompt.empty()) {
    complete.prompt = "plan";
  }
  return ResolveSpec(complete);
}

std::uint32_t WorkerCount(const JobOptions& options, std::uint32_t core_count) {
  return options.workers.value_or(OnCpu(options) ? core_count : 1);
}

std::string StatePath(const JobOptions& options) {
  return options.state.empty() ? options.output + ".weft" : options.state;
}

}  // namespace weft::cli
