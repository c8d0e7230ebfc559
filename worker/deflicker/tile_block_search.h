// One round of one tile's search, by the threads of a block: what TileMatcher does with a tile, in
// the same order and in the same integers, so that the field has the same bits.
//
// `Block` is the GPU's (tile_field_cuda.cu), or one that plays the threads one after the other: so
// what a GPU computes is tested without one. It offers
//   ForEach(count, work)   work(0) .. work(count - 1), shared among the threads; then all wait
//   Any(count, test)       whether test(i) holds for some i below count; all wait for the answer
//   Once(work)             work() by one thread; then all wait
// Everything else is done by every thread alike.

#pragma once

#include <cstddef>
#include <cstdint>

#include "worker/deflicker/tile_block.h"
#include "worker/deflicker/tile_random.h"

namespace weft::deflicker {

template <typename Block>
class BlockSearch {
 public:
  WEFT_HOST_DEVICE BlockSearch(Block& block,
                               const BlockRound& round,
                               int number,
                               BlockScratch& scratch)
      : block_(block),
        round_(round),
        scratch_(scratch),
        tile_(round.tiles[number]),
        number_(number),
        x_(number % round.Columns() * round.TileWidth()),
        y_(number / round.Columns() * kTileRows),
        width_(Smaller(round.TileWidth(), round.target.width - x_)),
        height_(Smaller(kTileRows, round.target.height - y_)) {}

  WEFT_HOST_DEVICE void Run() {
    CopyTarget();
    if (round_.round > 0) {
      TryBefore();
    } else {
      Begin();
    }
    TryAroundWinners();
    if (round_.is_last) {
      WriteBack();
    } else {
      Sample();
    }
  }

 private:
  static constexpr int kPixels = kTileRows * kTileColumns;

  // Rows, or columns, of the tile whose matches exist.
  struct Inside {
    int begin;
    int end;
  };

  static WEFT_HOST_DEVICE int Smaller(int a, int b) { return a < b ? a : b; }
  static WEFT_HOST_DEVICE int Larger(int a, int b) { return a > b ? a : b; }
  static WEFT_HOST_DEVICE Inside InsideOf(int at, int size, int limit) {
    return {Larger(0, -at), Smaller(size, limit - at)};
  }
  static WEFT_HOST_DEVICE Offset Moved(Offset offset, int dx, int dy) {
    return {static_cast<std::int16_t>(offset.dx + dx), static_cast<std::int16_t>(offset.dy + dy)};
  }

  WEFT_HOST_DEVICE void CopyTarget() {
    const int radius = round_.radius;
    block_.ForEach((height_ + 2 * radius) * kTileColumns, [&](int i) {
      const int row = i / kTileColumns;
      const int column = i % kTileColumns;
      for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
        scratch_.target[row][channel][column] =
            *round_.target.At(channel, x_ - radius + column, y_ - radius + row);
      }
    });
  }

  WEFT_HOST_DEVICE void Begin() {
    block_.ForEach(kPixels, [&](int i) {
      tile_.costs[i / kTileColumns][i % kTileColumns] = 0xffff;
      tile_.candidates[i / kTileColumns][i % kTileColumns] = 0;
    });
    block_.Once([&] { tile_.tried_count = 0; });
    Try({});
    if (round_.coarser.offsets == nullptr) {
      TryAllInReach();
    } else {
      TryCoarser();
    }
  }

  WEFT_HOST_DEVICE void TryAllInReach() {
    for (int dy = -round_.coarse_reach; dy <= round_.coarse_reach; ++dy) {
      for (int dx = -round_.coarse_reach; dx <= round_.coarse_reach; ++dx) {
        Try(Moved({}, dx, dy));
      }
    }
  }

  WEFT_HOST_DEVICE void TryCoarser() {
    constexpr int kBorder = 2;
    const FieldView& coarser = round_.coarser;
    block_.Once([&] {
      CountOffsets(
          {Larger(0, x_ / 2 - kBorder), Smaller(coarser.width, (x_ + width_ + 1) / 2 + kBorder)},
          {Larger(0, y_ / 2 - kBorder), Smaller(coarser.height, (y_ + height_ + 1) / 2 + kBorder)});
    });
    for (int i = 0; i < scratch_.list_size; ++i) {
      const Offset offset = scratch_.list[i];
      Try(Moved({}, 2 * offset.dx, 2 * offset.dy));
    }
  }

