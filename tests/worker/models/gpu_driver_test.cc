#include "worker/models/gpu_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace weft::models {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

TEST(GpuDriver, SaysWhatAGpuIs) {
  EXPECT_EQ(Describe({"NVIDIA H100", "12.4", 9, 0, std::uint64_t{79} << 30U}),
            "NVIDIA H100, compute capability 9.0, 79 GiB, driver for CUDA 12.4");
}

TEST(GpuDriver, SaysWhyThereIsNoSuchGpu) {
  const auto facts = AskDriver(10'000);
  ASSERT_FALSE(facts.has_value());
  EXPECT_EQ(facts.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(facts.error().message(),
              AnyOf(HasSubstr("there is no NVIDIA driver here"), HasSubstr("driver does not start"),
                    HasSubstr("there is no GPU 10000")));
}

TEST(GpuDriver, KnowsTheFirstGpuWhereThereIsOne) {
  if (::access("/dev/nvidia0", R_OK | W_OK) != 0) {
    GTEST_SKIP() << "there is no GPU here";
  }
  const auto facts = AskDriver(0);
  ASSERT_TRUE(facts.has_value()) << facts.error().message();
  EXPECT_THAT(facts->name, HasSubstr("NVIDIA"));
  EXPECT_GT(facts->memory_bytes, 1U << 30U);
  EXPECT_GT(facts->compute_major, 0);
}

}  // namespace
}  // namespace weft::models
