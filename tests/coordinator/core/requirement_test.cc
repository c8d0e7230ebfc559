#include "coordinator/core/requirement.h"

#include <gtest/gtest.h>

#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

TEST(Requirement, FollowsFromTheSpecificationAndTheTerms) {
  v1::JobTerms terms;
  terms.add_tags("nvme");
  terms.set_device_memory_bytes(100);
  const Requirement whole = RequirementOf(SampleSpec(), terms);
  EXPECT_EQ(whole.device, "cpu");
  EXPECT_EQ(whole.memory_bytes, 100U);
  EXPECT_EQ(whole.data_type, v1::DATA_TYPE_FLOAT32);
  const Requirement files = WithoutDevice(whole);
  EXPECT_EQ(files.device, "");
  EXPECT_EQ(files.memory_bytes, 0U);
  EXPECT_EQ(files.tags.count("nvme"), 1U);
}

TEST(Requirement, NamesWhatAWorkerLacks) {
  const Capability worker{.device = "cuda",
                          .memory_bytes = 100,
                          .data_types = {v1::DATA_TYPE_FLOAT16},
                          .tags = {"nvme"}};
  EXPECT_EQ(FindLack(worker, {}), std::nullopt);
  EXPECT_EQ(FindLack(worker, {.device = "cuda", .memory_bytes = 100, .tags = {"nvme"}}),
            std::nullopt);
  EXPECT_EQ(FindLack(worker, {.device = "cpu"}), "device cpu");
  EXPECT_EQ(FindLack(worker, {.memory_bytes = 101}), "101 bytes of device memory");
  EXPECT_EQ(FindLack(worker, {.data_type = v1::DATA_TYPE_FLOAT32}), "data type DATA_TYPE_FLOAT32");
  EXPECT_EQ(FindLack(worker, {.tags = {"nvme", "site-b"}}), "tag site-b");
  EXPECT_EQ(FindLack(worker, {.numeric_class = "H100"}), "numeric class 'H100'");
}

TEST(Requirement, MayBeOneNumericClass) {
  v1::WorkerHello hello;
  hello.set_numeric_class("H100");
  EXPECT_EQ(FindLack(CapabilityOf(hello), {.numeric_class = "H100"}), std::nullopt);
  EXPECT_NE(FindLack(CapabilityOf(hello), {.numeric_class = ""}), std::nullopt);
  EXPECT_EQ(FindLack(CapabilityOf(v1::WorkerHello()), {.numeric_class = ""}), std::nullopt);
}

TEST(Requirement, TakesWhatAWorkerDoesNotSayForEnough) {
  v1::WorkerHello hello;
  hello.set_device("cuda");
  EXPECT_EQ(
      FindLack(CapabilityOf(hello),
               {.device = "cuda", .memory_bytes = 1'000'000, .data_type = v1::DATA_TYPE_BFLOAT16}),
      std::nullopt);
}

}  // namespace
}  // namespace weft::coordinator
