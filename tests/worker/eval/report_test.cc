#include "worker/eval/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace weft::eval {
namespace {

const std::vector<LabelledFigures> kClips = {{"source", {1.234, 5.5, 7, 23}},
                                             {"with deflicker", {10, 20, 30.005, 23}}};

TEST(FiguresTable, AlignsItsColumns) {
  const std::string table = FiguresTable(kClips);
  EXPECT_THAT(table, testing::StartsWith("                  flicker     change  sharpness\n"
                                         "source               1.23       5.50       7.00\n"
                                         "with deflicker      10.00      20.00      30.00\n"));
}

TEST(FiguresJson, HoldsEveryFigureOnOneLine) {
  const std::string line = FiguresJson(kClips);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  ASSERT_EQ(json["clips"].size(), 2U);
  EXPECT_EQ(json["clips"][0]["label"], "source");
  EXPECT_EQ(json["clips"][0]["warped_difference"], 1.234);
  EXPECT_EQ(json["clips"][1]["plain_difference"], 20);
  EXPECT_EQ(json["clips"][1]["sharpness"], 30.005);
  EXPECT_EQ(json["clips"][1]["pair_count"], 23);
}

TEST(FiguresJson, SurvivesLabelsThatAreNotText) {
  EXPECT_TRUE(nlohmann::json::accept(FiguresJson({{"\xff\"\n", {}}})));
}

}  // namespace
}  // namespace weft::eval
