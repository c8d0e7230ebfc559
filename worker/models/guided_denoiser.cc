#include "worker/models/guided_denoiser.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace weft::models {
namespace {

constexpr int kSides = FrameMemory::kSides;
constexpr int kControlChannels = 3;
constexpr float kByteMax = 255.0F;

tl::unexpected<Error> Invalid(const std::string& message) {
  return Failure(ErrorCode::kInvalidArgument, message);
}

}  // namespace

Status GuidedDenoiser::Check(const StepInput& input,
                             const PromptEmbedding& prompts,
                             const Guidance& guidance) const {
  const Latents& noisy = input.noisy;
  if (noisy.frames < 1 || noisy.height < 1 || noisy.width < 1 ||
      noisy.channels != parts_.channels ||
      noisy.values.size() != static_cast<std::size_t>(noisy.frames) * noisy.frame_size()) {
    return Invalid("latents: their shape is not the model's, or their values do not fill it");
  }
  if (prompts.tokens < 1 || prompts.width != parts_.prompt_width ||
      prompts.values.size() != static_cast<std::size_t>(kSides) *
                                   static_cast<std::size_t>(prompts.tokens) *
                                   static_cast<std::size_t>(prompts.width)) {
    return Invalid("prompts: not encoded by this model");
  }
  if (input.controls.empty() || guidance.control_scales.at(0) == 0.0) {
    return {};
  }
  if (!parts_.controlnet) {
    return Failure(ErrorCode::kFailedPrecondition, "control maps, but the model has no ControlNet");
  }
  if (input.controls.front().size() != static_cast<std::size_t>(noisy.frames)) {
    return Invalid("there must be one control map a frame");
  }
  for (const ControlMap& map : input.controls.front()) {
    if (map.width != noisy.width * parts_.vae_factor ||
        map.height != noisy.height * parts_.vae_factor ||
        map.values.size() !=
            static_cast<std::size_t>(map.width) * static_cast<std::size_t>(map.height)) {
      return Invalid("a control map must be of the frames' size");
    }
  }
  return {};
}

Status GuidedDenoiser::CheckAttends(const StepInput& frames, double timestep) const {
  if (frames.attends.empty()) {
    return {};
  }
  if (frames.attends.size() != static_cast<std::size_t>(frames.noisy.frames)) {
    return Invalid("attends: one entry a frame, or none at all");
  }
  if (anchor_count_ == 0 || timestep != anchor_timestep_ || frames.noisy.height != anchor_height_ ||
      frames.noisy.width != anchor_width_) {
    return Failure(ErrorCode::kFailedPrecondition,
                   "the anchors were not predicted at this timestep and size");
  }
  for (const std::vector<int>& anchors : frames.attends) {
    if (anchors.size() != frames.attends.front().size()) {
      return Invalid("attends: all frames must name equally many anchors");
    }
    const auto unknown = std::find_if(anchors.begin(), anchors.end(), [this](int anchor) {
      return anchor < 0 || anchor >= anchor_count_;
    });
    if (unknown != anchors.end()) {
      return Invalid("attends: there is no anchor " + std::to_string(*unknown));
    }
  }
  return {};
}

GuidedDenoiser::Call GuidedDenoiser::Begin(const StepInput& input,
                                           double timestep,
                                           const PromptEmbedding& prompts,
                                           const Guidance& guidance) const {
  at::Tensor prompt = at::empty({kSides, prompts.tokens, prompts.width}, at::kFloat);
  std::memcpy(prompt.data_ptr<float>(), prompts.values.data(),
              prompts.values.size() * sizeof(float));
  return {input, timestep, prompt.to(parts_.placement.device, parts_.placement.type), guidance};
}

Result<Latents> GuidedDenoiser::PredictAnchors(const StepInput& anchors,
                                               double timestep,
                                               const PromptEmbedding& prompts,
                                               const Guidance& guidance) {
  WEFT_RETURN_IF_ERROR(Check(anchors, prompts, guidance));
  const Call call = Begin(anchors, timestep, prompts, guidance);
  anchor_count_ = 0;  // Until all are there: an exception must not leave half of them usable.
  memory_.Clear();
  Latents out = anchors.noisy;
  RunAll(call, {{0, {}, 0}}, out);
  std::vector<Slot> others;
  for (int anchor = 1; anchor < anchors.noisy.frames; ++anchor) {
    others.push_back({anchor, {0}, anchor});
  }
  RunAll(call, others, out);
  anchor_count_ = anchors.noisy.frames;
  anchor_timestep_ = timestep;
  anchor_height_ = anchors.noisy.height;
  anchor_width_ = anchors.noisy.width;
  return out;
}

