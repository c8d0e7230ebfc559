#include "tests/benchmarks/barnes.h"

#include <gtest/gtest.h>

#include "tests/benchmarks/exact_field.h"
#include "tests/benchmarks/field_quality.h"
#include "tests/benchmarks/test_noise.h"
#include "tests/worker/eval/test_pan.h"

namespace weft::bench {
namespace {

TEST(Barnes, SpreadsAPlantedShiftOverThePicture) {
  const Frame target = NoiseFrame(64, 48, 0, 0);
  const Frame source = NoiseFrame(64, 48, 7, 5);
  const MatchField field = BarnesField(target, source, {.patch_size = 5});
  int right = 0;
  for (int y = 7; y < 46; ++y) {
    for (int x = 9; x < 62; ++x) {
      right += field.At(x, y).x == x - 7 && field.At(x, y).y == y - 5 ? 1 : 0;
    }
  }
  EXPECT_GT(right, 39 * 53 * 95 / 100);
}

TEST(Barnes, ComesCloserWithEveryIterationButNotBelowTheExactField) {
  const Frame target = eval::PanFrame(48, 40, 0, 0);
  const Frame source = eval::PanFrame(48, 40, 3.3, 1.6);
  double before = 1e9;
  for (const int iterations : {0, 1, 3}) {
    const MatchField field =
        BarnesField(target, source, {.patch_size = 5, .iterations = iterations});
    const double mse = PatchMse(target, source, field, 5);
    EXPECT_LT(mse, before) << iterations;
    before = mse;
  }
  const double exact = PatchMse(target, source, ExactField(target, source, 5), 5);
  EXPECT_GE(before, exact);
  EXPECT_LT(before, 3 * exact);
}

TEST(Barnes, GivesTheSameFieldForTheSameSeed) {
  const Frame target = eval::PanFrame(40, 30, 0, 0);
  const Frame source = eval::PanFrame(40, 30, 2.5, 0);
  const auto mse = [&](std::uint32_t seed) {
    return PatchMse(target, source, BarnesField(target, source, {.seed = seed}), 5);
  };
  EXPECT_EQ(mse(1), mse(1));
  EXPECT_NE(mse(1), mse(2));
}

}  // namespace
}  // namespace weft::bench
