#include "common/inverse_normal.h"

#include <cmath>

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(ExactLog, StaysWithinItsErrorBound) {
  double worst = 0;
  for (int i = 0; i < 400000; ++i) {
    const double x = std::pow(2.0, -60 + i * 0.0003);  // 2^-60 to 2^60.
    const long double truth = std::log(static_cast<long double>(x));
    const double scale = std::abs(x - 1) < 0.5 ? 1 : static_cast<double>(std::abs(truth));
    worst = std::max(worst, std::abs(static_cast<double>(ExactLog(x) - truth)) / scale);
  }
  EXPECT_LT(worst, 4e-16);
}

TEST(ExactLog, IsExactWhereTheAnswerIs) {
  EXPECT_EQ(ExactLog(1), 0);
  EXPECT_EQ(ExactLog(2), 0x1.62e42fefa39efp-1);
}

double NormalDistribution(double z) {
  return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

TEST(InverseNormal, UndoesTheDistribution) {
  double worst = 0;
  for (int i = 1; i < 100000; ++i) {
    const double p = std::ldexp(std::floor(std::ldexp(i / 100000.0, 53)), -53);
    const double z = InverseNormal(p);
    // An error of z shows in p through the density.
    const double density = std::exp(-z * z / 2) / std::sqrt(2 * 3.141592653589793);
    worst = std::max(worst, std::abs(NormalDistribution(z) - p) / density);
  }
  EXPECT_LT(worst, 5e-15);
}

TEST(InverseNormal, ReachesIntoTheTails) {
  EXPECT_NEAR(InverseNormal(0x1p-53), -8.20953615160139, 1e-13);
  EXPECT_NEAR(InverseNormal(0x1p-30), -6.00935356553074, 1e-13);
  EXPECT_EQ(InverseNormal(1 - 0x1p-53), -InverseNormal(0x1p-53));
}

TEST(InverseNormal, IsOddAndGrows) {
  EXPECT_EQ(InverseNormal(0.5), 0);
  double last = -100;
  for (int i = 1; i < 4096; ++i) {
    const double z = InverseNormal(i / 4096.0);
    ASSERT_GT(z, last);
    ASSERT_EQ(InverseNormal(1 - i / 4096.0), -z);
    last = z;
  }
}

}  // namespace
}  // namespace weft
