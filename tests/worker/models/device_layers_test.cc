// The GPU's kernels against LibTorch's own operators. Where there is no GPU, or no nvcc has
// compiled them, nothing is tested.

#include "worker/models/device_layers.h"

#include <vector>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "worker/models/layers.h"
#include "worker/models/torch_edge.h"

namespace weft::models {
namespace {

struct Kind {
  at::ScalarType type;
  double tolerance;  // Of values about 1.
};

const std::vector<Kind> kKinds = {{at::kFloat, 2e-5}, {at::kHalf, 4e-3}, {at::kBFloat16, 3e-2}};

class DeviceLayers : public testing::Test {
 protected:
  void SetUp() override {
    UseExactDeviceKernels();
    if (!at::hasCUDA() || !TakesDeviceKernels(at::empty({1}, at::Device("cuda:0")))) {
      GTEST_SKIP() << "there is no GPU, or this Weft was built without nvcc";
    }
  }

  at::Tensor Random(const std::vector<std::int64_t>& shape, double spread, double mean) {
    return at::empty(shape, at::kFloat).normal_(mean, spread, generator_).to(at::Device("cuda:0"));
  }

  static void ExpectNear(const at::Tensor& computed, const at::Tensor& wanted, double tolerance) {
    ASSERT_EQ(computed.sizes(), wanted.sizes());
    const double error =
        computed.to(at::kDouble).sub(wanted.to(at::kDouble)).abs().max().item<double>();
    EXPECT_LE(error, tolerance * std::max(1.0, wanted.abs().max().item<double>()));
  }

  const c10::InferenceMode inference_;
  at::Generator generator_ = at::detail::createCPUGenerator(7);
};

TEST_F(DeviceLayers, NormalizeGroups) {
  for (const Kind& kind : kKinds) {
    for (const auto& [channels, groups, side] :
         std::vector<std::array<std::int64_t, 3>>{{320, 32, 64},
                                                  {2560, 32, 8},
                                                  {960, 32, 17},
                                                  {48, 6, 33},
                                                  {30, 3, 5},
                                                  {128, 32, 200}}) {
      const at::Tensor x = Random({3, channels, side, side}, 2.0, 5.0)
                               .to(kind.type)
                               .contiguous(at::MemoryFormat::ChannelsLast);
      const at::Tensor weight = Random({channels}, 0.5, 1.0);
      const at::Tensor bias = Random({channels}, 0.5, 0.0);
      const at::Tensor shift = Random({3, channels}, 1.0, 0.0);
      const at::Tensor sum = x.to(at::kDouble).add(shift.view({3, channels, 1, 1}));
      at::Tensor wanted =
          at::group_norm(sum, groups, weight.to(at::kDouble), bias.to(at::kDouble), 1e-5);
      const int count = static_cast<int>(groups);
      ExpectNear(NormalizeGroupsOnDevice(x, shift, {weight, bias, count, 1e-5, false}), wanted,
                 kind.tolerance);
      ExpectNear(NormalizeGroupsOnDevice(x, shift, {weight, bias, count, 1e-5, true}),
                 at::silu(wanted), kind.tolerance);
      wanted = at::group_norm(x.to(at::kDouble), groups, weight.to(at::kDouble),
                              bias.to(at::kDouble), 1e-5);
      ExpectNear(NormalizeGroupsOnDevice(x, {}, {weight, bias, count, 1e-5, false}), wanted,
                 kind.tolerance);
    }
  }
}

TEST_F(DeviceLayers, NormalizesAGroupFarFromZero) {
  const at::Tensor x =
      Random({2, 64, 40, 40}, 0.01, 300.0).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor weight = at::ones({64}, x.options());
  const at::Tensor bias = at::zeros({64}, x.options());
  const at::Tensor wanted =
      at::group_norm(x.to(at::kDouble), 8, weight.to(at::kDouble), bias.to(at::kDouble), 1e-6);
  // A float near 300 is itself off by 1.5e-5, 0.15 % of the spread.
  ExpectNear(NormalizeGroupsOnDevice(x, {}, {weight, bias, 8, 1e-6, false}), wanted, 5e-3);
}

TEST_F(DeviceLayers, NormalizeRows) {
  for (const Kind& kind : kKinds) {
    for (const std::int64_t width : {320, 1280, 768, 33}) {
      const at::Tensor x = Random({2, 77, width}, 2.0, 1.0).to(kind.type);
      const at::Tensor weight = Random({width}, 0.5, 1.0);
      const at::Tensor bias = Random({width}, 0.5, 0.0);
      const at::Tensor wanted = at::layer_norm(x.to(at::kDouble), {width}, weight.to(at::kDouble),
                                               bias.to(at::kDouble), 1e-5);
      ExpectNear(NormalizeRowsOnDevice(x, weight, bias, 1e-5), wanted, kind.tolerance);
    }
  }
}

TEST_F(DeviceLayers, GateRows) {
  for (const Kind& kind : kKinds) {
    for (const std::int64_t width : {1280, 12, 7}) {
      const at::Tensor x = Random({2, 19, 2 * width}, 1.5, 0.0).to(kind.type);
      const at::Tensor exact = x.to(at::kDouble);
      const at::Tensor wanted =
          exact.narrow(-1, 0, width).mul(at::gelu(exact.narrow(-1, width, width)));
      ExpectNear(GateRowsOnDevice(x), wanted, kind.tolerance);
    }
  }
}

TEST_F(DeviceLayers, AddRows) {
  for (const Kind& kind : kKinds) {
    for (const std::int64_t width : {320, 12, 7}) {
      const at::Tensor x = Random({2, width, 9, 5}, 1.0, 0.0)
                               .to(kind.type)
                               .contiguous(at::MemoryFormat::ChannelsLast);
      const at::Tensor other = Random({2, width, 9, 5}, 1.0, 0.0).to(kind.type);
      const at::Tensor bias = Random({width}, 1.0, 0.0).to(kind.type);
      const at::Tensor wanted = x.to(at::kDouble)
                                    .add(other.to(at::kDouble))
                                    .add(bias.to(at::kDouble).view({1, width, 1, 1}));
      ExpectNear(AddRowsOnDevice(x, bias, other), wanted, kind.tolerance);
    }
  }
}

// A sample's bits are the same wherever it stands among others.
TEST_F(DeviceLayers, SamplesDoNotDependOnTheirPlace) {
  for (const Kind& kind : kKinds) {
    const at::Tensor x =
        Random({8, 320, 32, 32}, 1.0, 0.0).to(kind.type).contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor weight = Random({320}, 0.5, 1.0);
    const at::Tensor bias = Random({320}, 0.5, 0.0);
    const auto turn = [](const at::Tensor& all) {
      const at::Tensor turned = all.roll(3, 0);
      return all.dim() == 4 ? turned.contiguous(at::MemoryFormat::ChannelsLast) : turned;
    };
    const auto groups = [&](const at::Tensor& pictures) {
      return NormalizeGroupsOnDevice(pictures, {}, {weight, bias, 32, 1e-5, true});
    };
    EXPECT_TRUE(at::equal(groups(turn(x)), turn(groups(x)))) << kind.type;
    const auto rows = [&](const at::Tensor& tokens) {
      return NormalizeRowsOnDevice(tokens, weight, bias, 1e-5);
    };
    const at::Tensor tokens = ToTokens(x);
    EXPECT_TRUE(at::equal(rows(turn(tokens)), turn(rows(tokens)))) << kind.type;
  }
}

}  // namespace
}  // namespace weft::models
