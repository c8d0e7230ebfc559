// That a frame's bits on a GPU depend neither on how a clip is cut nor on how kernels are launched.
// Where there is no GPU, nothing is tested.

#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ATen/Context.h>
#include <gtest/gtest.h>

#include "worker/models/guided_denoiser.h"
#include "worker/models/torch_edge.h"

namespace weft::models {
namespace {

constexpr int kFrames = 21;
constexpr int kSide = 32;  // Cells.
constexpr int kMicroBatch = 8;
constexpr int kPromptWidth = 64;
constexpr int kVaeFactor = 8;  // Pixels of a cell.
constexpr double kTimestep = 501.0;
constexpr int kLayers = 7;  // Of self-attention: two down, one in the middle, four up.

using Kind = FrameAttention::Kind;

// Two levels of Stable Diffusion's widths, where cuDNN takes the kernels that it takes there.
UnetConfig TwoLevels() {
  UnetConfig config;
  config.trunk.channels = {320, 640};
  config.trunk.down_attention = {true, true};
  config.trunk.layers = {1, 1};
  config.trunk.heads = {8, 8};
  config.trunk.transformer_depth = {1, 1};
  config.trunk.context_width = {kPromptWidth, kPromptWidth};
  config.up_attention = {true, true};
  return config;
}

ControlMap MapOf(int number) {
  ControlMap map;
  map.width = kVaeFactor * kSide;
  map.height = kVaeFactor * kSide;
  map.channels = 1;
  for (int i = 0; i < map.width * map.height; ++i) {
    map.values.push_back(static_cast<std::uint8_t>((i * 7 + number * 29) % 256));
  }
  return map;
}

StepInput Frames(const std::vector<int>& numbers, std::size_t nets = 0) {
  StepInput input;
  input.noisy = {static_cast<int>(numbers.size()), 4, kSide, kSide, {}};
  for (const int number : numbers) {
    for (int i = 0; i < 4 * kSide * kSide; ++i) {
      input.noisy.values.push_back(static_cast<float>((i * 37 + number * 101) % 97) / 48.0F - 1.0F);
    }
  }
  for (std::size_t net = 0; net < nets; ++net) {
    std::vector<ControlMap>& maps = input.controls.emplace_back();
    for (const int number : numbers) {
      maps.push_back(MapOf(number + 10 * static_cast<int>(net)));
    }
  }
  input.numbers = numbers;
  return input;
}

std::vector<int> Between(int begin, int end) {
  std::vector<int> numbers(static_cast<std::size_t>(end - begin));
  std::iota(numbers.begin(), numbers.end(), begin);
  return numbers;
}

Latents Part(const Latents& all, int begin, int end) {
  Latents part = all;
  const auto size = static_cast<std::ptrdiff_t>(all.frame_size());
  part.frames = end - begin;
  part.values.assign(all.values.begin() + begin * size, all.values.begin() + end * size);
  return part;
}

// Counts what another records.
class CountingRecorder : public GraphRecorder {
 public:
  CountingRecorder(std::unique_ptr<GraphRecorder> recorder, int* recorded)
      : recorder_(std::move(recorder)), recorded_(recorded) {}
  std::unique_ptr<DeviceGraph> Record(const std::function<void()>& work) override {
    std::unique_ptr<DeviceGraph> graph = recorder_->Record(work);
    ++*recorded_;
    return graph;
  }

 private:
  std::unique_ptr<GraphRecorder> recorder_;
  int* recorded_;
};

class DeviceFrames : public testing::TestWithParam<at::ScalarType> {
 protected:
  void SetUp() override {
    if (!at::hasCUDA()) {
      GTEST_SKIP() << "there is no GPU";
    }
    UseExactDeviceKernels();
    Make(RecorderOf(Device()));
    prompts_ = {77, kPromptWidth, std::vector<float>(std::size_t{2} * 77 * kPromptWidth, 0.0F)};
    for (std::size_t i = 0; i < prompts_.values.size(); ++i) {
      prompts_.values[i] = static_cast<float>(i * 53 % 89) / 44.0F - 1.0F;
    }
  }

  static at::Device Device() { return at::Device("cuda:0"); }