  // Leaves the most frequent offsets of a part of the coarser field, of every second row of it, in
  // the list.
  WEFT_HOST_DEVICE void CountOffsets(Inside columns, Inside rows) {
    constexpr std::uint32_t kBits = 10;
    constexpr std::uint32_t kSlots = 1U << kBits;
    static_assert(kSlots == sizeof(scratch_.slots) / sizeof(scratch_.slots[0]));
    for (std::uint16_t& slot : scratch_.slots) {
      slot = 0;
    }
    int met_count = 0;
    for (int y = rows.begin; y < rows.end; y += 2) {
      for (int x = columns.begin; x < columns.end; ++x) {
        const Offset offset = round_.coarser.offsets[y * round_.coarser.width + x];
        std::uint32_t slot = HashOf(offset) >> (32 - kBits);
        while (scratch_.slots[slot] != 0 && scratch_.met[scratch_.slots[slot] - 1] != offset) {
          slot = (slot + 1) % kSlots;
        }
        if (scratch_.slots[slot] == 0) {
          scratch_.met[met_count] = offset;
          scratch_.counts[met_count] = 0;
          scratch_.slots[slot] = static_cast<std::uint16_t>(++met_count);
        }
        ++scratch_.counts[scratch_.slots[slot] - 1];
      }
    }
    ListMostFrequent(scratch_.met, met_count, kInheritedTrials);
  }

  // Those counted most often, in order, the first before its equals.
  WEFT_HOST_DEVICE void ListMostFrequent(const Offset* offsets, int count, int list_max) {
    int counts[BlockScratch::kListMax] = {};
    const int last = Smaller(Larger(list_max, 1), BlockScratch::kListMax) - 1;
    int size = 0;
    for (int i = 0; i < count; ++i) {
      const int met = scratch_.counts[i];
      if (met == 0 || (size > last && met <= counts[last])) {
        continue;
      }
      int place = size > last ? last : size++;
      for (; place > 0 && counts[place - 1] < met; --place) {
        counts[place] = counts[place - 1];
        scratch_.list[place] = scratch_.list[place - 1];
      }
      counts[place] = met;
      scratch_.list[place] = offsets[i];
    }
    scratch_.list_size = size;
  }

  // What the round before left around the tile.
  WEFT_HOST_DEVICE void TryBefore() {
    constexpr int kSide = SamplesView::kSide;
    const SamplesView& before = round_.before;
    const int row_end = Smaller((y_ + height_ - 1) / kSide + 2, before.rows);
    const int column_end = Smaller((x_ + width_ - 1) / kSide + 2, before.columns);
    for (int row = Larger(y_ / kSide - 1, 0); row < row_end; ++row) {
      for (int column = Larger(x_ / kSide - 1, 0); column < column_end; ++column) {
        Try(before.offsets[row * before.columns + column]);
      }
    }
  }

  WEFT_HOST_DEVICE void TryAroundWinners() {
    const RoundTrials trials = RoundTrials::Of(round_.round, round_.is_last);
    ListWinners(trials.winners);
    const int winners = scratch_.list_size;
    for (int i = 0; i < Smaller(trials.around, winners); ++i) {
      const Offset winner = scratch_.list[i];
      Try(Moved(winner, 1, 0));
      Try(Moved(winner, -1, 0));
      Try(Moved(winner, 0, 1));
      Try(Moved(winner, 0, -1));
    }
    RandomPurpose purpose = Purpose(RandomPurpose::kTrial, static_cast<std::uint32_t>(number_));
    for (; purpose.trial < trials.random; ++purpose.trial) {
      const RandomWords words = WordsFor(round_.key, purpose);
      const auto near = static_cast<int>(words.Below(0, static_cast<std::uint32_t>(winners)));
      const std::uint32_t reach = 1U << words.Below(1, 3);
      const int dx = static_cast<int>(words.Below(2, 2 * reach + 1)) - static_cast<int>(reach);
      const int dy = static_cast<int>(words.Below(3, 2 * reach + 1)) - static_cast<int>(reach);
      Try(Moved(scratch_.list[near], dx, dy));
    }
  }

  // Every second pixel of every second row counts.
  WEFT_HOST_DEVICE void ListWinners(int count) {
    block_.ForEach(tile_.tried_count, [&](int i) { scratch_.counts[i] = 0; });
    block_.Once([&] {
      for (int row = 0; row < height_; row += 2) {
        for (int column = 0; column < width_; column += 2) {
          ++scratch_.counts[tile_.candidates[row][column]];
        }
      }
      ListMostFrequent(tile_.tried, tile_.tried_count, count);
    });
  }

  [[nodiscard]] WEFT_HOST_DEVICE RandomPurpose Purpose(RandomPurpose::Kind kind,
                                                       std::uint32_t place) const {
    RandomPurpose purpose;
    purpose.level = static_cast<std::uint32_t>(round_.level);
    purpose.round = static_cast<std::uint32_t>(round_.round);
    purpose.kind = kind;
    purpose.place = place;
    return purpose;
  }

