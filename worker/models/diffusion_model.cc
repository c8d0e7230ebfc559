#include "worker/models/diffusion_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "worker/models/device_graph.h"
#include "worker/models/guided_denoiser.h"
#include "worker/models/model_parts.h"
#include "worker/models/prompt_encoder.h"
#include "worker/models/tiled_vae.h"
#include "worker/models/tokenizer.h"
#include "worker/models/tokenizer_folder.h"
#include "worker/models/torch_edge.h"

namespace weft::models {
namespace {

constexpr int kPictureChannels = 3;
constexpr float kHalfRange = 127.5F;  // 0..255 to -1..1 and back.

Result<Placement> PlacementOf(const ModelOptions& options) {
  Placement placement;
  const bool cuda = options.device.rfind("cuda", 0) == 0;
  if (options.device != "cpu" && !cuda) {
    return Failure(ErrorCode::kInvalidArgument,
                   "device " + options.device + ": there are cpu and cuda:N");
  }
  if (cuda && !at::hasCUDA()) {
    return Failure(ErrorCode::kUnsupported,
                   "device " + options.device + ": this LibTorch finds no CUDA device");
  }
  placement.device = at::Device(options.device);
  switch (options.data_type) {
    case DataType::kFloat32:
      placement.type = at::kFloat;
      break;
    case DataType::kBfloat16:
      placement.type = at::kBFloat16;
      break;
    case DataType::kFloat16:
      if (!cuda) {
        return Failure(ErrorCode::kUnsupported,
                       "float16 needs a CUDA device; the CPU has bfloat16");
      }
      placement.type = at::kHalf;
      break;
  }
  return placement;
}

at::Tensor PictureOf(const Frame& frame) {
  at::Tensor rows = at::empty({1, frame.height, frame.width, kPictureChannels}, at::kFloat);
  std::transform(frame.rgb.begin(), frame.rgb.end(), rows.data_ptr<float>(),
                 [](std::uint8_t value) { return static_cast<float>(value) / kHalfRange - 1.0F; });
  return rows.permute({0, 3, 1, 2});  // Channels last already.
}

// picture: float32 [1, 3, height, width] on the CPU, about -1..1.
Frame FrameOf(const at::Tensor& picture) {
  const at::Tensor rows = picture.permute({0, 2, 3, 1}).contiguous();
  Frame frame;
  frame.height = static_cast<int>(rows.size(1));
  frame.width = static_cast<int>(rows.size(2));
  frame.rgb.resize(static_cast<std::size_t>(rows.numel()));
  const auto* values = rows.data_ptr<float>();
  std::transform(values, values + rows.numel(), frame.rgb.begin(), [](float value) {
    const float level = std::clamp(value, -1.0F, 1.0F) * kHalfRange + kHalfRange;
    return static_cast<std::uint8_t>(std::floor(level + 0.5F));
  });
  return frame;
}

Status CheckFrames(const std::vector<Frame>& frames, int factor) {
  if (frames.empty()) {
    return Failure(ErrorCode::kInvalidArgument, "no frames to encode");
  }
  const Frame& first = frames.front();
  for (const Frame& frame : frames) {
    const std::size_t bytes = static_cast<std::size_t>(frame.width) *
                              static_cast<std::size_t>(frame.height) * kPictureChannels;
    if (frame.width < 1 || frame.height < 1 || frame.width % factor != 0 ||
        frame.height % factor != 0 || frame.width != first.width || frame.height != first.height ||
        frame.rgb.size() != bytes) {
      return Failure(
          ErrorCode::kInvalidArgument,
          "frames to encode must be of one size, a multiple of " + std::to_string(factor));
    }
  }
  return {};
}

// Again without what is kept for speed alone, for as long as memory is short of it.
template <typename Work>
auto Sparing(GuidedDenoiser& denoiser, const Work& work) {
  auto result = AtTorchEdge(work);
  while (!result && result.error().code() == ErrorCode::kResourceExhausted &&
         denoiser.GiveUpCaches()) {
    result = AtTorchEdge(work);
  }
  return result;
}

class StableDiffusion : public DiffusionModel {
 public:
  StableDiffusion(ModelConfigs configs, PromptEncoder prompts, Vae vae, GuidedDenoiser denoiser)
      : configs_(std::move(configs)),
        prompts_(std::move(prompts)),
        vae_(std::move(vae)),
        denoiser_(std::move(denoiser)) {}

  [[nodiscard]] int vae_factor() const override { return configs_.vae.factor(); }
  [[nodiscard]] int latent_channels() const override { return configs_.vae.latent_channels; }
  [[nodiscard]] const NoiseScheduleConfig& schedule() const override { return configs_.schedule; }

  [[nodiscard]] int micro_batch() const override { return denoiser_.micro_batch(); }
  void UseMicroBatch(int frames) override { denoiser_.UseMicroBatch(frames); }

  Result<PromptEmbedding> EncodePrompts(const std::string& negative,
                                        const std::string& positive) override {
    return Sparing(denoiser_, [&] { return prompts_.Encode(negative, positive); });
  }

  Result<Latents> Encode(const std::vector<Frame>& frames) override {
    return Sparing(denoiser_, [&] { return DoEncode(frames); });
  }

  Result<std::vector<Frame>> Decode(const Latents& latents) override {
    return Sparing(denoiser_, [&] { return DoDecode(latents); });
  }

