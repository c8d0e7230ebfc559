#include "worker/models/diffusion_model.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/worker/models/safetensors_writer.h"
#include "worker/models/sampler.h"
#include "worker/models/torch_edge.h"

namespace weft::models {
namespace {

using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

const std::string kDemo = WEFT_SOURCE_DIR "/deploy/models/weft-demo";
const std::string kUnetFile = "unet/diffusion_pytorch_model.safetensors";

std::unique_ptr<DiffusionModel> LoadDemo(int micro_batch, DataType type = DataType::kFloat32) {
  auto model = DiffusionModel::Load(
      {.model = kDemo, .controlnets = {kDemo + "/controlnet"}, .data_type = type});
  EXPECT_TRUE(model) << model.error().message();
  (*model)->UseMicroBatch(micro_batch);
  return std::move(model).value();
}

// The demo with one file replaced; the rest are links.
class PatchedDemo {
 public:
  explicit PatchedDemo(const std::string& without) {
    for (const auto& entry : fs::recursive_directory_iterator(kDemo)) {
      const fs::path name = fs::relative(entry.path(), kDemo);
      if (entry.is_directory()) {
        fs::create_directory(folder_ / name.string());
      } else if (name != without) {
        fs::create_symlink(entry.path(), folder_ / name.string());
      }
    }
  }
  std::string operator/(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] Error LoadError() const {
    const auto model =
        DiffusionModel::Load({.model = folder_.string(), .controlnets = {folder_ / "controlnet"}});
    EXPECT_FALSE(model);
    return model ? Error(ErrorCode::kInternal, "loaded") : model.error();
  }

 private:
  TestFolder folder_;
};

// Frames with different latents and controls, of 80 x 44 pixels: 20 x 11 cells, which is odd at
// every level of the UNet.
StepInput Frames(const std::vector<int>& numbers) {
  StepInput input;
  input.controls.emplace_back();
  input.noisy = {static_cast<int>(numbers.size()), 4, 11, 20, {}};
  for (const int number : numbers) {
    for (int i = 0; i < 4 * 11 * 20; ++i) {
      input.noisy.values.push_back(static_cast<float>((i * 37 + number * 101) % 97) / 48.0F - 1.0F);
    }
    ControlMap map{80, 44, 1, {}};
    for (int i = 0; i < 80 * 44; ++i) {
      map.values.push_back(static_cast<std::uint8_t>((i * 7 + number * 29) % 256));
    }
    input.controls[0].push_back(std::move(map));
  }
  return input;
}

std::vector<float> FrameAt(const Latents& latents, int frame) {
  const auto size = static_cast<std::ptrdiff_t>(latents.frame_size());
  return {latents.values.begin() + frame * size, latents.values.begin() + (frame + 1) * size};
}

struct Setting {
  std::unique_ptr<DiffusionModel> model;
  PromptEmbedding prompts;
  Guidance guidance{4.0, {0.8}};

  explicit Setting(int micro_batch, DataType type = DataType::kFloat32)
      : model(LoadDemo(micro_batch, type)),
        prompts(model->EncodePrompts("", "a photo of towers, neon glow").value()) {}

