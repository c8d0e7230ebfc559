#include "coordinator/cli/option_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/plan/frame_attention.h"

namespace weft::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(OptionValues, CountIsDigitsWithinItsRange) {
  EXPECT_EQ(ParseCount("20", {.min = 1, .max = 1000}), 20U);
  EXPECT_EQ(ParseCount("18446744073709551615", {}), 18446744073709551615U);
  for (const char* const text :
       {"", "0", "1001", "-1", "+1", "1.0", "1e3", " 1", "1 ", "0x10", "18446744073709551616"}) {
    const Result<std::uint64_t> count = ParseCount(text, {.min = 1, .max = 1000});
    ASSERT_FALSE(count) << text;
    EXPECT_EQ(count.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(count.error().message(),
              "must be a whole number from 1 to 1000, not \"" + std::string(text) + "\"");
  }
}

TEST(OptionValues, NumberIsFiniteAndWithinItsRange) {
  EXPECT_EQ(ParseNumber("7.5", {.min = 0, .max = 50}), 7.5);
  EXPECT_EQ(ParseNumber("0", {.min = 0, .max = 50}), 0.0);
  EXPECT_EQ(ParseNumber("1e1", {.min = 0, .max = 50}), 10.0);
  for (const char* const text : {"", "nan", "inf", "50.1", "-0.1", "7,5", "7.5x"}) {
    EXPECT_FALSE(ParseNumber(text, {.min = 0, .max = 50})) << text;
  }
}

TEST(OptionValues, NumberAboveItsLimitLeavesTheLimitOut) {
  const NumberRange strength{.min = 0, .max = 1, .above_min = true};
  EXPECT_EQ(ParseNumber("1", strength), 1.0);
  EXPECT_EQ(ParseNumber("0.01", strength), 0.01);
  const Result<double> none = ParseNumber("0", strength);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message(), "must be a number above 0, up to 1, not \"0\"");
}

TEST(OptionValues, SizeIsWidthThenHeight) {
  const Result<v1::Size> size = ParseSize("512x320");
  ASSERT_TRUE(size);
  EXPECT_EQ(size->width(), 512U);
  EXPECT_EQ(size->height(), 320U);
  for (const char* const text : {"", "512", "x", "512x", "x320", "512X320", "0x320", "512x7",
                                 "8193x320", "512x320x3", "-512x320"}) {
    EXPECT_FALSE(ParseSize(text)) << text;
  }
}

TEST(OptionValues, FramesMayLackEitherEnd) {
  const auto frames = [](const char* text) {
    const v1::FrameRange range = ParseFrames(text).value();
    return std::make_pair(range.begin(), range.end());
  };
  EXPECT_EQ(frames("10:20"), std::make_pair(10U, 20U));
  EXPECT_EQ(frames("10:"), std::make_pair(10U, 0U));
  EXPECT_EQ(frames(":20"), std::make_pair(0U, 20U));
  EXPECT_EQ(frames(":"), std::make_pair(0U, 0U));
  for (const char* const text : {"", "10", "20:10", "10:10", "a:b", "0:0", "1:2:3", "-1:2"}) {
    EXPECT_FALSE(ParseFrames(text)) << text;
  }
}

TEST(OptionValues, StepsAscend) {
  EXPECT_THAT(ParseSteps("4,9,14").value(), ElementsAre(4, 9, 14));
  EXPECT_THAT(ParseSteps("0").value(), ElementsAre(0));
  EXPECT_THAT(ParseSteps("none").value(), ElementsAre());
  for (const char* const text : {"", ",", "4,", ",4", "9,4", "4,4", "4 9", "4,x", "1000"}) {
    EXPECT_FALSE(ParseSteps(text)) << text;
  }
}

TEST(OptionValues, LoraIsAFileWithOrWithoutAWeight) {
  const auto lora = [](const char* text) {
    const v1::Lora value = ParseLora(text).value();
    return std::make_pair(value.path(), value.weight());
  };
  EXPECT_EQ(lora("/l/ink.safetensors"), std::make_pair(std::string("/l/ink.safetensors"), 1.0));
  EXPECT_EQ(lora("/l/a:b.safetensors"), std::make_pair(std::string("/l/a:b.safetensors"), 1.0));
  EXPECT_EQ(lora("/l/ink.safetensors:-0.5"),
            std::make_pair(std::string("/l/ink.safetensors"), -0.5));
  for (const char* const text : {"", "ink", "ink.pt", "ink.pt:0.5", ".safetensors"}) {
    EXPECT_THAT(ParseLora(text).error().message(), HasSubstr("FILE.safetensors")) << text;
  }
  for (const char* const text : {"a.safetensors:", "a.safetensors:x", "a.safetensors:11"}) {
    EXPECT_THAT(ParseLora(text).error().message(), HasSubstr("weight must be a number")) << text;
  }
}

TEST(OptionValues, EmbeddingIsASafetensorsFile) {
  EXPECT_EQ(ParseEmbedding("/e/ink.safetensors"), "/e/ink.safetensors");
  EXPECT_FALSE(ParseEmbedding("/e/ink.pt"));
}

