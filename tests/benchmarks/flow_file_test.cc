#include "tests/benchmarks/flow_file.h"

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>

#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft::bench {
namespace {

TEST(FlowFile, GivesBackWhatWasWritten) {
  const TemporaryFolder folder;
  cv::Mat2f flow(2, 3, cv::Vec2f(1.5F, -2));
  flow(1, 2) = {kUnknownMotion, kUnknownMotion};
  ASSERT_TRUE(WriteFlow(flow, folder.File("a.flo")));
  const Result<cv::Mat2f> read = ReadFlow(folder.File("a.flo"));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), cv::Size(3, 2));
  EXPECT_EQ((*read)(0, 1), cv::Vec2f(1.5F, -2));
  EXPECT_TRUE(IsKnown((*read)(0, 0)));
  EXPECT_FALSE(IsKnown((*read)(1, 2)));
}

TEST(FlowFile, BeginsAsMiddleburysDo) {
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteFlow(cv::Mat2f(2, 3, cv::Vec2f(0, 0)), folder.File("a.flo")));
  std::ifstream file(folder.File("a.flo"), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(bytes.substr(0, 12), std::string("PIEH\3\0\0\0\2\0\0\0", 12));
  EXPECT_EQ(bytes.size(), 12 + sizeof(float) * 2 * 3 * 2);
}

TEST(FlowFile, KnowsNoMotionThatIsNotANumberOrTooLarge) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(IsKnown({-16000, 16000}));
  EXPECT_FALSE(IsKnown({nan, 0}));
  EXPECT_FALSE(IsKnown({0, nan}));
  EXPECT_FALSE(IsKnown({0, -2e9F}));
}

TEST(FlowFile, RefusesOtherFiles) {
  const TemporaryFolder folder;
  std::ofstream(folder.File("short.flo")) << "PIEH";
  std::ofstream(folder.File("other.flo")) << "this is no flow file, although it is long enough";
  for (const char* const name : {"none.flo", "short.flo", "other.flo"}) {
    const Result<cv::Mat2f> read = ReadFlow(folder.File(name));
    ASSERT_FALSE(read) << name;
    EXPECT_EQ(read.error().code(), ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace weft::bench
