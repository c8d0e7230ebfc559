#include "worker/models/guided_denoiser.h"

#include <cmath>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/worker/models/demo_denoiser.h"

namespace weft::models {
namespace {

using testing::HasSubstr;

TEST(GuidedDenoiser, OneFrameThatReadsItselfOnlyIsSelfAttention) {
  Setting setting(1);
  const std::vector<float> alone = setting.Alone({0}).values;
  FrameAttention own = Of(Kind::kPattern);
  own.pattern = {0};
  for (const FrameAttention& attention :
       {own, Of(Kind::kFirst), Of(Kind::kFirstAndPrevious), Of(Kind::kWindow)}) {
    EXPECT_LE(Difference(setting.Joint(attention, {0}, 1, {0}).values, alone), kRounding);
  }
  EXPECT_LE(Difference(setting.Joint(own, {3}, 5, {3}).values, setting.Alone({3}).values),
            kRounding);
}

TEST(GuidedDenoiser, EveryKindChangesWhatAFrameSees) {
  Setting setting(2);
  const std::vector<float> alone = setting.Alone({2}).values;
  for (const Kind kind : {Kind::kFirst, Kind::kFirstAndPrevious, Kind::kPattern, Kind::kWindow}) {
    EXPECT_GT(Difference(setting.Joint(Of(kind), {2}, 4, Between(0, 4)).values, alone), 1e-2);
  }
}

TEST(GuidedDenoiser, AWindowAsLongAsTheClipIsOneJointPass) {
  Setting setting(1);
  FrameAttention window = Of(Kind::kWindow);
  window.window = 3;
  window.stride = 3;
  const Latents exact = setting.Joint(window, Between(0, 3), 3, Between(0, 3));
  window.window = 9;
  EXPECT_EQ(setting.Joint(window, Between(0, 3), 3, Between(0, 3)), exact);
  // The middle one of a pattern that names the same three.
  FrameAttention pattern = Of(Kind::kPattern);
  pattern.pattern = {-1, 0, 1};
  EXPECT_EQ(setting.Joint(pattern, {1}, 3, Between(0, 3)).values, FrameAt(exact, 1));
}

TEST(GuidedDenoiser, BlendsOverlappingWindowsByTheirWeights) {
  Setting setting(1);
  // Of 6 frames, 3 lies in [0, 4) and [2, 6); each of these alone is a clip of its own, too.
  const Latents out = setting.Joint(Of(Kind::kWindow), {3}, 6, Between(0, 6));
  const auto first = FrameAt(setting.Joint(Of(Kind::kWindow), Between(0, 4), 4, Between(0, 4)), 3);
  const auto groups = Groups(Of(Kind::kWindow), {3}, 6);
  ASSERT_EQ(groups.size(), 2U);
  FrameAttention second_window = Of(Kind::kPattern);
  second_window.pattern = {-1, 0, 1, 2};
  const auto second = setting.Joint(second_window, {3}, 6, Between(0, 6)).values;
  const float a = groups[0].weights[3];
  const float b = groups[1].weights[1];
  std::vector<float> expected;
  for (std::size_t i = 0; i < first.size(); ++i) {
    expected.push_back((a * first[i] + b * second[i]) / (a + b));
  }
  EXPECT_LE(Difference(out.values, expected), 1e-5);
}

class AnyAttention : public testing::TestWithParam<std::tuple<Kind, int, bool>> {};

TEST_P(AnyAttention, AFramesNumbersDoNotDependOnWhichOthersAreAskedFor) {
  const auto [kind, micro_batch, controlnets_attend] = GetParam();
  Setting setting(micro_batch, controlnets_attend ? 1 : 0);
  setting.guidance.controlnets_attend = controlnets_attend;
  const FrameAttention attention = Of(kind);
  const Latents all = setting.Joint(attention, Between(0, 7), 7, Between(0, 7));
  for (const int frame : {0, 3, 6}) {
    const std::vector<int> needed =
        FramesNeeded(attention, {frame}, 7, DemoParts(0).unet.SelfAttentionLayers());
    EXPECT_EQ(setting.Joint(attention, {frame}, 7, needed).values, FrameAt(all, frame)) << frame;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds,
                         AnyAttention,
                         testing::Combine(testing::Values(Kind::kFirst,
                                                          Kind::kFirstAndPrevious,
                                                          Kind::kPattern,
                                                          Kind::kWindow),
                                          testing::Values(1, 3),
                                          testing::Bool()));

TEST(GuidedDenoiser, AFrameFurtherBackThanTheLayersReachChangesNothing) {
  Setting setting(2);
  const int depth = DemoParts(0).unet.SelfAttentionLayers();
  const int total = depth + 4;
  const FrameAttention attention = Of(Kind::kFirstAndPrevious);
  const std::vector<int> needed = FramesNeeded(attention, {total - 1}, total, depth);
  ASSERT_LT(static_cast<int>(needed.size()), total);
  EXPECT_EQ(setting.Joint(attention, {total - 1}, total, needed).values,
            setting.Joint(attention, {total - 1}, total, Between(0, total)).values);
}

TEST(GuidedDenoiser, TheMicroBatchChangesNoMoreThanRounding) {
  Setting one(1, 1);
  Setting three(3, 1);
  for (const Kind kind : {Kind::kFirst, Kind::kFirstAndPrevious, Kind::kPattern, Kind::kWindow}) {
    for (const bool controlnets_attend : {false, true}) {
      one.guidance.controlnets_attend = controlnets_attend;
      three.guidance.controlnets_attend = controlnets_attend;
      EXPECT_LE(Difference(one.Joint(Of(kind), Between(0, 5), 5, Between(0, 5)).values,
                           three.Joint(Of(kind), Between(0, 5), 5, Between(0, 5)).values),
                kRounding);
    }
  }
}

TEST(GuidedDenoiser, ControlNetsAttendJointlyOnlyWhereAsked) {
  Setting setting(1, 1);
  const auto predict = [&](bool attend) {
    setting.guidance.controlnets_attend = attend;
    return setting.Joint(Of(Kind::kWindow), {1}, 3, Between(0, 3)).values;
  };
  EXPECT_GT(Difference(predict(true), predict(false)), 1e-3);
}

// Frame 3, which attends to anchors 0 and 5.
Result<Latents> ByAnchors(Setting& setting, bool for_anchors, bool for_frame) {
  setting.guidance.controlnets_attend = for_anchors;
  EXPECT_TRUE(setting.denoiser.PredictAnchors(Frames({0, 5}, 1), kTimestep, setting.prompts,
                                              setting.guidance));
  setting.guidance.controlnets_attend = for_frame;
  StepInput frame = Frames({3}, 1);
  frame.attends = {{0, 1}};
  return setting.denoiser.PredictFrames(frame, kTimestep, setting.prompts, setting.guidance);
}

TEST(GuidedDenoiser, ControlNetsAttendToAnchorsOnlyWhereAsked) {
  Setting setting(1, 1);
  const std::vector<float> alone = ByAnchors(setting, false, false).value().values;
  const std::vector<float> attending = ByAnchors(setting, true, true).value().values;
  EXPECT_GT(Difference(alone, attending), 1e-3);
  EXPECT_EQ(ByAnchors(setting, true, true).value().values, attending);
}

TEST(GuidedDenoiser, ControlNetsThatAttendNeedAnchorsOfSuch) {
  Setting setting(1, 1);
  const Result<Latents> refused = ByAnchors(setting, false, true);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(refused.error().message(), HasSubstr("ControlNets"));
}

// How many anchors had to be predicted, and frame 3, which attends to the last and the first.
std::pair<int, std::vector<float>> ByRecalled(Setting& setting, const std::vector<int>& anchors) {
  const auto predicted = setting.denoiser.RecallAnchors(Frames(anchors, setting.nets), kTimestep,
                                                        setting.prompts, setting.guidance);
  StepInput frame = Frames({3}, setting.nets);
  frame.attends = {{static_cast<int>(anchors.size()) - 1, 0}};
  const auto out =
      setting.denoiser.PredictFrames(frame, kTimestep, setting.prompts, setting.guidance);
  EXPECT_TRUE(out) << out.error().message();
  return {predicted.value(), out.value().values};
}

constexpr std::uint64_t kAmple = 1'000'000'000;

TEST(GuidedDenoiser, AnchorsThatAreKeptGiveTheSameBits) {
  for (const auto& [controlnets_attend, guess_mode] :
       {std::pair{false, false}, std::pair{true, false}, std::pair{true, true}}) {
    Setting fresh(2, 1);
    fresh.guidance.controlnets_attend = controlnets_attend;
    fresh.guidance.guess_mode = guess_mode;
    Setting keeping(2, 1);
    keeping.guidance = fresh.guidance;
    keeping.denoiser.KeepAnchors(kAmple);
    const std::pair<int, std::vector<float>> expected = ByRecalled(fresh, {0, 9});
    EXPECT_EQ(expected.first, 2);
    EXPECT_EQ(ByRecalled(fresh, {0, 9}), expected) << "nothing is kept unless asked for";
    EXPECT_EQ(ByRecalled(keeping, {0, 5, 7}).first, 3);
    EXPECT_EQ(ByRecalled(keeping, {0, 7, 9}), std::pair(1, expected.second));
    EXPECT_EQ(ByRecalled(keeping, {0, 9}), std::pair(0, expected.second));
  }
}

TEST(GuidedDenoiser, AnchorsOfAnotherFirstOneOrPromptAreNotTaken) {
  Setting setting(1);
  setting.denoiser.KeepAnchors(kAmple);
  EXPECT_EQ(ByRecalled(setting, {0, 9}).first, 2);
  EXPECT_EQ(ByRecalled(setting, {1, 9}).first, 2);
  EXPECT_EQ(ByRecalled(setting, {0, 9}).first, 0);
  setting.prompts.values.front() += 1.0F;
  EXPECT_EQ(ByRecalled(setting, {0, 9}).first, 2);
}

TEST(GuidedDenoiser, AnAttendingControlNetThatReadsItsOwnFrameAloneChangesNothing) {
  Setting setting(2, 1);
  const std::vector<float> alone = setting.Alone({0, 1}).values;
  setting.guidance.controlnets_attend = true;
  EXPECT_LE(Difference(setting.Alone({0, 1}).values, alone), kRounding);
}

TEST(GuidedDenoiser, NamesTheFrameThatIsMissing) {
  Setting setting(1);
  const auto out = setting.denoiser.PredictJoint(Frames({1, 2}), {Of(Kind::kFirst), 5, {1, 2}, {2}},
                                                 kTimestep, setting.prompts, {4.0, {}});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(out.error().message(), HasSubstr("frame 0 is needed"));
}

TEST(GuidedDenoiser, TwoControlNetsAddWhatEachGives) {
  Setting setting(1, 2);
  // Twice the same net on the same map is one at the sum of their scales.
  StepInput input = Frames({1}, 2);
  input.controls[1] = input.controls[0];
  const auto predict = [&](double first, double second) {
    return setting.denoiser.PredictFrames(input, kTimestep, setting.prompts, {4.0, {first, second}})
        .value()
        .values;
  };
  EXPECT_LE(Difference(predict(0.25, 0.5), predict(0.75, 0.0)), kRounding);
  EXPECT_EQ(predict(0.5, 0.0), predict(0.0, 0.5));
  EXPECT_GT(Difference(predict(0.75, 0.0), predict(0.0, 0.0)), 1e-3);
}

TEST(GuidedDenoiser, GuessModeLeavesTheNegativeSideUntouched) {
  Setting setting(2, 1);
  const auto predict = [&](double scale, double control, bool guess) {
    return setting.denoiser
        .PredictFrames(Frames({1}, 1), kTimestep, setting.prompts, {scale, {control}, guess})
        .value()
        .values;
  };
  EXPECT_EQ(predict(0.0, 0.8, true), predict(0.0, 0.0, false));
  EXPECT_GT(Difference(predict(1.0, 0.8, true), predict(1.0, 0.0, false)), 1e-3);
  EXPECT_GT(Difference(predict(1.0, 0.8, true), predict(1.0, 0.8, false)), 1e-3);
}

TEST(GuidedDenoiser, GradesResidualsInEqualRatiosUpToOne) {
  Skips skips{{at::ones({1}), at::ones({1}), at::ones({1}), at::ones({1})}, at::ones({1})};
  skips.Grade();
  EXPECT_NEAR(skips.down[0].item<float>(), 0.1, 1e-7);
  EXPECT_NEAR(skips.down[2].item<float>(), std::sqrt(0.1), 1e-6);
  EXPECT_EQ(skips.mid.item<float>(), 1.0F);
}

TEST(GuidedDenoiser, AColourMapOfGreysIsTheGreyMap) {
  Setting setting(1, 1);
  const StepInput grey = Frames({1}, 1);
  StepInput colour = grey;
  colour.controls[0][0] = MapOf(1, 3);
  const auto predict = [&](const StepInput& input) {
    return setting.denoiser.PredictFrames(input, kTimestep, setting.prompts, setting.guidance);
  };
  EXPECT_EQ(predict(grey).value(), predict(colour).value());
  colour.controls[0][0].channels = 2;
  EXPECT_EQ(predict(colour).error().code(), ErrorCode::kInvalidArgument);
}

TEST(GuidedDenoiser, ReadsAnotherPromptWhenItChanges) {
  Setting setting(1, 1);
  const Latents first = setting.Alone({1});
  PromptEmbedding others = setting.prompts;
  std::swap(others, setting.prompts);
  setting.prompts.values.front() = -others.values.front() + 0.5F;
  EXPECT_FALSE(setting.Alone({1}) == first);
  setting.prompts = others;
  EXPECT_EQ(setting.Alone({1}), first);
}

}  // namespace
}  // namespace weft::models
