// The search as a GPU runs it, played by the processor.

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "tests/worker/deflicker/test_pictures.h"
#include "worker/deflicker/tile_block_levels.h"
#include "worker/deflicker/tile_block_search.h"

namespace weft::deflicker {
namespace {

// Plays a block's threads one after the other, forwards or backwards: what they do between two
// waits must not depend on who is first.
class HostBlock {
 public:
  explicit HostBlock(bool backwards) : backwards_(backwards) {}

  template <typename Work>
  void ForEach(int count, const Work& work) const {
    for (int i = 0; i < count; ++i) {
      work(backwards_ ? count - 1 - i : i);
    }
  }

  template <typename Test>
  [[nodiscard]] bool Any(int count, const Test& test) const {
    bool found = false;
    ForEach(count, [&](int i) { found = test(i) || found; });
    return found;
  }

  template <typename Work>
  void Once(const Work& work) const {
    work();
  }

 private:
  bool backwards_;
};

class HostMachine {
 public:
  explicit HostMachine(bool backwards) : backwards_(backwards) {}

  template <typename T>
  Result<T*> Take(std::size_t count) {
    memory_.emplace_back((count * sizeof(T) + 7) / 8, 0xa5a5a5a5a5a5a5a5);
    return reinterpret_cast<T*>(memory_.back().data());
  }

  [[nodiscard]] Result<PlanesView> Show(const MatchPlanes& planes) const {
    return PlanesView{planes.At(0, 0, 0), planes.Stride(), planes.ChannelStride(), planes.Width(),
                      planes.Height()};
  }

  [[nodiscard]] Status Search(const BlockRound& round) const {
    const auto scratch = std::make_unique<BlockScratch>();
    const int count = round.Columns() * round.Rows();
    for (int i = 0; i < count; ++i) {
      const HostBlock block(backwards_);
      BlockSearch<const HostBlock>(block, round, backwards_ ? count - 1 - i : i, *scratch).Run();
    }
    return {};
  }

 private:
  bool backwards_;
  std::vector<std::vector<std::uint64_t>> memory_;
};

void ExpectTheFieldOfTheProcessor(const Frame& source,
                                  const Frame& target,
                                  const TileSearchOptions& options) {
  const TileSearchKey key{77, 3, 4};
  const auto sources = MatchPyramid(source, kPyramidSideMin);
  const auto targets = MatchPyramid(target, kPyramidSideMin);
  const OffsetField field = FindTileField(sources, targets, options, key);
  for (const bool backwards : {false, true}) {
    HostMachine machine(backwards);
    const Result<FieldView> found =
        BlockLevels<HostMachine>(machine, options, key).Find(sources, targets);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->width, field.width);
    ASSERT_EQ(found->height, field.height);
    EXPECT_EQ(std::vector<Offset>(found->offsets, found->offsets + field.offsets.size()),
              field.offsets);
    EXPECT_EQ(std::vector<std::uint16_t>(found->costs, found->costs + field.costs.size()),
              field.costs);
  }
}

TEST(BlockSearch, FindsTheFieldOfTheProcessorBitForBit) {
  const Frame source = PatternFrame(213, 145, 0, 0);
  const Frame target = PatternFrame(213, 145, 5, -3, 0.08);
  for (const int patch_size : {3, 5, 7, 11, 21}) {
    SCOPED_TRACE(patch_size);
    ExpectTheFieldOfTheProcessor(source, target, {.patch_size = patch_size});
  }
}

TEST(BlockSearch, FindsItInNoiseTooWhereEveryOffsetIsDifferent) {
  ExpectTheFieldOfTheProcessor(NoiseFrame(131, 77, 4), NoiseFrame(131, 77, 5), {});
}

TEST(BlockSearch, FindsItWithEveryOption) {
  const Frame source = PatternFrame(160, 90, 0, 0);
  const Frame target = NoiseFrame(160, 90, 9);
  ExpectTheFieldOfTheProcessor(source, target, {.rounds = 1});
  ExpectTheFieldOfTheProcessor(source, target, {.rounds = 4, .coarse_reach = 3});
  ExpectTheFieldOfTheProcessor(source, target, {.level_end = 1});
}

TEST(BlockSearch, StopsTryingWhereItDoes) {
  // One level, which begins with the 441 offsets in reach; in noise rounds find others beyond, more
  // than kTriedMax.
  ExpectTheFieldOfTheProcessor(NoiseFrame(300, 37, 7), NoiseFrame(300, 37, 8),
                               {.rounds = 8, .coarse_reach = 10});
}

TEST(BlockSearch, FindsItInPicturesSmallerThanATile) {
  ExpectTheFieldOfTheProcessor(NoiseFrame(9, 5, 1), NoiseFrame(9, 5, 2), {});
  ExpectTheFieldOfTheProcessor(PatternFrame(61, 17, 0, 0), PatternFrame(61, 17, 2, 1), {});
}

}  // namespace
}  // namespace weft::deflicker
