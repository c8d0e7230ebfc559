#include "worker/models/tiled_attention.h"

#include <vector>

#include <gtest/gtest.h>

#include "tests/worker/models/attention_contract.h"

namespace weft::models {
namespace {

class TiledAttention : public testing::TestWithParam<AttentionSizes> {};

TEST_P(TiledAttention, IsTheSoftmaxOfScoresTimesValues) {
  AttentionRows(GetParam()).ExpectSoftmaxOfScoresTimesValues(AttendInTiles);
}

TEST_P(TiledAttention, GivesAQueryTheSameBitsInAnyCompany) {
  const AttentionSizes sizes = GetParam();
  const AttentionRows rows(sizes);
  const std::vector<float> all = rows.Run(AttendInTiles, 0, sizes.queries);
  const int first = sizes.queries / 3;
  const std::vector<float> some = rows.Run(AttendInTiles, first, sizes.queries - first);
  const std::size_t skipped = all.size() - some.size();
  EXPECT_EQ(std::vector<float>(all.begin() + static_cast<std::ptrdiff_t>(skipped), all.end()),
            some);
}

INSTANTIATE_TEST_SUITE_P(Shapes,
                         TiledAttention,
                         testing::Values(AttentionSizes{4, 7, 3, 1.0},
                                         AttentionSizes{40, 33, 97, 1.0},
                                         AttentionSizes{40, 70, 77, 1.0},
                                         AttentionSizes{64, 5, 192, 30.0},
                                         AttentionSizes{80, 64, 300, 1.0},
                                         AttentionSizes{160, 31, 16, 1.0},
                                         AttentionSizes{512, 9, 250, 1.0},
                                         AttentionSizes{24, 40, 200, 1000.0}));

}  // namespace
}  // namespace weft::models