Result<Latents> GuidedDenoiser::PredictFrames(const StepInput& frames,
                                              double timestep,
                                              const PromptEmbedding& prompts,
                                              const Guidance& guidance) {
  WEFT_RETURN_IF_ERROR(Check(frames, prompts, guidance));
  WEFT_RETURN_IF_ERROR(CheckAttends(frames, timestep));
  std::vector<Slot> slots;
  for (int frame = 0; frame < frames.noisy.frames; ++frame) {
    const bool alone = frames.attends.empty();
    slots.push_back(
        {frame, alone ? std::vector<int>{} : frames.attends[static_cast<std::size_t>(frame)], -1});
  }
  Latents out = frames.noisy;
  RunAll(Begin(frames, timestep, prompts, guidance), slots, out);
  return out;
}

void GuidedDenoiser::RunAll(const Call& call, const std::vector<Slot>& slots, Latents& out) {
  const int count = static_cast<int>(slots.size());
  for (int first = 0; first < count; first += parts_.micro_batch) {
    RunBatch(call, slots.data() + first, std::min(parts_.micro_batch, count - first), out);
  }
}

at::Tensor GuidedDenoiser::SampleOf(const Call& call, const std::vector<Slot>& batch) const {
  const Latents& noisy = call.input.noisy;
  const std::size_t size = noisy.frame_size();
  at::Tensor sample = at::empty(
      {kSides * static_cast<std::int64_t>(batch.size()), noisy.channels, noisy.height, noisy.width},
      at::kFloat);
  auto* to = sample.data_ptr<float>();
  for (int side = 0; side < kSides; ++side) {
    for (const Slot& slot : batch) {
      std::copy_n(noisy.values.data() + static_cast<std::size_t>(slot.frame) * size, size, to);
      to += size;
    }
  }
  return sample.to(parts_.placement.device, parts_.placement.type)
      .contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor GuidedDenoiser::ControlsOf(const Call& call, const std::vector<Slot>& batch) const {
  const ControlMap& first = call.input.controls.front().front();
  at::Tensor maps = at::empty(
      {static_cast<std::int64_t>(batch.size()), kControlChannels, first.height, first.width},
      at::kFloat);
  auto* to = maps.data_ptr<float>();
  const auto to_unit = [](std::uint8_t value) { return static_cast<float>(value) / kByteMax; };
  for (const Slot& slot : batch) {
    const ControlMap& map = call.input.controls.front()[static_cast<std::size_t>(slot.frame)];
    for (int channel = 0; channel < kControlChannels; ++channel) {
      to = std::transform(map.values.begin(), map.values.end(), to, to_unit);
    }
  }
  return maps.to(parts_.placement.device, parts_.placement.type)
      .contiguous(at::MemoryFormat::ChannelsLast);
}

void GuidedDenoiser::RunBatch(const Call& call, const Slot* slots, int count, Latents& out) {
  std::vector<Slot> batch(slots, slots + count);
  while (static_cast<int>(batch.size()) < parts_.micro_batch) {
    batch.push_back({batch.back().frame, batch.back().reads, -1});
  }
  JointAttention joint{memory_, {}};
  for (int side = 0; side < kSides; ++side) {
    for (const Slot& slot : batch) {
      joint.samples.push_back({side, slot.reads, slot.writes});
    }
  }
  UnetInput input{SampleOf(call, batch), {call.timestep}, call.prompt, &joint};
  std::optional<Skips> residuals;
  if (!call.input.controls.empty() && call.guidance.control_scales.at(0) != 0.0) {
    const ControlNet& net = *parts_.controlnet;
    residuals = net(input, net.Condition(ControlsOf(call, batch)));
    residuals->Scale(call.guidance.control_scales.at(0));
  }
  const at::Tensor both = parts_.unet(input, residuals ? &*residuals : nullptr)
                              .to(at::kCPU, at::kFloat)
                              .contiguous(at::MemoryFormat::Contiguous);
  const std::size_t size = out.frame_size();
  const auto* negative = both.data_ptr<float>();
  const auto* positive = negative + batch.size() * size;
  const auto scale = static_cast<float>(call.guidance.scale);
  for (int i = 0; i < count; ++i) {
    float* to = out.values.data() + static_cast<std::size_t>(slots[i].frame) * size;
    for (std::size_t k = 0; k < size; ++k, ++negative, ++positive) {
      to[k] = *negative + scale * (*positive - *negative);
    }
  }
}

}  // namespace weft::models
