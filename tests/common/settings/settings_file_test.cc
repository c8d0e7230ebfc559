#include "common/settings/settings_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string MessageOf(const std::string& text) {
  const auto settings = ReadSettingsText(text, "f.yaml");
  return settings ? "" : settings.error().message();
}

TEST(SettingsFile, ReadsValuesAndListsWithTheirPlaces) {
  const auto settings = ReadSettingsText("name: gpu17\ntag: [a, b]\nplain-tcp: true\n", "f.yaml");
  ASSERT_TRUE(settings.has_value());
  ASSERT_EQ(settings->size(), 3U);
  EXPECT_EQ((*settings)[0].name, "name");
  EXPECT_THAT((*settings)[0].values, ElementsAre("gpu17"));
  EXPECT_EQ((*settings)[0].place, "f.yaml:1:7");
  EXPECT_THAT((*settings)[1].values, ElementsAre("a", "b"));
  EXPECT_EQ((*settings)[2].place, "f.yaml:3:12");
}

TEST(SettingsFile, AnEmptyFileSetsNothing) {
  EXPECT_THAT(ReadSettingsText("# nothing yet\n", "f.yaml").value(), IsEmpty());
}

TEST(SettingsFile, SaysWhereItIsWrong) {
  EXPECT_EQ(MessageOf("- a\n"), "f.yaml:1:1: must be a map of options such as \"name: gpu17\"");
  EXPECT_EQ(MessageOf("a: 1\na: 2\n"), "f.yaml:2:1: \"a\" is given twice");
  EXPECT_EQ(MessageOf("a: {b: 1}\n"), "f.yaml:1:4: a: must be a single value or a list of them");
  EXPECT_EQ(MessageOf("a:\n"), "f.yaml:1:1: a: has no value");
  EXPECT_THAT(MessageOf("a: 'b\n"), ::testing::StartsWith("f.yaml:"));
}

TEST(SettingsFile, AFileThatIsNotThereIsNamed) {
  const auto settings = ReadSettings("/no/such.yaml");
  ASSERT_FALSE(settings.has_value());
  EXPECT_EQ(settings.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(settings.error().message(), "no such file: /no/such.yaml");
}

}  // namespace
}  // namespace weft
