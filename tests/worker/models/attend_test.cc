#include "worker/models/attend.h"

#include <cmath>
#include <cstdint>
#include <tuple>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "worker/models/torch_edge.h"
#include "worker/models/torch_version.h"

namespace weft::models {
namespace {

struct Shape {
  int queries;
  int keys;
  int width;  // Of one head.
  int heads;
};

class Attention : public testing::TestWithParam<std::tuple<Shape, int>> {
 protected:
  Attention() { UseThreads(std::get<1>(GetParam())); }

  [[nodiscard]] static at::Tensor Input(std::int64_t rows, std::uint64_t seed) {
    const Shape& shape = std::get<0>(GetParam());
    return at::empty({rows, shape.width * shape.heads}, at::kFloat)
        .normal_(0.0, 1.0, at::detail::createCPUGenerator(seed));
  }

  const c10::InferenceMode inference_;
  const Shape shape_ = std::get<0>(GetParam());
  const at::Tensor q_ = Input(shape_.queries, 1);
  const at::Tensor k_ = Input(shape_.keys, 2);
  const at::Tensor v_ = Input(shape_.keys, 3);

  // By its definition, in double precision.
  [[nodiscard]] at::Tensor Exact() const {
    const auto by_head = [this](const at::Tensor& x) {
      return x.to(at::kDouble).view({x.size(0), shape_.heads, shape_.width}).transpose(0, 1);
    };
    const at::Tensor scores = at::bmm(by_head(q_), by_head(k_).transpose(1, 2))
                                  .div(std::sqrt(static_cast<double>(shape_.width)));
    return at::bmm(scores.softmax(-1), by_head(v_))
        .transpose(0, 1)
        .reshape(q_.sizes())
        .to(at::kFloat);
  }

  // Of one sample.
  [[nodiscard]] at::Tensor Alone(const at::Tensor& q,
                                 const at::Tensor& k,
                                 const at::Tensor& v) const {
    return Attend(q.unsqueeze(0), k.unsqueeze(0), v.unsqueeze(0), shape_.heads).squeeze(0);
  }

  [[nodiscard]] static double RelativeError(const at::Tensor& rough, const at::Tensor& exact) {
    return (rough.to(at::kFloat).sub(exact).norm() / exact.norm()).item<double>();
  }
};

TEST_P(Attention, IsExactInFloat32) {
  EXPECT_LT(RelativeError(Alone(q_, k_, v_), Exact()), 1e-6);
}

TEST_P(Attention, ComesCloseInBfloat16) {
  const auto rough = [](const at::Tensor& x) { return x.to(at::kBFloat16); };
  const at::Tensor out = Alone(rough(q_), rough(k_), rough(v_));
  EXPECT_EQ(out.scalar_type(), at::kBFloat16);
  EXPECT_LT(RelativeError(out, Exact()), 1e-2);
}

TEST_P(Attention, GivesAQueryTheSameBitsInAnyCompany) {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const at::Tensor q = q_.to(type);
    const at::Tensor all = Alone(q, k_.to(type), v_.to(type));
    const std::int64_t first = shape_.queries / 3;
    const at::Tensor some =
        Alone(q.narrow(0, first, shape_.queries - first), k_.to(type), v_.to(type));
    EXPECT_TRUE(all.narrow(0, first, shape_.queries - first).equal(some));
  }
}

TEST_P(Attention, GivesASampleTheSameBitsInAnyBatch) {
  const auto both = [](const at::Tensor& x) { return at::stack({x.flip(0), x}); };
  const at::Tensor out = Attend(both(q_), both(k_), both(v_), shape_.heads);
  EXPECT_TRUE(out.select(0, 1).equal(Alone(q_, k_, v_)));
  EXPECT_TRUE(out.select(0, 0).equal(Alone(q_.flip(0), k_.flip(0), v_.flip(0))));
}

// What a GPU computes with, on this processor.
TEST_P(Attention, OfLibTorch2Agrees) {
  const auto by_head = [this](const at::Tensor& x) {
    return x.view({1, x.size(0), shape_.heads, shape_.width}).transpose(1, 2);
  };
  const auto fused = FusedAttention(by_head(q_), by_head(k_), by_head(v_));
  if (!fused) {
    GTEST_SKIP() << "this LibTorch has no attention of its own";
  }
  const at::Tensor rows = fused->transpose(1, 2).reshape(q_.sizes());
  EXPECT_LT(RelativeError(rows, Exact()), 1e-6);
  EXPECT_LT(RelativeError(Alone(q_, k_, v_), rows), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Shapes,
                         Attention,
                         testing::Combine(testing::Values(Shape{70, 77, 40, 8},
                                                          Shape{100, 100, 80, 2},
                                                          Shape{33, 200, 160, 1},
                                                          Shape{50, 97, 23, 3},
                                                          Shape{64, 64, 8, 4},
                                                          Shape{1, 1, 4, 2}),
                                          testing::Values(1, 2)));

}  // namespace
}  // namespace weft::models
