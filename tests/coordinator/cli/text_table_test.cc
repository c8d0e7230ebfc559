#include "coordinator/cli/text_table.h"

#include <gtest/gtest.h>

namespace weft::cli {
namespace {

TEST(TextTable, PutsNumbersToTheRightAndWordsToTheLeft) {
  EXPECT_EQ(
      TextTable({{"stage", "tasks", "steps"}, {"probe", "1", "-"}, {"denoise", "120", "0-4"}}, 2),
      "  stage    tasks  steps\n"
      "  probe        1  -\n"
      "  denoise    120  0-4\n");
}

TEST(TextTable, OfNoRowsIsEmpty) {
  EXPECT_EQ(TextTable({}, 2), "");
}

}  // namespace
}  // namespace weft::cli
