#include "common/wire/attention_wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(AttentionWire, NothingIsJointUnlessWindowsOrPatternsAre) {
  v1::JobSpec spec;
  EXPECT_FALSE(JointAttentionOf(spec));
  spec.mutable_attention()->set_kind(v1::ATTENTION_KIND_ANCHORS);
  EXPECT_FALSE(JointAttentionOf(spec));
  spec.mutable_attention()->set_kind(v1::ATTENTION_KIND_SELF);
  EXPECT_FALSE(JointAttentionOf(spec));
}

TEST(AttentionWire, CarriesWindowsAndPatterns) {
  v1::JobSpec spec;
  v1::Attention& attention = *spec.mutable_attention();
  attention.set_kind(v1::ATTENTION_KIND_WINDOW);
  attention.set_window(8);
  attention.set_stride(3);
  EXPECT_EQ(JointAttentionOf(spec)->kind, FrameAttention::Kind::kWindow);
  EXPECT_EQ(JointAttentionOf(spec)->window, 8);
  EXPECT_EQ(JointAttentionOf(spec)->stride, 3);
  attention.set_kind(v1::ATTENTION_KIND_PATTERN);
  attention.add_pattern(kFirstFrame);
  attention.add_pattern(0);
  EXPECT_EQ(JointAttentionOf(spec)->kind, FrameAttention::Kind::kPattern);
  EXPECT_THAT(JointAttentionOf(spec)->pattern, testing::ElementsAre(kFirstFrame, 0));
}

}  // namespace
}  // namespace weft