  // Predictions of `numbers`, which attend to the anchors 0 and (in this order) `others`.
  Latents Predict(const std::vector<int>& numbers,
                  const std::vector<int>& anchors,
                  const std::vector<int>& attends) {
    const auto anchored = model->PredictAnchors(Frames(anchors), 501.0, prompts, guidance);
    EXPECT_TRUE(anchored) << anchored.error().message();
    StepInput input = Frames(numbers);
    input.attends.assign(numbers.size(), attends);
    const auto out = model->PredictFrames(input, 501.0, prompts, guidance);
    EXPECT_TRUE(out) << out.error().message();
    return out.value();
  }
};

class AnyMicroBatch : public testing::TestWithParam<int> {};

TEST_P(AnyMicroBatch, AFramesNumbersDoNotDependOnItsCompany) {
  Setting setting(GetParam());
  const Latents alone = setting.Predict({7}, {0, 5}, {0, 1});
  const Latents group = setting.Predict({3, 9, 7, 4, 8}, {0, 5}, {0, 1});
  const Latents other_order = setting.Predict({8, 7, 3}, {0, 5}, {0, 1});
  EXPECT_EQ(FrameAt(alone, 0), FrameAt(group, 2));
  EXPECT_EQ(FrameAt(alone, 0), FrameAt(other_order, 1));
  EXPECT_NE(FrameAt(alone, 0), FrameAt(group, 0));
}

TEST_P(AnyMicroBatch, AnAnchorsNumbersDoNotDependOnTheOtherAnchors) {
  Setting setting(GetParam());
  const auto anchors = [&](const std::vector<int>& numbers) {
    return setting.model->PredictAnchors(Frames(numbers), 501.0, setting.prompts, setting.guidance)
        .value();
  };
  const Latents pair = anchors({0, 5});
  const Latents more = anchors({0, 2, 9, 5});
  EXPECT_EQ(FrameAt(pair, 0), FrameAt(more, 0));
  EXPECT_EQ(FrameAt(pair, 1), FrameAt(more, 3));
  // What a frame reads of an anchor is the same, too.
  EXPECT_EQ(setting.Predict({7}, {0, 5}, {0, 1}), setting.Predict({7}, {0, 2, 9, 5}, {0, 3}));
}

INSTANTIATE_TEST_SUITE_P(Sizes, AnyMicroBatch, testing::Values(1, 2, 3));

TEST(DiffusionModel, AttendsToTheAnchorsItIsTold) {
  Setting setting(1);
  const Latents both = setting.Predict({7}, {0, 5}, {0, 1});
  EXPECT_NE(both.values, setting.Predict({7}, {0, 5}, {0}).values);
  EXPECT_NE(both.values, setting.Predict({7}, {0, 6}, {0, 1}).values);
  // A frame that attends to a copy of itself sees each key twice, which changes nothing.
  const auto alone =
      setting.model->PredictFrames(Frames({0}), 501.0, setting.prompts, setting.guidance);
  const Latents twice = setting.Predict({0}, {0}, {0});
  for (std::size_t i = 0; i < twice.values.size(); ++i) {
    EXPECT_NEAR(twice.values[i], alone->values[i], 2e-4);
  }
}

TEST(DiffusionModel, GuidesAndControlsAsAsked) {
  Setting setting(1);
  const auto predict = [&](double scale, double control) {
    return setting.model->PredictFrames(Frames({1}), 501.0, setting.prompts, {scale, {control}})
        .value();
  };
  const Latents negative = predict(0.0, 0.0);
  const Latents positive = predict(1.0, 0.0);
  const Latents guided = predict(4.0, 0.0);
  for (std::size_t i = 0; i < guided.values.size(); ++i) {
    const float n = negative.values[i];
    EXPECT_NEAR(guided.values[i], n + 4.0F * (positive.values[i] - n), 1e-4);
  }
  EXPECT_NE(predict(4.0, 1.0).values, guided.values);
  StepInput without = Frames({1});
  without.controls.clear();
  EXPECT_EQ(setting.model->PredictFrames(without, 501.0, setting.prompts, {4.0, {0.0}}).value(),
            guided);
}

TEST(DiffusionModel, RefusesAnchorsOfAnotherStep) {
  Setting setting(1);
  StepInput input = Frames({1});
  input.attends = {{0}};
  const auto code = [&](double timestep) {
    return setting.model->PredictFrames(input, timestep, setting.prompts, setting.guidance)
        .error()
        .code();
  };
  EXPECT_EQ(code(501.0), ErrorCode::kFailedPrecondition);
  ASSERT_TRUE(setting.model->PredictAnchors(Frames({0}), 501.0, setting.prompts, setting.guidance));
  EXPECT_EQ(code(401.0), ErrorCode::kFailedPrecondition);
  input.attends = {{1}};
  EXPECT_EQ(code(501.0), ErrorCode::kInvalidArgument);
  input.attends = {{0}};
  input.controls[0][0].width = 76;
  EXPECT_EQ(code(501.0), ErrorCode::kInvalidArgument);
}

TEST(DiffusionModel, ComesCloseInBfloat16) {
  Setting exact(1);
  Setting rough(1, DataType::kBfloat16);
  const Latents a = exact.Predict({7}, {0}, {0});
  const Latents b = rough.Predict({7}, {0}, {0});
  double difference = 0.0;
  double size = 0.0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    difference += std::abs(a.values[i] - b.values[i]);
    size += std::abs(a.values[i]);
  }
  EXPECT_GT(difference, 0.0);
  EXPECT_LT(difference / size, 0.1);
}

TEST(DiffusionModel, EncodesAndDecodesOddSizesFrameByFrame) {
  const auto model = LoadDemo(1);
  std::vector<Frame> frames(2, Frame{84, 44, std::vector<std::uint8_t>(std::size_t{84} * 44 * 3)});
  for (std::size_t i = 0; i < frames[0].rgb.size(); ++i) {
    frames[0].rgb[i] = static_cast<std::uint8_t>(100 + i % 84);
    frames[1].rgb[i] = 200;
  }
  const auto latents = model->Encode(frames);
  ASSERT_TRUE(latents) << latents.error().message();
  EXPECT_EQ(latents->width, 21);
  EXPECT_EQ(latents->height, 11);
  EXPECT_EQ(FrameAt(model->Encode({frames[1]}).value(), 0), FrameAt(*latents, 1));
  const auto pictures = model->Decode(*latents);
  ASSERT_TRUE(pictures);
  ASSERT_EQ(pictures->size(), 2U);
  EXPECT_EQ((*pictures)[1].width, 84);
  // A plain picture comes back about as it was.
  EXPECT_NEAR((*pictures)[1].rgb[std::size_t{3} * (84 * 22 + 42)], 200, 12);
  frames[1].height = 40;
  EXPECT_EQ(model->Encode(frames).error().code(), ErrorCode::kInvalidArgument);
}

// The whole of a pipeline through the public functions, against a recorded render.
TEST(DiffusionModel, RendersTheRecordedPicture) {
  const auto file =
      SafetensorsFile::Open(WEFT_SOURCE_DIR "/tests/golden/demo/img2img_nocn_256.safetensors");
  ASSERT_TRUE(file) << file.error().message();
  const auto bytes = [&](const char* name) {
    const StoredTensor& tensor = *(*file)->Find(name);
    const auto* first = reinterpret_cast<const std::uint8_t*>(tensor.bytes);
    return std::vector<std::uint8_t>(first, first + tensor.byte_count);
  };
  std::vector<float> noise(std::size_t{4} * 64 * 64);
  std::memcpy(noise.data(), (*file)->Find("noise")->bytes, noise.size() * sizeof(float));

  const auto model = LoadDemo(1);
  const auto prompts =
      model->EncodePrompts((*file)->metadata().at("negative"), (*file)->metadata().at("prompt"));
  const auto sampler = Sampler::Create(model->schedule(), {.steps = 8}).value();
  StepMemory memory;
  Latents x =
      sampler->AddNoise(model->Encode({{256, 256, bytes("image_rgb_u8")}}).value(), noise, 2);
  for (int step = 2; step < sampler->steps(); ++step) {
    StepInput input;
    input.noisy = x;
    const auto out = model->PredictFrames(input, sampler->timestep(step), *prompts, {5.0, {}});
    ASSERT_TRUE(out) << out.error().message();
    x = sampler->Step(x, *out, step, {}, memory);
  }
  const Frame picture = model->Decode(x)->front();
  const std::vector<std::uint8_t> expected = bytes("final_rgb_u8");
  ASSERT_EQ(picture.rgb.size(), expected.size());
  int worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    worst = std::max(worst, std::abs(picture.rgb[i] - expected[i]));
  }
  EXPECT_LE(worst, 1);
}

