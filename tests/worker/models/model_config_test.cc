#include "worker/models/model_config.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/worker/models/safetensors_writer.h"
#include "worker/models/model_cost.h"

namespace weft::models {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

const std::string kDemo = WEFT_SOURCE_DIR "/deploy/models/weft-demo";

// A folder with the demo's configurations, one field of one of them changed.
class ChangedConfig {
 public:
  ChangedConfig(const std::string& file, const std::string& field, const json& value) {
    for (const char* part : {"unet", "vae", "controlnet", "scheduler", "text_encoder"}) {
      std::filesystem::create_directory(folder_ / part);
    }
    for (const char* name :
         {"model_index.json", "unet/config.json", "vae/config.json", "controlnet/config.json",
          "scheduler/scheduler_config.json", "text_encoder/config.json"}) {
      json config = ReadJson(kDemo + "/" + name);
      if (name == file) {
        config[field] = value;
        if (value.is_discarded()) {
          config.erase(field);
        }
      }
      WriteText(folder_ / name, config.is_discarded() ? "" : config.dump());
    }
  }
  [[nodiscard]] std::string path() const { return folder_.string(); }

 private:
  TestFolder folder_;
};

const json kAbsent = json(json::value_t::discarded);

void ExpectUnsupported(const Status& status, const std::string& file, const std::string& field) {
  ASSERT_FALSE(status) << field;
  EXPECT_EQ(status.error().code(), ErrorCode::kUnsupported) << status.error().message();
  EXPECT_THAT(status.error().message(), AllOf(HasSubstr(file), HasSubstr(field)));
}

template <typename T>
Status StatusOf(const Result<T>& result) {
  return result ? Status() : Status(Failure(result.error()));
}

TEST(ModelConfig, ReadsTheDemoModel) {
  EXPECT_TRUE(CheckModelIndex(kDemo));
  EXPECT_EQ(ReadVaeFactor(kDemo).value(), 4);
  const auto unet = ReadUnetConfig(kDemo);
  ASSERT_TRUE(unet) << unet.error().message();
  EXPECT_EQ(unet->trunk.channels, (std::vector<int>{64, 64, 128, 96}));
  EXPECT_EQ(unet->trunk.down_attention, (std::vector<bool>{false, true, true, false}));
  EXPECT_EQ(unet->up_attention, (std::vector<bool>{false, true, true, false}));
  EXPECT_EQ(unet->trunk.heads, (std::vector<int>{8, 8, 8, 8}));
  EXPECT_EQ(ReadControlNetConfig(kDemo + "/controlnet")->condition_widths,
            (std::vector<int>{8, 16, 32}));
  EXPECT_EQ(ReadNoiseSchedule(kDemo)->prediction, Prediction::kVelocity);
  EXPECT_EQ(ReadTextEncoderConfig(kDemo)->vocabulary, 934);
}

TEST(ModelConfig, RefusesUnetFieldsThatChangeTheComputation) {
  const std::vector<std::pair<std::string, json>> fields = {
      {"act_fn", "gelu"},
      {"class_embed_type", "timestep"},
      {"time_embedding_type", "fourier"},
      {"resnet_time_scale_shift", "scale_shift"},
      {"only_cross_attention", true},
      {"dual_cross_attention", true},
      {"num_attention_heads", 8},
      {"mid_block_type", "UNetMidBlock2D"},
      {"addition_embed_type", "text_time"},
      {"down_block_types",
       {"DownBlock2D", "SimpleCrossAttnDownBlock2D", "DownBlock2D", "DownBlock2D"}},
      {"conv_in_kernel", 1},
      {"a_field_of_the_future", 3},
  };
  for (const auto& [field, value] : fields) {
    const ChangedConfig config("unet/config.json", field, value);
    ExpectUnsupported(StatusOf(ReadUnetConfig(config.path())), "unet/config.json", field);
  }
}

TEST(ModelConfig, PassesOverUnknownFieldsThatAreOff) {
  EXPECT_TRUE(ReadUnetConfig(ChangedConfig("unet/config.json", "a_new_field", nullptr).path()));
  EXPECT_TRUE(ReadUnetConfig(ChangedConfig("unet/config.json", "_name_or_path", "x").path()));
}

TEST(ModelConfig, RefusesOtherPartsFieldsToo) {
  ExpectUnsupported(
      StatusOf(ReadVaeConfig(ChangedConfig("vae/config.json", "shift_factor", 0.1).path())),
      "vae/config.json", "shift_factor");
  ExpectUnsupported(StatusOf(ReadTextEncoderConfig(
                        ChangedConfig("text_encoder/config.json", "hidden_act", "relu").path())),
                    "text_encoder/config.json", "hidden_act");
  ExpectUnsupported(
      StatusOf(ReadControlNetConfig(
          ChangedConfig("controlnet/config.json", "global_pool_conditions", true).path() +
          "/controlnet")),
      "controlnet/config.json", "global_pool_conditions");
  ExpectUnsupported(
      CheckModelIndex(
          ChangedConfig("model_index.json", "_class_name", "StableDiffusionXLPipeline").path()),
      "model_index.json", "_class_name");
}

TEST(ModelConfig, TakesTheSchedulersOwnDefaultsForAbsentFields) {
  const std::string file = "scheduler/scheduler_config.json";
  // DDIMScheduler clips unless told not to.
  ExpectUnsupported(StatusOf(ReadNoiseSchedule(ChangedConfig(file, "clip_sample", kAbsent).path())),
                    file, "clip_sample");
  EXPECT_TRUE(
      ReadNoiseSchedule(ChangedConfig(file, "set_alpha_to_one", kAbsent).path())->set_alpha_to_one);
  ExpectUnsupported(
      StatusOf(ReadNoiseSchedule(ChangedConfig(file, "prediction_type", "sample").path())), file,
      "prediction_type");
}

TEST(ModelConfig, TakesTheNoiseScheduleOfAnotherSamplersFile) {
  const std::string file = "scheduler/scheduler_config.json";
  const auto euler =
      ReadNoiseSchedule(ChangedConfig(file, "_class_name", "EulerDiscreteScheduler").path());
  ASSERT_TRUE(euler) << euler.error().message();
  EXPECT_EQ(euler->steps_offset, 1);
  EXPECT_EQ(euler->timestep_spacing, TimestepSpacing::kLeading);
  EXPECT_EQ(
      ReadNoiseSchedule(ChangedConfig(file, "timestep_spacing", kAbsent).path())->timestep_spacing,
      std::nullopt);
  ExpectUnsupported(
      StatusOf(ReadNoiseSchedule(ChangedConfig(file, "timestep_spacing", "sideways").path())), file,
      "timestep_spacing");
}

TEST(ModelConfig, NamesValuesThatMakeNoSense) {
  for (const json& value : {json(0), json(-3), json("64"), json(1.5), json(1e12)}) {
    const auto config =
        ReadUnetConfig(ChangedConfig("unet/config.json", "norm_num_groups", value).path());
    ASSERT_FALSE(config) << value;
    EXPECT_EQ(config.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(config.error().message(), HasSubstr("norm_num_groups"));
  }
  EXPECT_EQ(ReadUnetConfig("/nowhere").error().code(), ErrorCode::kNotFound);
}

TEST(ModelCost, CountsMultiplyAdds) {
  const auto cost =
      EstimateCost({.model = kDemo, .controlnets = {kDemo + "/controlnet"}}, 256, 256);
  ASSERT_TRUE(cost);
  // The VAE decoder's last level alone: 2 resnets of 32 channels, one of 64 to 32, on 256 x 256.
  EXPECT_GT(cost->vae_decode, 65536.0 * 9 * (4 * 32 * 32 + 64 * 32));
  ASSERT_EQ(cost->controlnet_steps.size(), 1U);
  EXPECT_GT(cost->unet_step, cost->controlnet_steps[0]);
  EXPECT_GT(cost->controlnet_steps[0], 0.0);
  // Attention between frames grows with the square of the cells, everything else with the cells.
  const auto larger = EstimateCost({.model = kDemo}, 512, 256);
  EXPECT_NEAR(larger->unet_step_anchor / cost->unet_step_anchor, 4.0, 1e-9);
  EXPECT_GT(larger->unet_step / cost->unet_step, 2.0);
}

}  // namespace
}  // namespace weft::models
