#include "worker/models/batch_memory.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

namespace weft::models {
namespace {

constexpr int kLayers = 3;
constexpr int kTokens = 2;
constexpr int kWidth = 4;

double NumberOf(int layer, int frame, int side) {
  return 100.0 * layer + 10.0 * frame + side;
}

KeysValues Made(double number) {
  return {at::full({kTokens, kWidth}, number, at::kFloat),
          at::full({kTokens, kWidth}, -number, at::kFloat)};
}

FrameMemory MemoryOf(const std::vector<int>& frames) {
  FrameMemory memory;
  for (int layer = 0; layer < kLayers; ++layer) {
    for (const int frame : frames) {
      for (int side = 0; side < FrameMemory::kSides; ++side) {
        memory.Store(layer, frame, side, Made(NumberOf(layer, frame, side)));
      }
    }
  }
  return memory;
}

// Frame 7 writes, then reads itself and frame 4; frame 8 reads 5 and 7. Both sides.
std::vector<SampleLinks> Links() {
  std::vector<SampleLinks> links;
  for (int side = 0; side < FrameMemory::kSides; ++side) {
    links.push_back({side, {0, 1}, {7, 4}, 7});
    links.push_back({side, {0, 1}, {5, 7}, -1});
  }
  return links;
}

TEST(BatchMemory, NumbersWhatIsFoundAndThenWhatIsLeft) {
  const std::vector<SampleLinks> links = BatchLinks(Links());
  EXPECT_EQ(links[0], (SampleLinks{0, {0, 1}, {4, 0}, 4}));
  EXPECT_EQ(links[1], (SampleLinks{0, {0, 1}, {1, 4}, -1}));
  EXPECT_EQ(links[2], (SampleLinks{1, {0, 1}, {5, 2}, 5}));
  EXPECT_EQ(links[3], (SampleLinks{1, {0, 1}, {3, 5}, -1}));
}

TEST(BatchMemory, BatchesThatReadOtherFramesInTheSameWayAreEqual) {
  std::vector<SampleLinks> others = Links();
  for (SampleLinks& sample : others) {
    for (int& read : sample.reads) {
      read = read == 4 ? 11 : read;
    }
  }
  EXPECT_EQ(BatchLinks(others), BatchLinks(Links()));
  others.back().reads.back() = 4;  // Found, not written by a sample of the batch.
  EXPECT_FALSE(BatchLinks(others) == BatchLinks(Links()));
}

TEST(BatchMemory, HoldsWhatTheSamplesFind) {
  FrameMemory memory = MemoryOf({4, 5});
  const std::vector<TensorParts> reads = BatchReads({memory, Links()});
  ASSERT_EQ(reads.size(), 2U * kLayers);
  std::vector<at::Tensor> joined(reads.size());
  std::transform(reads.begin(), reads.end(), joined.begin(),
                 [](const TensorParts& parts) { return at::cat(parts); });
  const std::vector<SampleLinks> links = BatchLinks(Links());
  const FrameMemory batch = BatchMemory(links, joined);
  for (int layer = 0; layer < kLayers; ++layer) {
    for (int side = 0; side < FrameMemory::kSides; ++side) {
      for (const auto& [place, frame] : {std::pair{2 * side, 4}, std::pair{2 * side + 1, 5}}) {
        const KeysValues wanted = Made(NumberOf(layer, frame, side));
        EXPECT_TRUE(batch.At(layer, place, side).keys.equal(wanted.keys));
        EXPECT_TRUE(batch.At(layer, place, side).values.equal(wanted.values));
      }
    }
  }
}

TEST(BatchMemory, GivesWhatTheSamplesLeaveToTheFramesOfTheBatch) {
  const std::vector<SampleLinks> links = BatchLinks(Links());
  FrameMemory batch;
  for (int layer = 0; layer < kLayers; ++layer) {
    batch.Store(layer, links[0].writes, 0, Made(NumberOf(layer, 7, 0)));
    batch.Store(layer, links[2].writes, 1, Made(NumberOf(layer, 7, 1)));
  }
  FrameMemory memory = MemoryOf({4});
  JointAttention joint{memory, Links()};
  StoreWrites(BatchWrites(links, batch), joint);
  for (int layer = 0; layer < kLayers; ++layer) {
    for (int side = 0; side < FrameMemory::kSides; ++side) {
      EXPECT_TRUE(memory.At(layer, 7, side).keys.equal(Made(NumberOf(layer, 7, side)).keys));
      EXPECT_TRUE(memory.At(layer, 4, side).values.equal(Made(NumberOf(layer, 4, side)).values));
    }
  }
}

TEST(BatchMemory, OfSamplesThatReadOnlyOneAnotherIsEmpty) {
  FrameMemory memory;
  const std::vector<SampleLinks> links = {{0, {0, 2}, {}, -1}, {0, {-1, 2}, {}, -1}};
  JointAttention joint{memory, links};
  EXPECT_TRUE(BatchReads(joint).empty());
  EXPECT_EQ(BatchLinks(links), links);
  EXPECT_TRUE(BatchWrites(links, BatchMemory(links, {})).empty());
  StoreWrites({}, joint);
}

}  // namespace
}  // namespace weft::models