  void Make(std::unique_ptr<GraphRecorder> recorder) {
    GuidedDenoiser::Parts parts;
    parts.placement = {Device(), GetParam()};
    parts.unet = LoadUnet(TwoLevels(), Weights::Random(parts.placement, 3)).value();
    ControlNetConfig net;
    net.trunk = TwoLevels().trunk;
    net.condition_channels = 3;
    net.condition_widths = {16, 32, 48, 64};
    for (std::uint64_t number = 0; number < nets_; ++number) {
      parts.controlnets.push_back(
          LoadControlNet(net, Weights::Random(parts.placement, 4 + number)).value());
    }
    parts.prompt_width = kPromptWidth;
    parts.vae_factor = kVaeFactor;
    guidance_.control_scales.assign(nets_, 0.7);
    denoiser_.reset();
    denoiser_.emplace(std::move(parts), std::move(recorder));
    denoiser_->UseMicroBatch(kMicroBatch);
  }

  // With a recorder that counts. False: there is none.
  bool MakeCounting(int* recorded) {
    std::unique_ptr<GraphRecorder> recorder = RecorderOf(Device());
    if (recorder == nullptr) {
      return false;
    }
    Make(std::make_unique<CountingRecorder>(std::move(recorder), recorded));
    return true;
  }

  // Passes of all kinds, some of which come again.
  std::vector<Latents> AllKinds() {
    std::vector<Latents> all;
    for (const int begin : {0, 3, 0}) {
      // Graphs go with the prompts they were recorded with.
      prompts_.values.front() = begin == 3 ? 0.5F : -1.0F;
      all.push_back(Alone(Frames(Between(begin, kFrames), nets_)));
      all.push_back(Alone(Frames(Between(begin, kFrames), nets_)));
      all.push_back(Anchored(begin, begin + 9));
      for (const Kind kind :
           {Kind::kFirst, Kind::kFirstAndPrevious, Kind::kPattern, Kind::kWindow}) {
        FrameAttention attention;
        attention.kind = kind;
        attention.pattern = {kFirstFrame, -1, 0, 1};
        attention.window = 4;
        attention.stride = 2;
        all.push_back(Joint(attention, begin, begin + 9));
      }
    }
    return all;
  }

  Latents Alone(const StepInput& input) {
    return denoiser_->PredictFrames(input, kTimestep, prompts_, guidance_).value();
  }

  // Anchors 0, 8, 16, of which a frame attends to the first and to the one at or before it; they
  // are predicted with all, or only with those of the frames.
  Latents Anchored(int begin, int end) {
    const std::vector<int> all = {0, 8, 16};
    std::vector<int> anchors = {0};
    for (const int anchor : all) {
      if (anchor > 0 && anchor < end && anchor + 8 > begin) {
        anchors.push_back(anchor);
      }
    }
    StepInput input = Frames(anchors, nets_);
    for (int& number : input.numbers) {
      number /= 8;
    }
    if (recalls_) {
      EXPECT_TRUE(denoiser_->RecallAnchors(input, kTimestep, prompts_, guidance_));
    } else {
      EXPECT_TRUE(denoiser_->PredictAnchors(input, kTimestep, prompts_, guidance_));
    }
    StepInput frames = Frames(Between(begin, end), nets_);
    for (int number = begin; number < end; ++number) {
      int nearest = 0;
      for (std::size_t i = 0; i < anchors.size(); ++i) {
        nearest = anchors[i] <= number ? static_cast<int>(i) : nearest;
      }
      frames.attends.push_back({0, nearest});
    }
    return Alone(frames);
  }

  Latents Joint(const FrameAttention& attention, int begin, int end) {
    const std::vector<int> wanted = Between(begin, end);
    const std::vector<int> numbers = FramesNeeded(attention, wanted, kFrames, kLayers);
    StepInput input = Frames(numbers, nets_);
    input.numbers.clear();
    return denoiser_
        ->PredictJoint(input, {attention, kFrames, numbers, wanted}, kTimestep, prompts_, guidance_)
        .value();
  }

