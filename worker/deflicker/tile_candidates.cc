#include "worker/deflicker/tile_candidates.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#include "worker/deflicker/tile_lookup.h"

namespace weft::deflicker {
namespace {

// An offset, or its place in a list, and how often it was met.
template <typename Thing>
struct Counted {
  Thing thing = {};
  int count = 0;
};

// The things met most often, in order, those added first before their equals.
template <typename Thing>
class MostFrequent {
 public:
  // REQUIRES: 0 < size <= OffsetList::kSizeMax.
  explicit MostFrequent(int size) : size_(size) {}

  void Add(Counted<Thing> added) {
    if (filled_ == size_ && added.count <= things_[filled_ - 1].count) {
      return;
    }
    int place = filled_ == size_ ? filled_ - 1 : filled_++;
    for (; place > 0 && things_[place - 1].count < added.count; --place) {
      things_[place] = things_[place - 1];
    }
    things_[place] = added;
  }

  [[nodiscard]] int Size() const { return filled_; }
  [[nodiscard]] Thing operator[](int i) const { return things_[i].thing; }

 private:
  int size_;
  int filled_ = 0;
  Counted<Thing> things_[OffsetList::kSizeMax];
};

// Counts how often each offset was met; a hash table that is never more than half full.
class OffsetCounts {
 public:
  static constexpr int kSize = 512;

  // REQUIRES: at most kSize different ones are added.
  void Add(Offset offset, int times) {
    for (std::uint32_t slot = HashOf(offset) >> (32 - kBits);; slot = (slot + 1) % kSlots) {
      if (slots_[slot] == 0) {
        entries_[size_++] = {offset, times};
        slots_[slot] = static_cast<std::uint16_t>(size_);
        return;
      }
      Counted<Offset>& entry = entries_[slots_[slot] - 1];
      if (entry.thing == offset) {
        entry.count += times;
        return;
      }
    }
  }

  [[nodiscard]] const Counted<Offset>* begin() const { return entries_.data(); }
  [[nodiscard]] const Counted<Offset>* end() const { return entries_.data() + size_; }

 private:
  static constexpr int kBits = 10;
  static constexpr std::uint32_t kSlots = 1U << kBits;
  static_assert(kSlots == 2 * kSize);
  int size_ = 0;
  std::array<std::uint16_t, kSlots> slots_ = {};
  std::array<Counted<Offset>, kSize> entries_;  // NOLINT: written before they are read.
};

}  // namespace

OffsetList FrequentOffsets(const OffsetField& field, const Region& region, int count) {
  assert((region.x_end - region.x_begin) * (region.y_end - region.y_begin) <= OffsetCounts::kSize);
  OffsetCounts counts;
  for (int y = region.y_begin; y < region.y_end; y += 2) {
    const Offset* const row = &field.offsets[field.Index(0, y)];
    for (int x = region.x_begin; x < region.x_end;) {
      const int begin = x;
      while (x < region.x_end && row[x] == row[begin]) {
        ++x;
      }
      counts.Add(row[begin], x - begin);
    }
  }
  MostFrequent<Offset> most(count);
  for (const Counted<Offset>& counted : counts) {
    most.Add(counted);
  }
  OffsetList offsets;
  for (int i = 0; i < most.Size(); ++i) {
    offsets.Add(most[i]);
  }
  return offsets;
}

void TileCandidates::Reset() {
  tried_.clear();
  slots_.fill(0);
  // Candidates are written with the first cost of theirs.
  std::memset(best_.costs, 0xff, sizeof(best_.costs));
}

void TileCandidates::Try(TileTrial trial, Offset offset) {
  std::uint32_t slot = HashOf(offset) >> (32 - kBits);
  for (; slots_[slot] != 0; slot = (slot + 1) % kSlots) {
    if (tried_[slots_[slot] - 1U] == offset) {
      return;
    }
  }
  if (tried_.size() == kTriedMax) {
    return;
  }
  trial.dx = offset.dx;
  trial.dy = offset.dy;
  trial.candidate = static_cast<std::uint16_t>(tried_.size());
  if (TryOffset(trial, &best_)) {
    tried_.push_back(offset);
    slots_[slot] = static_cast<std::uint16_t>(tried_.size());
  }
}

OffsetList TileCandidates::Winners(const TargetTile& tile, int count) const {
  // Several tables: pixels side by side are mostly of one winner, and would wait for each other.
  constexpr int kTables = 4;
  std::uint16_t pixels[kTables][kTriedMax];
  for (auto& table : pixels) {
    std::fill(table, table + tried_.size(), std::uint16_t{0});
  }
  constexpr int kStep = 2 * kTables;
  for (int row = 0; row < tile.height; row += 2) {
    const std::uint16_t* const candidates = best_.candidates[row];
    int column = 0;
    for (; column + kStep <= tile.width; column += kStep) {
      ++pixels[0][candidates[column]];
      ++pixels[1][candidates[column + 2]];
      ++pixels[2][candidates[column + 4]];
      ++pixels[3][candidates[column + 6]];
    }
    for (; column < tile.width; column += 2) {
      ++pixels[0][candidates[column]];
    }
  }
  MostFrequent<std::size_t> most(count);
  for (std::size_t i = 0; i < tried_.size(); ++i) {
    const int sum = pixels[0][i] + pixels[1][i] + pixels[2][i] + pixels[3][i];
    if (sum > 0) {
      most.Add({i, sum});
    }
  }
  OffsetList winners;
  for (int i = 0; i < most.Size(); ++i) {
    winners.Add(tried_[most[i]]);
  }
  return winners;
}

void TileCandidates::WriteBack(const TargetTile& tile, OffsetField* field) const {
  LookUp(tried_, best_, tile, field->width, &field->offsets[field->Index(tile.x, tile.y)]);
  for (int row = 0; row < tile.height; ++row) {
    const std::size_t first = field->Index(tile.x, tile.y + row);
    std::memcpy(&field->costs[first], best_.costs[row],
                sizeof(std::uint16_t) * static_cast<std::size_t>(tile.width));
  }
}

}  // namespace weft::deflicker
