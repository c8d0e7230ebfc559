#include "worker/models/doubling_conv.h"

#include <cmath>
#include <cstdint>

#include <gtest/gtest.h>

#include "worker/models/torch_edge.h"

namespace weft::models {
namespace {

// Values without a pattern that a wrong tap could hide in.
at::Tensor Uneven(at::IntArrayRef shape, double scale) {
  at::Tensor values = at::empty(shape, at::kFloat);
  auto* value = values.data_ptr<float>();
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    const auto at = static_cast<double>(i);
    value[i] = static_cast<float>(scale * std::sin(at * at * 0.37 + at));
  }
  return values;
}

struct Shape {
  int batch;
  int in;
  int out;
  int height;
  int width;
};

class DoublingConvOf : public testing::TestWithParam<Shape> {};

TEST_P(DoublingConvOf, IsAConvolutionOfTheDoubledPicture) {
  const c10::InferenceMode inference;
  const Shape shape = GetParam();
  const at::MemoryFormat layout = at::MemoryFormat::ChannelsLast;
  const Conv conv{Uneven({shape.out, shape.in, 3, 3}, 0.3).contiguous(layout),
                  Uneven({shape.out}, 1.0)};
  const at::Tensor x =
      Uneven({shape.batch, shape.in, shape.height, shape.width}, 2.0).contiguous(layout);
  const at::Tensor expected =
      conv(Resize(x, std::int64_t{2} * shape.height, std::int64_t{2} * shape.width));
  const at::Tensor doubled = Doubling(conv)(x);
  ASSERT_EQ(doubled.sizes(), expected.sizes());
  EXPECT_TRUE(doubled.is_contiguous(layout));
  const at::Tensor a = doubled.contiguous();
  const at::Tensor b = expected.contiguous();
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    ASSERT_NEAR(a.data_ptr<float>()[i], b.data_ptr<float>()[i], 1e-5 * shape.in) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes,
                         DoublingConvOf,
                         testing::Values(Shape{1, 16, 16, 5, 7},
                                         Shape{2, 32, 16, 8, 8},
                                         Shape{1, 3, 5, 1, 1},
                                         Shape{3, 16, 48, 1, 6}));

}  // namespace
}  // namespace weft::models
