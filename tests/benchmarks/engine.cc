#include "tests/benchmarks/engine.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <functional>
#include <numeric>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "tests/benchmarks/stable_diffusion.h"
#include "worker/models/device_graph.h"
#include "worker/models/device_memory.h"
#include "worker/models/guided_denoiser.h"
#include "worker/models/model_cost.h"
#include "worker/models/packed_filter.h"
#include "worker/models/text_encoder.h"
#include "worker/models/torch_edge.h"
#include "worker/models/unet.h"
#include "worker/models/vae.h"

namespace weft::bench {
namespace {

constexpr std::uint64_t kWeightSeed = 1;
constexpr std::uint64_t kInputSeed = 2;
constexpr double kFlopPerMultiplyAdd = 2.0;
constexpr double kTimestep = 501.0;
constexpr int kPromptTokens = 77;

struct Shapes {
  models::UnetConfig unet;
  models::VaeConfig vae;
  models::TextEncoderConfig text;
};

// A part, ready to run: one forward pass, what it gives in float32 on the CPU.
struct Runner {
  std::function<at::Tensor()> pass;
  double multiply_adds = 0.0;
};

Result<Shapes> ShapesOf(const EngineOrder& order) {
  if (order.model.empty()) {
    return Shapes{StableDiffusionUnet(), StableDiffusionVae(), StableDiffusionText()};
  }
  Shapes shapes;
  WEFT_ASSIGN_OR_RETURN(shapes.unet, models::ReadUnetConfig(order.model));
  WEFT_ASSIGN_OR_RETURN(shapes.vae, models::ReadVaeConfig(order.model));
  WEFT_ASSIGN_OR_RETURN(shapes.text, models::ReadTextEncoderConfig(order.model));
  return shapes;
}

models::Placement PlacementOf(const EngineOrder& order) {
  switch (order.data_type) {
    case models::DataType::kBfloat16:
      return {at::Device(order.device), at::kBFloat16};
    case models::DataType::kFloat16:
      return {at::Device(order.device), at::kHalf};
    case models::DataType::kFloat32:
      break;
  }
  return {at::Device(order.device), at::kFloat};
}

at::Tensor RandomInput(const std::vector<std::int64_t>& shape) {
  at::Tensor input = at::empty(shape, at::kFloat);
  return input.normal_(0.0, 1.0, at::detail::createCPUGenerator(kInputSeed));
}

at::Tensor Placed(const at::Tensor& tensor, const models::Placement& placement) {
  const at::Tensor there = tensor.to(placement.device, placement.type);
  return there.dim() == 4 ? there.contiguous(at::MemoryFormat::ChannelsLast) : there;
}

at::Tensor OnHost(const at::Tensor& tensor) {
  return tensor.to(at::kCPU, at::kFloat);
}

Result<models::Weights> WeightsOf(const EngineOrder& order, models::Part part) {
  if (order.model.empty()) {
    return models::Weights::Random(PlacementOf(order), kWeightSeed);
  }
  return models::Weights::Open(part, order.model, PlacementOf(order));
}

Result<models::Unet> UnetOf(const EngineOrder& order, const Shapes& shapes) {
  WEFT_ASSIGN_OR_RETURN(models::Weights weights, WeightsOf(order, models::Part::kUnet));
  return models::LoadUnet(shapes.unet, std::move(weights));
}

Result<Runner> UnetRunner(const EngineOrder& order, const Shapes& shapes) {
  WEFT_ASSIGN_OR_RETURN(models::Unet unet, UnetOf(order, shapes));
  const models::Placement placement = PlacementOf(order);
  const int factor = shapes.vae.factor();
  const models::UnetInput input{
      Placed(RandomInput({order.batch, shapes.unet.trunk.in_channels, order.height / factor,
                          order.width / factor}),
             placement),
      {kTimestep},
      Placed(RandomInput({order.batch, kPromptTokens, shapes.text.width}), placement),
      nullptr};
  const models::ModelCost cost = models::CostOf(shapes.unet, shapes.vae, order.width, order.height);
  return Runner{[unet = std::move(unet), input] { return OnHost(unet(input, nullptr)); },
                cost.unet_step * order.batch};
}

Result<Runner> StepRunner(const EngineOrder& order, const Shapes& shapes) {
  models::GuidedDenoiser::Parts parts;
  WEFT_ASSIGN_OR_RETURN(parts.unet, UnetOf(order, shapes));
  parts.placement = PlacementOf(order);
  parts.channels = shapes.vae.latent_channels;
  parts.prompt_width = shapes.text.width;
  parts.vae_factor = shapes.vae.factor();
  const at::Tensor noise =
      RandomInput({order.batch, parts.channels, order.height / parts.vae_factor,
                   order.width / parts.vae_factor});
  const at::Tensor prompt = RandomInput({2, kPromptTokens, shapes.text.width});
  models::StepInput input;
  input.noisy = {order.batch,
                 parts.channels,
                 order.height / parts.vae_factor,
                 order.width / parts.vae_factor,
                 {noise.data_ptr<float>(), noise.data_ptr<float>() + noise.numel()}};
  const models::PromptEmbedding prompts{
      kPromptTokens,
      shapes.text.width,
      {prompt.data_ptr<float>(), prompt.data_ptr<float>() + prompt.numel()}};
  const models::ModelCost cost = models::CostOf(shapes.unet, shapes.vae, order.width, order.height);
  auto denoiser = std::make_shared<models::GuidedDenoiser>(
      std::move(parts), order.graphs ? models::RecorderOf(PlacementOf(order).device) : nullptr);
  denoiser->UseMicroBatch(order.batch);
  if (order.anchors > 0) {
    std::vector<int> anchors(static_cast<std::size_t>(order.anchors));
    std::iota(anchors.begin(), anchors.end(), 0);
    models::StepInput first = input;
    first.noisy.frames = order.anchors;
    first.noisy.values.resize(first.noisy.frame_size() * anchors.size(), 0.5F);
    WEFT_RETURN_IF_ERROR(denoiser->PredictAnchors(first, kTimestep, prompts, models::Guidance{}));
    input.attends.assign(static_cast<std::size_t>(order.batch), anchors);
  }
  return Runner{
      [denoiser, input, prompts] {
        Result<Latents> out =
            denoiser->PredictFrames(input, kTimestep, prompts, models::Guidance{});
        std::vector<float>& values = out.value().values;
        return at::from_blob(values.data(), {static_cast<std::int64_t>(values.size())}).clone();
      },
      cost.unet_step * 2.0 * order.batch};
}

Result<Runner> VaeRunner(const EngineOrder& order, const Shapes& shapes) {
  const models::Placement placement = PlacementOf(order);
  WEFT_ASSIGN_OR_RETURN(models::Weights weights, WeightsOf(order, models::Part::kVae));
  WEFT_ASSIGN_OR_RETURN(models::Vae vae, models::LoadVae(shapes.vae, std::move(weights)));
  const int factor = shapes.vae.factor();
  const at::Tensor latents = Placed(RandomInput({order.batch, shapes.vae.latent_channels,
                                                 order.height / factor, order.width / factor}),
                                    placement);
  const models::ModelCost cost = models::CostOf(shapes.unet, shapes.vae, order.width, order.height);
  return Runner{[vae = std::move(vae), latents] { return OnHost(vae.Decode(latents)); },
                cost.vae_decode * order.batch};
}

Result<Runner> TextRunner(const EngineOrder& order, const Shapes& shapes) {
  const models::Placement placement = PlacementOf(order);
  WEFT_ASSIGN_OR_RETURN(models::Weights weights, WeightsOf(order, models::Part::kTextEncoder));
  WEFT_ASSIGN_OR_RETURN(models::TextEncoder text,
                        models::LoadTextEncoder(shapes.text, std::move(weights)));
  const at::Tensor ids = at::arange(order.batch * kPromptTokens, at::kLong)
                             .remainder(shapes.text.vocabulary)
                             .view({order.batch, kPromptTokens})
                             .to(placement.device);
  const double width = shapes.text.width;
  const double per_token =
      4.0 * width * width + 2.0 * width * shapes.text.mlp_width + 2.0 * kPromptTokens * width;
  return Runner{[text = std::move(text), ids] {
                  return OnHost(text.final_norm(text.HiddenStates(ids).back()));
                },
                per_token * shapes.text.layers * kPromptTokens * order.batch};
}

Result<Runner> RunnerOf(const EngineOrder& order, const Shapes& shapes) {
  if (order.part == "unet") {
    return UnetRunner(order, shapes);
  }
  if (order.part == "step") {
    return StepRunner(order, shapes);
  }
  if (order.part == "vae") {
    return VaeRunner(order, shapes);
  }
  return TextRunner(order, shapes);
}

double Seconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::vector<double> Times(int repeats, const std::function<void()>& work) {
  work();
  std::vector<double> times(static_cast<std::size_t>(repeats));
  std::generate(times.begin(), times.end(), [&] { return Seconds(work); });
  std::sort(times.begin(), times.end());
  return times;
}

// A large product of matrices: what a GPU's libraries are best at.
double ProductPeak(const models::Placement& placement) {
  constexpr std::int64_t kSide = 8192;
  const at::Tensor a = Placed(RandomInput({kSide, kSide}), placement);
  const at::Tensor b = Placed(RandomInput({kSide, kSide}), placement);
  constexpr int kRepeats = 20;
  const double best =
      Times(kRepeats, [&] { OnHost(at::mm(a, b).narrow(0, 0, 1).narrow(1, 0, 1)); }).front();
  return kFlopPerMultiplyAdd * kSide * kSide * kSide / best;
}

// 3 x 3, 320 to 320 channels, channels last: the UNet's own largest kind, and the best rate that
// was found among its shapes. LibTorch's or, in float32, Weft's own, whichever is faster.
double ConvolutionPeak(const models::Placement& placement) {
  constexpr std::int64_t kWidth = 320;
  constexpr std::int64_t kSide = 64;
  constexpr std::int64_t kBatch = 4;
  constexpr std::int64_t kKernel = 3;
  const at::Tensor picture = Placed(RandomInput({kBatch, kWidth, kSide, kSide}), placement);
  const at::Tensor kernel = Placed(RandomInput({kWidth, kWidth, kKernel, kKernel}), placement);
  constexpr int kRepeats = 10;
  double best = Times(kRepeats, [&] {
                  OnHost(at::conv2d(picture, kernel, {}, 1, 1).narrow(0, 0, 1).narrow(1, 0, 1));
                }).front();
  const models::PackedFilter packed = models::Pack(kernel);
  if (packed.values.defined()) {
    best = std::min(best, Times(kRepeats, [&] {
                            OnHost(packed.Convolve(picture, {}, {1, 1}));
                          }).front());
  }
  return kFlopPerMultiplyAdd * kBatch * kWidth * kWidth * kKernel * kKernel * kSide * kSide / best;
}

// The most memory this process has held, from Linux's account of it; on a GPU, what all its
// processes hold: LibTorch gives nothing back.
Result<std::int64_t> PeakMemory(const std::string& device) {
  if (device != "cpu") {
    WEFT_ASSIGN_OR_RETURN(const std::uint64_t held, models::DeviceMemoryHeld(device));
    return static_cast<std::int64_t>(held);
  }
  std::ifstream status("/proc/self/status");
  std::string word;
  std::int64_t kibibytes = 0;
  while (status >> word) {
    if (word == "VmHWM:") {
      status >> kibibytes;
    }
  }
  constexpr std::int64_t kKibi = 1024;
  return kibibytes * kKibi;
}

double RootMeanSquare(const at::Tensor& values) {
  return values.norm().item<double>() / std::sqrt(static_cast<double>(values.numel()));
}

double RelativeError(const at::Tensor& rough, const at::Tensor& exact) {
  const double difference = rough.sub(exact).norm().item<double>();
  return difference / exact.norm().item<double>();
}

Status Check(const EngineOrder& order, const Shapes& shapes) {
  const std::vector<std::string> parts = {"unet", "vae", "text", "step"};
  if (std::find(parts.begin(), parts.end(), order.part) == parts.end()) {
    return Failure(ErrorCode::kInvalidArgument, "there is no part \"" + order.part + "\"");
  }
  const int factor = shapes.vae.factor();
  if (order.width < factor || order.height < factor || order.width % factor != 0 ||
      order.height % factor != 0) {
    return Failure(ErrorCode::kInvalidArgument,
                   "size: both sides must be multiples of " + std::to_string(factor));
  }
  return {};
}

Result<EngineFigures> Measure(const EngineOrder& order) {
  WEFT_ASSIGN_OR_RETURN(const Shapes shapes, ShapesOf(order));
  WEFT_RETURN_IF_ERROR(Check(order, shapes));
  EngineFigures figures;
  const bool on_cpu = order.device == "cpu";
  figures.threads = order.threads > 0 ? order.threads
                    : on_cpu          ? static_cast<int>(std::thread::hardware_concurrency())
                                      : 1;  // As workers do.
  models::UseThreads(figures.threads);
  models::UseExactDeviceKernels();
  at::Tensor out;
  {
    WEFT_ASSIGN_OR_RETURN(const Runner runner, RunnerOf(order, shapes));
    const std::vector<double> times = Times(order.repeats, [&] { out = runner.pass(); });
    figures.seconds = times.front();
    figures.seconds_median = times[times.size() / 2];
    figures.output_rms = RootMeanSquare(out);
    figures.flop = kFlopPerMultiplyAdd * runner.multiply_adds;
    WEFT_ASSIGN_OR_RETURN(figures.peak_memory_bytes, PeakMemory(order.device));
  }
  figures.peak_flop_per_s =
      on_cpu ? ConvolutionPeak(PlacementOf(order)) : ProductPeak(PlacementOf(order));
  if (order.compare) {
    EngineOrder exact = order;
    exact.data_type = models::DataType::kFloat32;
    WEFT_ASSIGN_OR_RETURN(const Runner runner, RunnerOf(exact, shapes));
    figures.relative_error = RelativeError(out, runner.pass());
  }
  return figures;
}

}  // namespace

Result<EngineFigures> MeasureEngine(const EngineOrder& order) {
  return models::AtTorchEdge([&] { return Measure(order); });
}

}  // namespace weft::bench
