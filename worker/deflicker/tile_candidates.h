// The offsets that were tried on one tile, in order, and which to try next.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "worker/deflicker/tile_field.h"

namespace weft::deflicker {

// Pixels of level, from begin to before end.
struct Region {
  int x_begin = 0;
  int x_end = 0;
  int y_begin = 0;
  int y_end = 0;
};

// Some offsets, the most important first.
class OffsetList {
 public:
  static constexpr int kSizeMax = 32;

  void Add(Offset offset) { offsets_[size_++] = offset; }  // REQUIRES: Size() < kSizeMax.
  [[nodiscard]] int Size() const { return size_; }
  [[nodiscard]] Offset operator[](int i) const { return offsets_[i]; }
  [[nodiscard]] const Offset* begin() const { return offsets_; }
  [[nodiscard]] const Offset* end() const { return offsets_ + size_; }

 private:
  int size_ = 0;
  Offset offsets_[kSizeMax];
};

// The offsets of part of a field, of every second row of it, the most frequent first, the first met
// first among equals; at most `count`. REQUIRES: count <= OffsetList::kSizeMax; the region has at
// most 512 pixels.
OffsetList FrequentOffsets(const OffsetField& field, const Region& region, int count);

class TileCandidates {
 public:
  void Reset();

  // Tries an offset that was not tried yet; the trial says on what.
  void Try(TileTrial trial, Offset offset);

  // The offsets that won pixels of the tile, the most pixels first, the first tried first among
  // equals; at most `count`, at least one. Every second pixel of every second row counts.
  // REQUIRES: some offset fitted everywhere; count <= OffsetList::kSizeMax.
  [[nodiscard]] OffsetList Winners(const TargetTile& tile, int count) const;

  // The winner of a pixel of the tile. REQUIRES: some offset fitted there.
  [[nodiscard]] Offset At(int row, int column) const {
    return tried_[best_.candidates[row][column]];
  }

  // Writes what the tile found into the field.
  void WriteBack(const TargetTile& tile, OffsetField* field) const;

 private:
  static constexpr int kBits = 10;
  static constexpr std::uint32_t kSlots = 1U << kBits;
  static_assert(kSlots > kTriedMax);

  std::vector<Offset> tried_;
  // By the upper bits of an offset's hash: its place in tried_, from 1 on; 0 is none.
  std::array<std::uint16_t, kSlots> slots_ = {};
  TileBest best_ = {};
};

}  // namespace weft::deflicker
