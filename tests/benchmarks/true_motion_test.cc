#include "tests/benchmarks/true_motion.h"

#include <fstream>
#include <map>

#include <gtest/gtest.h>

#include "tests/benchmarks/test_npy.h"
#include "tests/benchmarks/test_zip.h"
#include "tests/common/temporary_folder.h"

namespace weft::bench {
namespace {

using Members = std::map<std::string, std::string>;

// One pair of 5x3 pixels. At the even ones x moves by 0, 1 and 2 pixels from column to column, and
// y by half a pixel up.
Members OnePair() {
  std::string flow;
  for (int row = 0; row < 2; ++row) {
    for (const std::size_t x : {0U, 32U, 64U}) {
      flow += LittleEndian(x, 2) + LittleEndian(0x10000U - 16, 2);
    }
  }
  // All but the pixels 1 and 14 of 15.
  const std::string valid("\xbf\xfc", 2);
  return {{"flow.npy", NpyOf("<i2", "1, 2, 3, 2", flow)},
          {"valid.npy", NpyOf("|u1", "2,", valid)},
          {"shape.npy",
           NpyOf("<i8", "3,", LittleEndian(1, 8) + LittleEndian(3, 8) + LittleEndian(5, 8))}};
}

Result<std::vector<eval::Motion>> Read(const Members& members) {
  const TemporaryFolder folder;
  std::ofstream(folder.File("gtflow.npz"), std::ios::binary) << ZipOf(members, true);
  return ReadTrueMotion(folder.File("gtflow.npz"));
}

TEST(TrueMotion, IsLinearBetweenThePixelsOfTheFile) {
  const auto motion = Read(OnePair());
  ASSERT_TRUE(motion) << motion.error().message();
  ASSERT_EQ(motion->size(), 1U);
  const cv::Mat2f& place = motion->front().place;
  ASSERT_EQ(place.size(), cv::Size(5, 3));
  EXPECT_EQ(place(0, 0), cv::Vec2f(0, -0.5F));
  EXPECT_EQ(place(0, 1), cv::Vec2f(1.5F, -0.5F));
  EXPECT_EQ(place(1, 2), cv::Vec2f(3, 0.5F));
  EXPECT_EQ(place(2, 4), cv::Vec2f(6, 1.5F));
}

TEST(TrueMotion, IsKnownWhereTheBitsSaySo) {
  const auto motion = Read(OnePair());
  ASSERT_TRUE(motion);
  const cv::Mat1b& known = motion->front().known;
  EXPECT_EQ(cv::countNonZero(known), 13);
  EXPECT_EQ(known(0, 1), 0);
  EXPECT_EQ(known(2, 4), 0);
  EXPECT_EQ(known(0, 0), 255);
}

TEST(TrueMotion, RefusesArraysThatDoNotFitTogether) {
  Members absent = OnePair();
  absent.erase("valid.npy");
  Members larger = OnePair();
  larger["shape.npy"] =
      NpyOf("<i8", "3,", LittleEndian(1, 8) + LittleEndian(5, 8) + LittleEndian(5, 8));
  Members endless = OnePair();
  endless["shape.npy"] =
      NpyOf("<i8", "3,", std::string(7, '\xff') + "\x7f" + LittleEndian(3, 8) + LittleEndian(5, 8));
  Members floats = OnePair();
  floats["shape.npy"] = NpyOf("<f8", "3,", std::string(24, '\1'));
  for (const Members& members : {absent, larger, endless, floats}) {
    const auto motion = Read(members);
    ASSERT_FALSE(motion);
    EXPECT_EQ(motion.error().code(), ErrorCode::kUnsupported);
    EXPECT_NE(motion.error().message().find("gtflow.npz"), std::string::npos);
  }
}

TEST(TrueMotion, SaysThatThereIsNoFile) {
  const auto motion = ReadTrueMotion("/nonexistent/gtflow.npz");
  ASSERT_FALSE(motion);
  EXPECT_EQ(motion.error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace weft::bench