TEST(OptionValues, DeviceIsTheProcessorOrOneGpu) {
  EXPECT_EQ(ParseDevice("cpu"), "cpu");
  EXPECT_EQ(ParseDevice("cuda"), "cuda:0");
  EXPECT_EQ(ParseDevice("cuda:3"), "cuda:3");
  for (const char* const text : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "CPU"}) {
    EXPECT_FALSE(ParseDevice(text)) << text;
  }
}

TEST(OptionValues, AttentionIsAWordOrWindowsOrAPattern) {
  EXPECT_EQ(ParseAttention("anchors")->kind(), v1::ATTENTION_KIND_ANCHORS);
  EXPECT_EQ(ParseAttention("self")->kind(), v1::ATTENTION_KIND_SELF);
  EXPECT_EQ(ParseExchange("halo").value(), v1::EXCHANGE_HALO);
  EXPECT_EQ(ParseExchange("none").value(), v1::EXCHANGE_NONE);
  EXPECT_FALSE(ParseExchange("some"));
  const v1::Attention window = ParseAttention("window:8/4").value();
  EXPECT_EQ(window.kind(), v1::ATTENTION_KIND_WINDOW);
  EXPECT_EQ(window.window(), 8U);
  EXPECT_EQ(window.stride(), 4U);
  const v1::Attention pattern = ParseAttention("pattern:first,-1,0,1").value();
  EXPECT_EQ(pattern.kind(), v1::ATTENTION_KIND_PATTERN);
  EXPECT_THAT(pattern.pattern(), ElementsAre(kFirstFrame, -1, 0, 1));
  for (const char* const text :
       {"", "all", "self:", "anchors:3", "window", "window:8", "window:4/8", "window:8/0",
        "window:65/4", "pattern", "pattern:", "pattern:0,", "pattern:last,0", "pattern:0 1"}) {
    EXPECT_FALSE(ParseAttention(text)) << text;
  }
}

TEST(OptionValues, MicroBatchIsANumberOrChosen) {
  EXPECT_EQ(ParseMicroBatch("auto"), 0U);
  EXPECT_EQ(ParseMicroBatch("8"), 8U);
  for (const char* const text : {"", "0", "65", "many"}) {
    EXPECT_FALSE(ParseMicroBatch(text)) << text;
  }
}

TEST(OptionValues, AnchorsAreANumberOrThoseOfAJob) {
  EXPECT_EQ(ParseAnchors("0")->count, 0U);
  EXPECT_EQ(ParseAnchors("16")->count, 16U);
  EXPECT_EQ(ParseAnchors("from:hero")->job, "hero");
  EXPECT_EQ(ParseAnchors("from:j-0123")->count, std::nullopt);
  EXPECT_EQ(ParseAnchors("from:").error().message(), "must name a job after from:");
  for (const char* const text : {"", "17", "hero"}) {
    EXPECT_THAT(ParseAnchors(text).error().message(), HasSubstr("or from:JOB")) << text;
  }
}

TEST(OptionValues, RoundStepsAreANumberOrChosen) {
  EXPECT_EQ(ParseRoundSteps("auto"), 0U);
  EXPECT_EQ(ParseRoundSteps("32"), 32U);
  EXPECT_FALSE(ParseRoundSteps("33"));
}

TEST(OptionValues, SwitchIsYesOrNo) {
  EXPECT_EQ(ParseSwitch("true"), true);
  EXPECT_EQ(ParseSwitch("off"), false);
  EXPECT_EQ(ParseSwitch("1").error().message(), "must be true or false, not \"1\"");
}

TEST(OptionValues, KindsAndModesHaveTheirNames) {
  EXPECT_EQ(ParseKind("deflicker"), v1::JOB_KIND_DEFLICKER);
  EXPECT_EQ(ParseKind("render"), v1::JOB_KIND_RENDER);
  EXPECT_FALSE(ParseKind("Render"));
  EXPECT_EQ(ParseMode("balanced"), v1::SMOOTHING_MODE_BALANCED);
  EXPECT_EQ(ParseMode("fast"), v1::SMOOTHING_MODE_FAST);
  EXPECT_EQ(ParseMode("robust"), v1::SMOOTHING_MODE_ROBUST);
  EXPECT_EQ(ParseMode("accurate"), v1::SMOOTHING_MODE_ACCURATE);
  EXPECT_EQ(ParseMode("interpolate"), v1::SMOOTHING_MODE_INTERPOLATE);
  EXPECT_EQ(ParseMode("propagate"), v1::SMOOTHING_MODE_PROPAGATE);
  EXPECT_EQ(ParseMode("best").error().message(),
            "must be robust, balanced, accurate, fast, interpolate or propagate, not \"best\"");
}

TEST(OptionValues, PatchesAreOdd) {
  EXPECT_EQ(ParsePatch("3"), 3U);
  EXPECT_EQ(ParsePatch("15"), 15U);
  EXPECT_EQ(ParsePatch("4").error().message(), "must be an odd number from 3 to 15, not \"4\"");
  EXPECT_FALSE(ParsePatch("1"));
  EXPECT_FALSE(ParsePatch("17"));
  EXPECT_FALSE(ParsePatch("five"));
}

}  // namespace
}  // namespace weft::cli
