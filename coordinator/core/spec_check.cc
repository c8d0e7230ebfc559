#include "coordinator/core/spec_check.h"

#include <cmath>
#include <cstdint>
#include <sstream>
#include <vector>

#include <google/protobuf/util/message_differencer.h>

#include "common/plan/rounds.h"
#include "common/wire/text_check.h"
#include "coordinator/core/attention_check.h"
#include "coordinator/core/job_kind.h"
#include "coordinator/core/model_check.h"
#include "coordinator/core/overwrite_check.h"
#include "coordinator/core/place_check.h"

namespace weft::coordinator {
namespace {

template <typename T>
Status Refuse(const char* field, T value, const char* allowed) {
  std::ostringstream message;
  message << field << " is " << value << ": " << allowed;
  return Failure(ErrorCode::kInvalidArgument, message.str());
}

// Also refuses what is not a number.
bool IsWithin(double value, double lowest, double highest) {
  return std::isfinite(value) && lowest <= value && value <= highest;
}

bool IsWithin(std::uint32_t value, std::uint32_t lowest, std::uint32_t highest) {
  return lowest <= value && value <= highest;
}

// A job rides in every message about it, and those are at most 1 MiB.
constexpr std::size_t kPromptBytesMax = 32'768;

Status CheckTexts(const v1::JobSpec& spec) {
  if (spec.prompt().size() > kPromptBytesMax) {
    return Refuse("prompt", "too long", "at most 32768 bytes");
  }
  if (spec.negative_prompt().size() > kPromptBytesMax) {
    return Refuse("negative_prompt", "too long", "at most 32768 bytes");
  }
  return {};
}

Status CheckPaths(const v1::JobSpec& spec) {
  WEFT_RETURN_IF_ERROR(CheckSource("input_path", spec.input_path()));
  return CheckOutput("output_path", spec.output_path());
}

Status CheckGuide(const v1::JobSpec& spec) {
  if (spec.guide_path().empty()) {
    return spec.align_guide() && !TakesKeyFrames(spec.smoothing_mode())
               ? Refuse("align_guide", "true", "there is no guide_path")
               : Status();
  }
  return CheckSource("guide_path", spec.guide_path());
}

constexpr int kKeyFramesMax = 4096;

Status CheckKeys(const v1::JobSpec& spec) {
  if (!TakesKeyFrames(spec.smoothing_mode())) {
    if (!spec.keys_path().empty() || spec.key_frames_size() > 0) {
      return Refuse("keys_path", "'" + spec.keys_path() + "'",
                    "smoothing_mode takes no key frames");
    }
    return {};
  }
  if (!IsDeflicker(spec)) {
    return Refuse("smoothing_mode", spec.smoothing_mode(), "a render has no key frames");
  }
  if (!spec.guide_path().empty()) {
    return Refuse("guide_path", "'" + spec.guide_path() + "'", "the input is the guide");
  }
  WEFT_RETURN_IF_ERROR(CheckSource("keys_path", spec.keys_path()));
  const bool one = spec.smoothing_mode() == v1::SMOOTHING_MODE_PROPAGATE;
  const int count_max = one ? 1 : kKeyFramesMax;
  if (spec.key_frames_size() < 1 || spec.key_frames_size() > count_max) {
    return Refuse("key_frames", spec.key_frames_size(), one ? "one" : "1 to 4096 of them");
  }
  for (int i = 1; i < spec.key_frames_size(); ++i) {
    if (spec.key_frames(i) <= spec.key_frames(i - 1)) {
      return Refuse("key_frames", spec.key_frames(i), "must ascend");
    }
  }
  return {};
}

constexpr int kControlsMax = 8;
constexpr int kLorasMax = 16;
constexpr int kEmbeddingsMax = 32;

Status CheckModelParts(const v1::JobSpec& spec) {
  if (!spec.vae_path().empty()) {
    WEFT_RETURN_IF_ERROR(CheckModelPath("vae_path", spec.vae_path(), spec));
  }
  if (!spec.tokenizer_path().empty()) {
    WEFT_RETURN_IF_ERROR(CheckModelPath("tokenizer_path", spec.tokenizer_path(), spec));
  }
  if (spec.loras_size() > kLorasMax) {
    return Refuse("loras", spec.loras_size(), "at most 16");
  }
  for (const v1::Lora& lora : spec.loras()) {
    WEFT_RETURN_IF_ERROR(CheckPart("loras.path", lora.path()));
    if (!IsWithin(lora.weight(), -10, 10)) {
      return Refuse("loras.weight", lora.weight(), "-10 to 10");
    }
  }
  if (spec.embedding_paths_size() > kEmbeddingsMax) {
    return Refuse("embedding_paths", spec.embedding_paths_size(), "at most 32");
  }
  for (const std::string& path : spec.embedding_paths()) {
    WEFT_RETURN_IF_ERROR(CheckPart("embedding_paths", path));
  }
  return spec.clip_skip() > 11 ? Refuse("clip_skip", spec.clip_skip(), "0 to 11") : Status();
}

Status CheckSampler(const v1::JobSpec& spec) {
  if (spec.sampler() == v1::SAMPLER_UNSPECIFIED || !v1::Sampler_IsValid(spec.sampler())) {
    return Refuse("sampler", spec.sampler(), "not one that is known here");
  }
  if (!v1::TimestepSpacing_IsValid(spec.timestep_spacing())) {
    return Refuse("timestep_spacing", spec.timestep_spacing(), "not one that is known here");
  }
  const bool is_ddim = spec.sampler() == v1::SAMPLER_DDIM;
  if (!IsWithin(spec.eta(), 0, is_ddim ? 1 : 0)) {
    return Refuse("eta", spec.eta(), "0 to 1 with DDIM, 0 with the others");
  }
  if (!is_ddim && spec.smooth_steps_size() > 0) {
    return Refuse("smooth_steps", spec.smooth_steps(0), "only DDIM can be smoothed between steps");
  }
  const bool has_sigmas =
      spec.sampler() == v1::SAMPLER_EULER || spec.sampler() == v1::SAMPLER_DPMPP_2M;
  if (spec.karras_sigmas() && !has_sigmas) {
    return Refuse("karras_sigmas", "true", "only Euler and DPM++ 2M have them");
  }
  return {};
}

Status CheckSchedule(const v1::JobSpec& spec) {
  if (!IsWithin(spec.steps(), 1, 1000)) {
    return Refuse("steps", spec.steps(), "1 to 1000");
  }
  if (!IsWithin(spec.guidance(), 0, 100)) {
    return Refuse("guidance", spec.guidance(), "0 to 100");
  }
  if (!IsWithin(spec.strength(), 0, 1) || spec.strength() <= 0) {
    return Refuse("strength", spec.strength(), "above 0, at most 1");
  }
  if (FirstStep(spec.steps(), spec.strength()) == spec.steps()) {
    return Refuse("strength", spec.strength(), "so small that no step is left to run");
  }
  return {};
}

Status CheckEngine(const v1::JobSpec& spec) {
  const bool needs_window = IsDeflicker(spec);
  if (!IsWithin(spec.window(), needs_window ? 1 : 0, 256)) {
    return Refuse("window", spec.window(), needs_window ? "1 to 256" : "0 to 256");
  }
  if (!v1::SmoothingMode_IsValid(spec.smoothing_mode())) {
    return Refuse("smoothing_mode", spec.smoothing_mode(), "not one that is known here");
  }
  if (spec.guide_weight() > 100) {
    return Refuse("guide_weight", spec.guide_weight(), "0 to 100");
  }
  if (spec.has_guide_weight() && !ReadsGuideWeight(spec.smoothing_mode())) {
    return Refuse("guide_weight", spec.guide_weight(), "smoothing_mode has none");
  }
  const bool is_patch = IsWithin(spec.patch_size(), 3, 15) && spec.patch_size() % 2 == 1;
  if (spec.patch_size() != 0 && !is_patch) {
    return Refuse("patch_size", spec.patch_size(), "odd, 3 to 15, or 0");
  }
  if (spec.patch_size() != 0 && !ReadsPatchSize(spec.smoothing_mode())) {
    return Refuse("patch_size", spec.patch_size(), "smoothing_mode has patches of its own");
  }
  return {};
}

Status CheckBitDepth(const v1::JobSpec& spec) {
  return spec.high_bit_depth() && spec.steady_colours()
             ? Refuse("high_bit_depth", "set", "steady_colours measures and corrects 8 bits")
             : Status();
}

Status CheckSmoothSteps(const v1::JobSpec& spec) {
  for (int i = 0; i < spec.smooth_steps_size(); ++i) {
    const std::uint32_t step = spec.smooth_steps(i);
    if (step >= spec.steps()) {
      return Refuse("smooth_steps", step, "below steps");
    }
    if (i > 0 && step <= spec.smooth_steps(i - 1)) {
      return Refuse("smooth_steps", step, "must ascend");
    }
  }
  return {};
}

Status CheckFinishing(const v1::JobSpec& spec) {
  if (!IsWithin(spec.contrast(), 0, 10)) {
    return Refuse("contrast", spec.contrast(), "0 to 10");
  }
  if (!IsWithin(spec.sharpness(), 0, 10)) {
    return Refuse("sharpness", spec.sharpness(), "0 to 10");
  }
  return {};
}

Status CheckFrames(const v1::JobSpec& spec) {
  const auto& size = spec.size();
  if (spec.has_size() && !IsWithin(size.width(), 8, 8192)) {
    return Refuse("size.width", size.width(), "8 to 8192 pixels");
  }
  if (spec.has_size() && !IsWithin(size.height(), 8, 8192)) {
    return Refuse("size.height", size.height(), "8 to 8192 pixels");
  }
  const auto& frames = spec.frames();
  if (spec.has_frames() && frames.end() != 0 && frames.begin() >= frames.end()) {
    return Refuse("frames.begin", frames.begin(), "must be below frames.end");
  }
  return {};
}

Status CheckChunk(const v1::JobSpec& spec) {
  return IsWithin(spec.chunk_frames(), 1, 4096)
             ? Status()
             : Refuse("chunk_frames", spec.chunk_frames(), "1 to 4096");
}

// One key frame for each: the encoder sets another after 250.
Status CheckGroups(const v1::JobSpec& spec) {
  return IsWithin(spec.group_frames(), 0, 250)
             ? Status()
             : Refuse("group_frames", spec.group_frames(), "1 to 250, or 0 for a group a chunk");
}

Status CheckSeamChecks(const v1::JobSpec& spec) {
  return IsWithin(spec.seam_checks(), 0, 64) ? Status()
                                             : Refuse("seam_checks", spec.seam_checks(), "0 to 64");
}

Status CheckGivenAnchors(const v1::JobSpec& spec) {
  constexpr int kMost = 4096;  // They ride in every message about the job.
  const auto& frames = spec.anchor_frames();
  if (frames.size() > kMost) {
    return Refuse("anchor_frames", std::to_string(frames.size()) + " frames", "at most 4096");
  }
  if (!frames.empty() && (spec.anchors_attended() == 0 || !spec.look_path().empty())) {
    return Refuse("anchor_frames", "set", "only where frames attend to the job's own anchors");
  }
  for (int i = 1; i < frames.size(); ++i) {
    if (frames[i] <= frames[i - 1]) {
      return Refuse("anchor_frames", frames[i], "must ascend");
    }
  }
  return {};
}

Status CheckAnchors(const v1::JobSpec& spec) {
  if (spec.anchor_spacing() == 0) {
    return Refuse("anchor_spacing", spec.anchor_spacing(), "at least 1");
  }
  if (spec.anchors_attended() > 16) {
    return Refuse("anchors_attended", spec.anchors_attended(), "0 to 16");
  }
  const bool attends = spec.anchors_attended() > 0;
  WEFT_RETURN_IF_ERROR(CheckGivenAnchors(spec));
  if (!spec.look_path().empty()) {
    WEFT_RETURN_IF_ERROR(CheckLook("look_path", spec.look_path()));
    if (!attends || !spec.save_look_path().empty()) {
      return Refuse("look_path", "set", "only where frames attend to anchors and save none");
    }
  }
  if (!spec.save_look_path().empty()) {
    WEFT_RETURN_IF_ERROR(CheckSavedLook(spec));
    if (!attends) {
      return Refuse("save_look_path", "set", "only where frames attend to anchors");
    }
  }
  return {};
}

Status CheckDevice(const v1::JobSpec& spec) {
  if (!IsWithin(spec.micro_batch(), 0, 64)) {
    return Refuse("micro_batch", spec.micro_batch(), "1 to 64, or 0 to have it chosen");
  }
  if (spec.data_type() == v1::DATA_TYPE_UNSPECIFIED || !v1::DataType_IsValid(spec.data_type())) {
    return Refuse("data_type", spec.data_type(), "not one that is known here");
  }
  if (spec.device() != "cpu" && spec.device() != "cuda") {
    return Refuse("device", "'" + spec.device() + "'", "cpu or cuda");
  }
  return {};
}

bool IsMadeFromTheSource(v1::ControlKind kind) {
  return kind == v1::CONTROL_KIND_SOFT_EDGE || kind == v1::CONTROL_KIND_TILE;
}

Status CheckControl(const v1::Control& control, bool first, const v1::JobSpec& spec) {
  if (control.kind() == v1::CONTROL_KIND_UNSPECIFIED || !v1::ControlKind_IsValid(control.kind())) {
    return Refuse("controls.kind", control.kind(), "not one that is known here");
  }
  if (!IsWithin(control.scale(), 0, 2)) {
    return Refuse("controls.scale", control.scale(), "0 to 2");
  }
  if (!control.net_path().empty() || !first) {
    WEFT_RETURN_IF_ERROR(CheckModelPath("controls.net_path", control.net_path(), spec));
  }
  if (!control.maps_path().empty() || !IsMadeFromTheSource(control.kind())) {
    WEFT_RETURN_IF_ERROR(CheckSource("controls.maps_path", control.maps_path()));
  }
  if (control.steady() && control.kind() != v1::CONTROL_KIND_DEPTH) {
    return Refuse("controls.steady", "set",
                  "only of depth, whose maps have a mean that means something");
  }
  if (!IsWithin(control.start(), 0, 1) || !IsWithin(control.end(), 0, 1) ||
      control.start() >= control.end()) {
    return Refuse("controls.start", control.start(), "0 to 1, below controls.end");
  }
  return {};
}

Status CheckControls(const v1::JobSpec& spec) {
  if (spec.controls_size() > kControlsMax) {
    return Refuse("controls", spec.controls_size(), "at most 8");
  }
  for (int i = 0; i < spec.controls_size(); ++i) {
    WEFT_RETURN_IF_ERROR(CheckControl(spec.controls(i), i == 0, spec));
  }
  return {};
}

// What only a render has.
Status CheckRender(const v1::JobSpec& spec) {
  WEFT_RETURN_IF_ERROR(CheckModels(spec));
  WEFT_RETURN_IF_ERROR(CheckModelPath("model_path", spec.model_path(), spec));
  WEFT_RETURN_IF_ERROR(CheckTexts(spec));
  WEFT_RETURN_IF_ERROR(CheckModelParts(spec));
  WEFT_RETURN_IF_ERROR(CheckSampler(spec));
  WEFT_RETURN_IF_ERROR(CheckSchedule(spec));
  WEFT_RETURN_IF_ERROR(CheckSmoothSteps(spec));
  WEFT_RETURN_IF_ERROR(CheckFinishing(spec));
  WEFT_RETURN_IF_ERROR(CheckAnchors(spec));
  WEFT_RETURN_IF_ERROR(CheckAttention(spec));
  WEFT_RETURN_IF_ERROR(CheckControls(spec));
  return CheckDevice(spec);
}

}  // namespace

Status CheckSpec(const v1::JobSpec& spec) {
  WEFT_RETURN_IF_ERROR(CheckTextsAreUtf8(spec));
  WEFT_RETURN_IF_ERROR(CheckFieldsOfKind(spec));
  WEFT_RETURN_IF_ERROR(CheckPaths(spec));
  WEFT_RETURN_IF_ERROR(CheckGuide(spec));
  WEFT_RETURN_IF_ERROR(CheckKeys(spec));
  WEFT_RETURN_IF_ERROR(CheckOverwrites(spec));
  WEFT_RETURN_IF_ERROR(CheckEngine(spec));
  WEFT_RETURN_IF_ERROR(CheckBitDepth(spec));
  WEFT_RETURN_IF_ERROR(CheckFrames(spec));
  WEFT_RETURN_IF_ERROR(CheckChunk(spec));
  WEFT_RETURN_IF_ERROR(CheckGroups(spec));
  WEFT_RETURN_IF_ERROR(CheckSeamChecks(spec));
  return IsDeflicker(spec) ? Status() : CheckRender(spec);
}

std::optional<std::string> FirstDifference(const v1::JobSpec& before, const v1::JobSpec& after) {
  google::protobuf::util::MessageDifferencer differencer;
  std::string report;
  differencer.ReportDifferencesToString(&report);
  if (differencer.Compare(before, after)) {
    return std::nullopt;
  }
  std::string line = report.substr(0, report.find('\n'));
  // "modified: steps: 20 -> 30": the field is what counts.
  const std::string modified = "modified: ";
  return line.rfind(modified, 0) == 0 ? line.substr(modified.size()) : line;
}

}  // namespace weft::coordinator