  const c10::InferenceMode inference_;
  std::optional<GuidedDenoiser> denoiser_;
  PromptEmbedding prompts_;
  Guidance guidance_{4.0, {}};
  bool recalls_ = false;  // Anchored(), its anchors.
  std::size_t nets_ = 0;  // ControlNets, of the next Make().
};

TEST_P(DeviceFrames, AloneAreTheSameHoweverTheyAreCut) {
  const Latents whole = Alone(Frames(Between(0, kFrames)));
  for (const auto& [begin, end] : {std::pair{0, 5}, std::pair{5, 10}, std::pair{6, 21}}) {
    EXPECT_EQ(Alone(Frames(Between(begin, end))).values, Part(whole, begin, end).values) << begin;
  }
}

TEST_P(DeviceFrames, WithAnchorsAreTheSameHoweverTheyAreCut) {
  const Latents whole = Anchored(0, kFrames);
  for (const auto& [begin, end] : {std::pair{0, 5}, std::pair{5, 10}, std::pair{17, 21}}) {
    EXPECT_EQ(Anchored(begin, end).values, Part(whole, begin, end).values) << begin;
  }
}

TEST_P(DeviceFrames, AnchorsThatAreKeptGiveTheSameBits) {
  const Latents whole = Anchored(0, kFrames);
  recalls_ = true;
  denoiser_->KeepAnchors(std::uint64_t{1} << 30U);
  // The second finds the first anchor, the third two, the fourth all.
  for (const auto& [begin, end] : {std::pair{0, 5}, {6, 12}, {8, 21}, {0, 21}}) {
    EXPECT_EQ(Anchored(begin, end).values, Part(whole, begin, end).values) << begin;
  }
}

TEST_P(DeviceFrames, AnchorsOfAnotherMicroBatchAreNotTaken) {
  denoiser_->KeepAnchors(std::uint64_t{1} << 30U);
  StepInput input = Frames({0, 8});
  input.numbers = {0, 1};
  const auto predicted = [&] {
    return denoiser_->RecallAnchors(input, kTimestep, prompts_, guidance_).value();
  };
  EXPECT_EQ(predicted(), 2);
  EXPECT_EQ(predicted(), 0);
  denoiser_->UseMicroBatch(kMicroBatch / 2);
  EXPECT_EQ(predicted(), 2);
  input.numbers = {0, 2};
  EXPECT_EQ(predicted(), 1);
}

TEST_P(DeviceFrames, JointAreTheSameHoweverTheyAreCut) {
  for (const Kind kind : {Kind::kFirst, Kind::kFirstAndPrevious}) {
    FrameAttention attention;
    attention.kind = kind;
    const Latents whole = Joint(attention, 0, kFrames);
    for (const auto& [begin, end] : {std::pair{0, 5}, std::pair{5, 10}, std::pair{17, 21}}) {
      EXPECT_EQ(Joint(attention, begin, end).values, Part(whole, begin, end).values) << begin;
    }
  }
}

TEST_P(DeviceFrames, GraphsGiveTheBitsOfKernelsLaunchedOneByOne) {
  int recorded = 0;
  if (!MakeCounting(&recorded)) {
    GTEST_SKIP() << "this Weft records no graphs";
  }
  const std::vector<Latents> graphs = AllKinds();
  EXPECT_GT(recorded, 8);
  denoiser_->GiveUpCaches();  // From now on only the groups of four frames are recorded.
  const std::vector<Latents> again = AllKinds();
  Make(nullptr);
  const std::vector<Latents> one_by_one = AllKinds();
  for (std::size_t i = 0; i < one_by_one.size(); ++i) {
    EXPECT_EQ(graphs[i], one_by_one[i]) << i;
    EXPECT_EQ(again[i], one_by_one[i]) << i;
  }
}

TEST_P(DeviceFrames, GraphsOfControlNetsGiveTheirBitsToo) {
  nets_ = 2;
  for (const auto& [attend, guess] : {std::pair{false, false}, std::pair{true, true}}) {
    guidance_.controlnets_attend = attend;
    guidance_.guess_mode = guess;
    int recorded = 0;
    if (!MakeCounting(&recorded)) {
      GTEST_SKIP() << "this Weft records no graphs";
    }
    const std::vector<Latents> graphs = AllKinds();
    EXPECT_GT(recorded, 8);
    Make(nullptr);
    EXPECT_EQ(graphs, AllKinds());
  }
}

INSTANTIATE_TEST_SUITE_P(Types,
                         DeviceFrames,
                         testing::Values(at::kFloat, at::kHalf, at::kBFloat16),
                         [](const auto& type) { return std::string(c10::toString(type.param)); });

}  // namespace
}  // namespace weft::models
