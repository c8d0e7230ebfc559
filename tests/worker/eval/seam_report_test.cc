#include "worker/eval/seam_report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace weft::eval {
namespace {

SeamReport Sample() {
  SeamReport report{.output = "out.mp4", .cut = {6, 3, {0}}, .pairs = {}, .figures = {}};
  report.pairs = {{1, 2.0, 1.0}, {2, 2.0, 1.0}, {3, 3.0, 1.0}, {4, 2.0, 1.0}, {5, 2.0, 1.0}};
  report.figures = Summarize(report.cut, report.pairs);
  return report;
}

int CountOf(const Frame& frame, std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
  int count = 0;
  for (std::size_t i = 0; i < frame.rgb.size(); i += 3) {
    count += frame.rgb[i] == red && frame.rgb[i + 1] == green && frame.rgb[i + 2] == blue ? 1 : 0;
  }
  return count;
}

TEST(SeamJson, HoldsEveryFigureAndEveryPair) {
  const auto json = nlohmann::json::parse(SeamJson(Sample()));
  EXPECT_EQ(json["chunks"], 2);
  EXPECT_EQ(json["borders_measured"], 1);
  EXPECT_EQ(json["border"], 3);
  EXPECT_EQ(json["interior"], 2);
  EXPECT_EQ(json["step"], 0.5);
  EXPECT_TRUE(json["step_error"].is_null());
  ASSERT_EQ(json["pairs"].size(), 5U);
  EXPECT_EQ(json["pairs"][2]["frame"], 3);
  EXPECT_EQ(json["pairs"][2]["border"], true);
  EXPECT_EQ(json["pairs"][2]["output"], 3);
  EXPECT_EQ(json["approximate"], false);
  EXPECT_FALSE(json.contains("unmeasured"));
  EXPECT_TRUE(json["seam"].is_null());
  EXPECT_TRUE(json["checks"].empty());
}

TEST(SeamJson, HoldsEveryCheck) {
  SeamReport report = Sample();
  report.checks = {{3, 3.0, 2.0, false}, {5, std::nullopt, std::nullopt, true}};
  const auto json = nlohmann::json::parse(SeamJson(report));
  EXPECT_EQ(json["seam"], 0.5);
  ASSERT_EQ(json["checks"].size(), 2U);
  EXPECT_TRUE(json["checks"][1]["border"].is_null());
  EXPECT_EQ(json["checks"][0]["frame"], 3);
  EXPECT_EQ(json["checks"][0]["border"], 3.0);
  EXPECT_EQ(json["checks"][0]["interior"], 2.0);
  EXPECT_EQ(json["checks"][0]["equal"], false);
}

TEST(SeamJson, SaysWhyNothingWasMeasured) {
  SeamReport report = Sample();
  report.unmeasured = "frames of 8x8\xff";
  EXPECT_TRUE(nlohmann::json::parse(SeamJson(report)).contains("unmeasured"));
}

TEST(SeamPlot, ShowsBordersInAColourOfTheirOwn) {
  const Frame seams = SeamPlot(Sample());
  SeamReport whole = Sample();
  whole.cut.chunk_frames = 6;
  const Frame none = SeamPlot(whole);
  ASSERT_EQ(seams.width, none.width);
  EXPECT_GT(CountOf(seams, 215, 70, 20), CountOf(none, 215, 70, 20) + 20) << "a dot of 9 pixels";
  EXPECT_GT(CountOf(seams, 40, 90, 170), 4 * 5);
}

TEST(SeamPlot, StandsWithoutAnyPair) {
  const SeamReport empty{.output = "out.mp4", .cut = {1, 1, {0}}, .pairs = {}, .figures = {}};
  EXPECT_GT(SeamPlot(empty).width, 0);
}

}  // namespace
}  // namespace weft::eval