TEST(DiffusionModelLoad, NamesMissingMisshapenAndExtraTensorsInOneMessage) {
  const PatchedDemo demo(kUnetFile);
  const std::string between = demo / "unet/between.safetensors";
  CopyEdited(kDemo + "/" + kUnetFile, demo / kUnetFile, {"conv_in.bias", true, "", {}});
  CopyEdited(demo / kUnetFile, between, {"conv_out.bias", false, "", {2, 2}});
  CopyEdited(between, demo / kUnetFile, {"conv_norm_out.bias", false, "surplus.bias", {}});
  const Error error = demo.LoadError();
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message(), AllOf(HasSubstr(kUnetFile), HasSubstr("conv_in.bias is missing"),
                                     HasSubstr("conv_out.bias has shape [2, 2] instead of [4]"),
                                     HasSubstr("conv_norm_out.bias is missing"),
                                     HasSubstr("surplus.bias [64] belongs to no layer")));
}

TEST(DiffusionModelLoad, RefusesPicklesAndMissingFiles) {
  const PatchedDemo demo(kUnetFile);
  EXPECT_EQ(demo.LoadError().code(), ErrorCode::kNotFound);
  EXPECT_THAT(demo.LoadError().message(), HasSubstr("unet"));
  WriteText(demo / "unet/diffusion_pytorch_model.bin", "PK\x03\x04");
  EXPECT_EQ(demo.LoadError().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(demo.LoadError().message(), HasSubstr("pickle"));
}

TEST(DiffusionModelLoad, ReadsTheOldNamesOfTheVaesAttention) {
  const std::string vae = "vae/diffusion_pytorch_model.safetensors";
  const PatchedDemo demo(vae);
  CopyEdited(kDemo + "/" + vae, demo / vae,
             {"encoder.mid_block.attentions.0.to_q.weight",
              false,
              "encoder.mid_block.attentions.0.query.weight",
              {}});
  EXPECT_TRUE(DiffusionModel::Load({.model = fs::path(demo / "x").parent_path().string()}));
}

TEST(DiffusionModelLoad, RefusesPartsThatDoNotFitTogether) {
  const PatchedDemo demo("text_encoder/config.json");
  nlohmann::json config = ReadJson(kDemo + "/text_encoder/config.json");
  config["hidden_size"] = 128;
  WriteText(demo / "text_encoder/config.json", config.dump());
  EXPECT_EQ(demo.LoadError().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(demo.LoadError().message(), HasSubstr("cross_attention_dim"));
}

TEST(DiffusionModelLoad, RefusesWhatTheDeviceCannotDo) {
  const auto code = [](const std::string& device, DataType type) {
    const auto model = DiffusionModel::Load({.model = kDemo, .device = device, .data_type = type});
    return model ? ErrorCode::kInternal : model.error().code();
  };
  EXPECT_EQ(code("cpu", DataType::kFloat16), ErrorCode::kUnsupported);
  EXPECT_EQ(code("abacus", DataType::kFloat32), ErrorCode::kInvalidArgument);
}

// While it lives, LibTorch gets no block above `limit` bytes.
class SmallBlocksOnly : public c10::Allocator {
 public:
  explicit SmallBlocksOnly(std::size_t limit) : limit_(limit), plain_(c10::GetCPUAllocator()) {
    c10::SetCPUAllocator(this);
  }
  SmallBlocksOnly(const SmallBlocksOnly&) = delete;
  SmallBlocksOnly& operator=(const SmallBlocksOnly&) = delete;
  ~SmallBlocksOnly() override { c10::SetCPUAllocator(plain_); }

  // LibTorch 1.13 has the first and neither of the others; in 2.11 the others are virtual.
  // NOLINTBEGIN(modernize-use-override,cppcoreguidelines-explicit-virtual-functions)
  [[nodiscard]] c10::DataPtr allocate(std::size_t bytes) const {
    TORCH_CHECK(bytes <= limit_, "can't allocate memory: ", bytes, " bytes");
    return plain_->allocate(bytes);
  }
  [[nodiscard]] c10::DataPtr allocate(std::size_t bytes) {
    return std::as_const(*this).allocate(bytes);
  }
  void copy_data(void* to, const void* from, std::size_t count) const {
    std::memcpy(to, from, count);
  }
  // NOLINTEND(modernize-use-override,cppcoreguidelines-explicit-virtual-functions)
  [[nodiscard]] c10::DeleterFnPtr raw_deleter() const override { return plain_->raw_deleter(); }

 private:
  std::size_t limit_;
  c10::Allocator* plain_;
};

TEST(DiffusionModel, GoesOnWithSmallerBatchesWhereMemoryRunsOut) {
  constexpr int kFrames = 7;
  constexpr int kSide = 32;
  StepInput input;
  input.noisy = {kFrames, 4, kSide, kSide, {}};
  for (int i = 0; i < kFrames * 4 * kSide * kSide; ++i) {
    input.noisy.values.push_back(static_cast<float>((i * 37) % 97) / 48.0F - 1.0F);
  }
  const auto model = DiffusionModel::Load({.model = kDemo}).value();
  model->UseMicroBatch(kFrames);
  const PromptEmbedding prompts = model->EncodePrompts("", "a boat").value();
  EXPECT_EQ(model->micro_batch(), kFrames);
  Result<Latents> out = Latents{};
  {
    // Enough for every kernel, and for the widest pictures of four frames, not of seven.
    const SmallBlocksOnly limit(std::size_t{4} << 20U);
    out = model->PredictFrames(input, 501.0, prompts, Guidance{});
  }
  ASSERT_TRUE(out) << out.error().message();
  EXPECT_EQ(model->micro_batch(), 4);
  model->UseMicroBatch(kFrames);
  EXPECT_EQ(model->micro_batch(), 4) << "what did not fit is not tried again";

  StepInput last;
  last.noisy = {1, 4, kSide, kSide, FrameAt(input.noisy, kFrames - 1)};
  const auto alone = DiffusionModel::Load({.model = kDemo}).value();
  EXPECT_EQ(alone->PredictFrames(last, 501.0, prompts, Guidance{})->values,
            FrameAt(*out, kFrames - 1));
}

}  // namespace
}  // namespace weft::models
