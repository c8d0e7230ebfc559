// The demo's networks in a denoiser, with made-up frames, maps and prompts.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "worker/models/guided_denoiser.h"

namespace weft::models {

using Kind = FrameAttention::Kind;

inline const std::string kDemo = WEFT_SOURCE_DIR "/deploy/models/weft-demo";
constexpr double kTimestep = 501.0;
constexpr int kHeight = 4;  // Cells: odd further down, and quick.
constexpr int kWidth = 6;

inline GuidedDenoiser::Parts DemoParts(int nets) {
  GuidedDenoiser::Parts parts;
  const UnetConfig config = ReadUnetConfig(kDemo).value();
  parts.unet = LoadUnet(config, Weights::Open(Part::kUnet, kDemo, {}).value()).value();
  for (int net = 0; net < nets; ++net) {
    const std::string net_folder = kDemo + "/controlnet";
    parts.controlnets.push_back(
        LoadControlNet(ReadControlNetConfig(net_folder).value(),
                       Weights::Open(Part::kControlNet, net_folder, {}).value())
            .value());
  }
  parts.prompt_width = config.trunk.context_width.front();
  parts.vae_factor = 4;
  return parts;
}

inline PromptEmbedding Prompts(int width) {
  PromptEmbedding prompts{5, width, {}};
  for (int i = 0; i < 2 * 5 * width; ++i) {
    prompts.values.push_back(static_cast<float>((i * 53) % 89) / 44.0F - 1.0F);
  }
  return prompts;
}

inline ControlMap MapOf(int number, int channels) {
  ControlMap map;
  map.width = 4 * kWidth;
  map.height = 4 * kHeight;
  map.channels = channels;
  for (int i = 0; i < map.width * map.height; ++i) {
    for (int channel = 0; channel < channels; ++channel) {
      map.values.push_back(static_cast<std::uint8_t>((i * 7 + number * 29) % 256));
    }
  }
  return map;
}

inline StepInput Frames(const std::vector<int>& numbers, int nets = 0) {
  StepInput input;
  input.noisy = {static_cast<int>(numbers.size()), 4, kHeight, kWidth, {}};
  for (const int number : numbers) {
    for (int i = 0; i < 4 * kHeight * kWidth; ++i) {
      input.noisy.values.push_back(static_cast<float>((i * 37 + number * 101) % 97) / 48.0F - 1.0F);
    }
  }
  input.controls.resize(static_cast<std::size_t>(nets));
  for (int net = 0; net < nets; ++net) {
    for (const int number : numbers) {
      input.controls[static_cast<std::size_t>(net)].push_back(MapOf(number + 10 * net, 1));
    }
  }
  return input;
}

inline std::vector<int> Between(int begin, int end) {
  std::vector<int> numbers;
  for (int number = begin; number < end; ++number) {
    numbers.push_back(number);
  }
  return numbers;
}

inline std::vector<float> FrameAt(const Latents& latents, int frame) {
  const auto size = static_cast<std::ptrdiff_t>(latents.frame_size());
  return {latents.values.begin() + frame * size, latents.values.begin() + (frame + 1) * size};
}

inline double Difference(const std::vector<float>& a, const std::vector<float>& b) {
  EXPECT_EQ(a.size(), b.size());
  double worst = 0.0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    worst = std::max(worst, static_cast<double>(std::abs(a[i] - b[i])));
  }
  return worst;
}

constexpr double kRounding = 2e-4;

struct Setting {
  GuidedDenoiser denoiser;
  PromptEmbedding prompts;
  int nets = 0;
  Guidance guidance{4.0, {}};

  explicit Setting(int micro_batch,
                   int nets_there = 0,
                   std::unique_ptr<GraphRecorder> recorder = nullptr)
      : Setting(DemoParts(nets_there), nets_there, std::move(recorder)) {
    denoiser.UseMicroBatch(micro_batch);
  }
  Setting(GuidedDenoiser::Parts parts, int nets_there, std::unique_ptr<GraphRecorder> recorder)
      : denoiser(GuidedDenoiser(GuidedDenoiser::Parts{})),
        prompts(Prompts(parts.prompt_width)),
        nets(nets_there) {
    denoiser = GuidedDenoiser(std::move(parts), std::move(recorder));
    guidance.control_scales.assign(static_cast<std::size_t>(nets), 0.7);
  }

  Latents Alone(const std::vector<int>& numbers) {
    return denoiser.PredictFrames(Frames(numbers, nets), kTimestep, prompts, guidance).value();
  }
  Latents Joint(const FrameAttention& attention,
                const std::vector<int>& wanted,
                int total,
                const std::vector<int>& numbers) {
    const auto out = denoiser.PredictJoint(
        Frames(numbers, nets), {attention, total, numbers, wanted}, kTimestep, prompts, guidance);
    EXPECT_TRUE(out) << out.error().message();
    return out.value();
  }
};

inline FrameAttention Of(Kind kind) {
  FrameAttention attention;
  attention.kind = kind;
  attention.pattern = {kFirstFrame, -1, 0, 1};
  attention.window = 4;
  attention.stride = 2;
  return attention;
}

}  // namespace weft::models