  Result<Latents> PredictAnchors(const StepInput& anchors,
                                 double timestep,
                                 const PromptEmbedding& prompts,
                                 const Guidance& guidance) override {
    return Sparing(denoiser_,
                   [&] { return denoiser_.PredictAnchors(anchors, timestep, prompts, guidance); });
  }

  Result<int> RecallAnchors(const StepInput& anchors,
                            double timestep,
                            const PromptEmbedding& prompts,
                            const Guidance& guidance) override {
    return Sparing(denoiser_,
                   [&] { return denoiser_.RecallAnchors(anchors, timestep, prompts, guidance); });
  }

  void KeepAnchors(std::uint64_t bytes) override { denoiser_.KeepAnchors(bytes); }

  Result<Latents> PredictFrames(const StepInput& frames,
                                double timestep,
                                const PromptEmbedding& prompts,
                                const Guidance& guidance) override {
    return Sparing(denoiser_,
                   [&] { return denoiser_.PredictFrames(frames, timestep, prompts, guidance); });
  }

  Result<Latents> PredictJoint(const StepInput& frames,
                               const JointFrames& joint,
                               double timestep,
                               const PromptEmbedding& prompts,
                               const Guidance& guidance) override {
    return Sparing(denoiser_, [&] {
      return denoiser_.PredictJoint(frames, joint, timestep, prompts, guidance);
    });
  }

 private:
  // One frame a pass: nothing is gained by more, and memory is bounded.
  Result<Latents> DoEncode(const std::vector<Frame>& frames) {
    WEFT_RETURN_IF_ERROR(CheckFrames(frames, vae_factor()));
    Latents latents;
    latents.frames = static_cast<int>(frames.size());
    latents.channels = configs_.vae.latent_channels;
    latents.height = frames.front().height / vae_factor();
    latents.width = frames.front().width / vae_factor();
    latents.values.reserve(frames.size() * latents.frame_size());
    for (const Frame& frame : frames) {
      const at::Tensor mean =
          EncodeTiled(vae_, PictureOf(frame).to(vae_.encoder.conv_in.bias.options()))
              .narrow(1, 0, latents.channels)
              .to(at::kCPU, at::kFloat)
              .contiguous()
              .mul_(configs_.vae.scaling_factor);
      const auto* values = mean.data_ptr<float>();
      latents.values.insert(latents.values.end(), values, values + mean.numel());
    }
    return latents;
  }

  Result<std::vector<Frame>> DoDecode(const Latents& latents) {
    const std::size_t size = latents.frame_size();
    if (latents.channels != configs_.vae.latent_channels || latents.frames < 1 || size == 0 ||
        latents.values.size() != static_cast<std::size_t>(latents.frames) * size) {
      return Failure(ErrorCode::kInvalidArgument,
                     "latents: their shape is not the model's, or their values do not fill it");
    }
    std::vector<Frame> frames;
    for (int i = 0; i < latents.frames; ++i) {
      at::Tensor cells =
          at::empty({1, latents.channels, latents.height, latents.width}, at::kFloat);
      std::copy_n(latents.values.data() + static_cast<std::size_t>(i) * size, size,
                  cells.data_ptr<float>());
      cells.div_(configs_.vae.scaling_factor);
      frames.push_back(FrameOf(DecodeTiled(vae_, cells.to(vae_.decoder.conv_in.bias.options())
                                                     .contiguous(at::MemoryFormat::ChannelsLast))
                                   .to(at::kCPU, at::kFloat)));
    }
    return frames;
  }

  ModelConfigs configs_;
  PromptEncoder prompts_;
  Vae vae_;
  GuidedDenoiser denoiser_;
};

Result<std::unique_ptr<DiffusionModel>> LoadAll(const ModelOptions& options) {
  WEFT_ASSIGN_OR_RETURN(const Placement placement, PlacementOf(options));
  UseThreads(1);
  if (placement.device.is_cpu()) {
    KeepFreedMemory();
  } else {
    UseExactDeviceKernels();
  }
  WEFT_ASSIGN_OR_RETURN(const std::string tokenizer_folder, TokenizerFolder(options));
  WEFT_ASSIGN_OR_RETURN(auto tokenizer, Tokenizer::Open(tokenizer_folder));
  WEFT_ASSIGN_OR_RETURN(ModelParts loaded, LoadModelParts(options, placement));
  WEFT_ASSIGN_OR_RETURN(
      PromptEncoder prompts,
      PromptEncoder::Create(std::move(tokenizer), std::move(loaded.text), options));
  const ModelConfigs& configs = loaded.configs;
  GuidedDenoiser::Parts parts;
  parts.unet = std::move(loaded.unet);
  parts.controlnets = std::move(loaded.controlnets);
  parts.placement = placement;
  parts.channels = configs.vae.latent_channels;
  parts.prompt_width = configs.text.width;
  parts.vae_factor = configs.vae.factor();
  return std::make_unique<StableDiffusion>(
      std::move(loaded.configs), std::move(prompts), std::move(loaded.vae),
      GuidedDenoiser(std::move(parts), RecorderOf(placement.device)));
}

}  // namespace

Result<std::unique_ptr<DiffusionModel>> DiffusionModel::Load(const ModelOptions& options) {
  return AtTorchEdge([&] { return LoadAll(options); });
}

}  // namespace weft::models
