#include "worker/models/narrow_attention.h"

#include <gtest/gtest.h>

#include "tests/worker/models/attention_contract.h"

namespace weft::models {
namespace {

class NarrowAttention : public testing::TestWithParam<AttentionSizes> {};

TEST_P(NarrowAttention, IsTheSoftmaxOfScoresTimesValues) {
  AttentionRows(GetParam()).ExpectSoftmaxOfScoresTimesValues(AttendNarrow);
}

INSTANTIATE_TEST_SUITE_P(Shapes,
                         NarrowAttention,
                         testing::Values(AttentionSizes{8, 16, 64, 1.0},
                                         AttentionSizes{8, 1, 1, 1.0},
                                         AttentionSizes{8, 33, 129, 1.0},
                                         AttentionSizes{16, 15, 77, 1.0},
                                         AttentionSizes{16, 20, 65, 100.0},
                                         AttentionSizes{8, 17, 200, 1000.0}));

}  // namespace
}  // namespace weft::models
