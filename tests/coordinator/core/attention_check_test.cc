#include "coordinator/core/attention_check.h"

#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/plan/frame_attention.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using ::testing::HasSubstr;

v1::JobSpec Spec(v1::AttentionKind kind) {
  v1::JobSpec spec = SampleSpec();
  spec.set_anchors_attended(0);
  v1::Attention& attention = *spec.mutable_attention();
  attention.set_kind(kind);
  if (kind == v1::ATTENTION_KIND_WINDOW) {
    attention.set_window(8);
    attention.set_stride(4);
  } else if (kind == v1::ATTENTION_KIND_PATTERN) {
    attention.add_pattern(kFirstFrame);
    attention.add_pattern(0);
  }
  return spec;
}

TEST(CheckAttention, TakesEveryKind) {
  EXPECT_TRUE(CheckAttention(SampleSpec()));
  for (const v1::AttentionKind kind : {v1::ATTENTION_KIND_ANCHORS, v1::ATTENTION_KIND_SELF,
                                       v1::ATTENTION_KIND_WINDOW, v1::ATTENTION_KIND_PATTERN}) {
    const Status checked = CheckAttention(Spec(kind));
    EXPECT_TRUE(checked) << checked.error().message();
  }
}

TEST(CheckAttention, ChunksExchangeNothingOnlyWhereFramesDoNotAttendJointly) {
  for (const v1::AttentionKind kind : {v1::ATTENTION_KIND_ANCHORS, v1::ATTENTION_KIND_SELF}) {
    v1::JobSpec spec = Spec(kind);
    spec.set_exchange(v1::EXCHANGE_NONE);
    spec.set_overlap_frames(4);
    EXPECT_TRUE(CheckAttention(spec));
    spec.set_overlap_frames(257);
    EXPECT_FALSE(CheckAttention(spec));
    spec.set_overlap_frames(4);
    spec.set_exchange(v1::EXCHANGE_HALO);
    EXPECT_THAT(CheckAttention(spec).error().message(), HasSubstr("overlap_frames is 4"));
  }
  v1::JobSpec spec = Spec(v1::ATTENTION_KIND_WINDOW);
  spec.set_exchange(v1::EXCHANGE_NONE);
  EXPECT_THAT(CheckAttention(spec).error().message(), HasSubstr("must be halo"));
}

TEST(CheckAttention, ControlNetsAttendWhereThereAreSomeAndOthersToAttendTo) {
  for (const v1::AttentionKind kind :
       {v1::ATTENTION_KIND_ANCHORS, v1::ATTENTION_KIND_WINDOW, v1::ATTENTION_KIND_PATTERN}) {
    v1::JobSpec spec = Spec(kind);
    spec.mutable_attention()->set_in_controlnets(true);
    spec.clear_controls();
    EXPECT_THAT(CheckAttention(spec).error().message(), HasSubstr("attention.in_controlnets"));
    spec.add_controls();
    EXPECT_TRUE(CheckAttention(spec));
    spec.mutable_attention()->set_kind(v1::ATTENTION_KIND_SELF);
    EXPECT_THAT(CheckAttention(spec).error().message(), HasSubstr("attention.in_controlnets"));
  }
}

TEST(CheckAttention, RoundsHaveALengthOfTheirOwnOnlyWhereFramesAttendJointly) {
  v1::JobSpec spec = Spec(v1::ATTENTION_KIND_PATTERN);
  spec.set_round_steps(32);
  EXPECT_TRUE(CheckAttention(spec));
  spec.set_round_steps(33);
  EXPECT_THAT(CheckAttention(spec).error().message(), HasSubstr("round_steps is 33"));
  spec = Spec(v1::ATTENTION_KIND_SELF);
  spec.set_round_steps(1);
  EXPECT_FALSE(CheckAttention(spec));
}

TEST(CheckAttention, NamesTheFieldAndItsValue) {
  struct Bad {
    std::string complaint;
    v1::AttentionKind kind;
    std::function<void(v1::JobSpec&)> spoil;
  };
  const std::vector<Bad> all = {
      {"anchors_attended is 2", v1::ATTENTION_KIND_SELF,
       [](auto& s) { s.set_anchors_attended(2); }},
      {"attention.window is 0", v1::ATTENTION_KIND_WINDOW,
       [](auto& s) { s.mutable_attention()->set_window(0); }},
      {"attention.window is 65", v1::ATTENTION_KIND_WINDOW,
       [](auto& s) { s.mutable_attention()->set_window(65); }},
      {"attention.stride is 9: 1 to 8", v1::ATTENTION_KIND_WINDOW,
       [](auto& s) { s.mutable_attention()->set_stride(9); }},
      {"attention.pattern is 0", v1::ATTENTION_KIND_PATTERN,
       [](auto& s) { s.mutable_attention()->clear_pattern(); }},
      {"attention.pattern is 65", v1::ATTENTION_KIND_PATTERN,
       [](auto& s) { s.mutable_attention()->add_pattern(65); }},
      {"0, 2 times", v1::ATTENTION_KIND_PATTERN,
       [](auto& s) { s.mutable_attention()->add_pattern(0); }},
      {"ddim or euler", v1::ATTENTION_KIND_PATTERN,
       [](auto& s) { s.set_sampler(v1::SAMPLER_DPMPP_2M); }},
      {"attention.kind is 9", v1::ATTENTION_KIND_SELF,
       [](auto& s) { s.mutable_attention()->set_kind(static_cast<v1::AttentionKind>(9)); }},
  };
  for (const Bad& bad : all) {
    v1::JobSpec spec = Spec(bad.kind);
    bad.spoil(spec);
    const Status checked = CheckAttention(spec);
    ASSERT_FALSE(checked) << bad.complaint;
    EXPECT_THAT(checked.error().message(), HasSubstr(bad.complaint));
  }
}

}  // namespace
}  // namespace weft::coordinator
