#include "coordinator/cli/preview_sheet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weft/v1/tensor.pb.h"

namespace weft::cli {
namespace {

using ::testing::ElementsAre;

Frame Plain(int width, int height, std::uint8_t level) {
  return {width, height, std::vector<std::uint8_t>(std::size_t{3} * width * height, level)};
}

int LevelAt(const Frame& sheet, int x, int y) {
  return sheet.rgb[static_cast<std::size_t>((y * sheet.width + x) * 3)];
}

TEST(PreviewSheet, ShowsAFewOfManyRoundsAndChunks) {
  EXPECT_THAT(PlanSheet(2, 3).rounds, ElementsAre(0, 1));
  EXPECT_THAT(PlanSheet(1, 1).chunks, ElementsAre(0));
  const SheetPlan film = PlanSheet(100, 10'800);
  EXPECT_EQ(film.rounds.size(), 24U);
  EXPECT_EQ(film.rounds.back(), 99U);
  EXPECT_EQ(film.chunks.size(), 8U);
  EXPECT_EQ(film.chunks.front(), 0U);
  EXPECT_EQ(film.chunks.back(), 10'799U);
}

TEST(PreviewSheet, PutsRoundsBelowEachOtherAndLeavesGapsForWhatIsMissing) {
  const Previews previews = {{{0, 0}, Plain(64, 40, 100)}, {{1, 1}, Plain(64, 40, 200)}};
  const auto sheet = ComposeSheet({{0, 1}, {0, 1}}, previews);
  ASSERT_TRUE(sheet);
  EXPECT_EQ(sheet->width, 4 + 2 * 132);
  EXPECT_EQ(sheet->height, 4 + 2 * 84);
  EXPECT_EQ(LevelAt(*sheet, 4, 4), 100);
  EXPECT_EQ(LevelAt(*sheet, 4 + 127, 4 + 79), 100);
  EXPECT_EQ(LevelAt(*sheet, 136, 88), 200);
  EXPECT_EQ(LevelAt(*sheet, 136, 4), LevelAt(*sheet, 4, 88)) << "missing";
  EXPECT_NE(LevelAt(*sheet, 136, 4), LevelAt(*sheet, 0, 0)) << "fields stand out";
  EXPECT_FALSE(ComposeSheet({{0}, {0}}, {}));
}

TEST(PreviewSheet, ReadsWhatADenoiseTaskBrings) {
  v1::Tensor tensor;
  tensor.set_element_type(v1::ELEMENT_TYPE_UINT8);
  for (const int side : {1, 1, 2, 3}) {
    tensor.add_shape(static_cast<std::uint64_t>(side));
  }
  tensor.set_data("\1\2\3\4\5\6");
  const auto picture = ReadPreview(tensor.SerializeAsString());
  ASSERT_TRUE(picture);
  EXPECT_EQ(*picture, (Frame{2, 1, {1, 2, 3, 4, 5, 6}}));
  tensor.set_data("too short");
  const auto refused = ReadPreview(tensor.SerializeAsString());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kDataLoss);
  EXPECT_FALSE(ReadPreview("nonsense"));
}

}  // namespace
}  // namespace weft::cli