  // Tries an offset that was not tried yet.
  WEFT_HOST_DEVICE void Try(Offset offset) {
    const Inside rows = InsideOf(y_ + offset.dy, height_, round_.source.height);
    const Inside columns = InsideOf(x_ + offset.dx, width_, round_.source.width);
    if (rows.begin >= rows.end || columns.begin >= columns.end || tile_.tried_count == kTriedMax ||
        block_.Any(tile_.tried_count, [&](int i) { return tile_.tried[i] == offset; })) {
      return;
    }
    const auto candidate = static_cast<std::uint16_t>(tile_.tried_count);
    // Halves of a column each have a thread.
    constexpr int kHalf = kTileRows / 2;
    block_.ForEach(2 * kTileColumns, [&](int i) {
      const int begin = i / kTileColumns * kHalf;
      SumColumn(offset, i % kTileColumns,
                {Larger(begin, rows.begin), Smaller(begin + kHalf, rows.end)});
    });
    block_.ForEach((rows.end - rows.begin) * kTileColumns, [&](int i) {
      const int column = i % kTileColumns;
      if (column >= columns.begin && column < columns.end) {
        KeepBetter(rows.begin + i / kTileColumns, column, candidate);
      }
    });
    block_.Once([&] { tile_.tried[tile_.tried_count++] = offset; });
  }

  // Sums of the costs above each other, by sliding.
  WEFT_HOST_DEVICE void SumColumn(Offset offset, int column, Inside rows) {
    const int patch_rows = 2 * round_.radius + 1;
    std::uint32_t sum = 0;
    for (int row = rows.begin; row < rows.begin + patch_rows - 1 && rows.begin < rows.end; ++row) {
      sum += Cost(offset, row, column);
    }
    for (int row = rows.begin; row < rows.end; ++row) {
      sum += Cost(offset, row + patch_rows - 1, column);
      scratch_.sums[row][column] = static_cast<std::uint16_t>(sum);
      sum -= Cost(offset, row, column);
    }
  }

  // Of a pixel in a row and column of the scratch's target.
  [[nodiscard]] WEFT_HOST_DEVICE std::uint32_t Cost(Offset offset, int row, int column) const {
    constexpr std::uint32_t kCostMax = 0xffff;
    std::uint32_t cost = 0;
    for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
      const int difference = *round_.source.At(channel, x_ - round_.radius + column + offset.dx,
                                               y_ - round_.radius + row + offset.dy) -
                             scratch_.target[row][channel][column];
      cost += static_cast<std::uint32_t>(difference * difference);
    }
    cost = (cost < kCostMax ? cost : kCostMax) >> round_.scale.shift;
    return cost < round_.scale.limit ? cost : round_.scale.limit;
  }

  WEFT_HOST_DEVICE void KeepBetter(int row, int column, std::uint16_t candidate) {
    std::uint32_t cost = 0;
    for (int i = 0; i <= 2 * round_.radius; ++i) {
      cost += scratch_.sums[row][column + i];
    }
    if (cost < tile_.costs[row][column]) {
      tile_.costs[row][column] = static_cast<std::uint16_t>(cost);
      tile_.candidates[row][column] = candidate;
    }
  }

  // Leaves the offset of one pixel, drawn at random, of every square of the level.
  WEFT_HOST_DEVICE void Sample() {
    constexpr int kSide = SamplesView::kSide;
    constexpr int kWords = 4;  // Each draws for one square.
    const int column_begin = x_ / kSide;
    const int column_count = (x_ + width_ - 1) / kSide + 1 - column_begin;
    const int row_begin = y_ / kSide;
    const int row_count = (y_ + height_ - 1) / kSide + 1 - row_begin;
    block_.ForEach(row_count * column_count, [&](int i) {
      const int row = row_begin + i / column_count;
      const int column = column_begin + i % column_count;
      const int square = row * round_.after.columns + column;
      const RandomWords words = WordsFor(
          round_.key, Purpose(RandomPurpose::kSample, static_cast<std::uint32_t>(square / kWords)));
      const auto within = static_cast<int>(words.Below(square % kWords, kSide * kSide));
      const int x = Smaller(column * kSide + within % kSide, round_.target.width - 1) - x_;
      const int y = Smaller(row * kSide + within / kSide, round_.target.height - 1) - y_;
      if (x >= 0 && x < width_ && y >= 0 && y < height_) {
        round_.after.offsets[square] = tile_.tried[tile_.candidates[y][x]];
      }
    });
  }

  WEFT_HOST_DEVICE void WriteBack() {
    block_.ForEach(height_ * width_, [&](int i) {
      const int row = i / width_;
      const int column = i % width_;
      const std::ptrdiff_t at = std::ptrdiff_t{y_ + row} * round_.field.width + (x_ + column);
      round_.field.offsets[at] = tile_.tried[tile_.candidates[row][column]];
      round_.field.costs[at] = tile_.costs[row][column];
    });
  }

  Block& block_;
  const BlockRound& round_;
  BlockScratch& scratch_;
  BlockTile& tile_;
  int number_;
  int x_;  // The tile's first pixel.
  int y_;
  int width_;
  int height_;
};

}  // namespace weft::deflicker
