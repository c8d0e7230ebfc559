#include "worker/models/matmul_speed.h"

#include <gtest/gtest.h>

namespace weft::models {
namespace {

TEST(MatmulSpeed, IsMeasured) {
  const auto gflops = MatmulGflops();
  ASSERT_TRUE(gflops.has_value()) << gflops.error().message();
  // Slower than any machine of this century, faster than any to come soon.
  EXPECT_GT(*gflops, 0.01);
  EXPECT_LT(*gflops, 1e6);
}

}  // namespace
}  // namespace weft::models
