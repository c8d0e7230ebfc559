#include "worker/deflicker/tile_candidates.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <Random123/philox.h>

namespace weft::deflicker {
namespace {

// Counts how often each offset was met; a hash table that never fills up.
class OffsetCounts {
 public:
  struct Entry {
    Offset offset;
    int count = 0;
  };

  void Add(Offset offset) {
    for (std::uint32_t slot = HashOf(offset) >> (32 - kBits);; slot = (slot + 1) % kSlots) {
      const int index = slots_[slot];
      if (index == 0) {
        if (entries_.size() < kEntriesMax) {
          entries_.push_back({offset, 1});
          slots_[slot] = static_cast<std::uint16_t>(entries_.size());
        }
        return;
      }
      Entry& entry = entries_[static_cast<std::size_t>(index - 1)];
      if (entry.offset == offset) {
        ++entry.count;
        return;
      }
    }
  }

  // Empties the table.
  std::vector<Entry> Take() { return std::move(entries_); }

 private:
  static constexpr int kBits = 10;
  static constexpr std::uint32_t kSlots = 1U << kBits;
  static constexpr std::size_t kEntriesMax = kSlots / 2;
  std::array<std::uint16_t, kSlots> slots_ = {};
  std::vector<Entry> entries_;
};

}  // namespace

std::vector<Offset> FrequentOffsets(const OffsetField& field, const Region& region, int count) {
  OffsetCounts counts;
  for (int y = region.y_begin; y < region.y_end; ++y) {
    for (int x = region.x_begin; x < region.x_end; ++x) {
      counts.Add(field.At(x, y));
    }
  }
  auto entries = counts.Take();
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  entries.resize(std::min(entries.size(), static_cast<std::size_t>(count)));
  std::vector<Offset> offsets;
  offsets.reserve(entries.size());
  for (const auto& entry : entries) {
    offsets.push_back(entry.offset);
  }
  return offsets;
}

std::uint32_t TileRandom::Next() {
  if (drawn_ % 4 == 0) {
    constexpr int kRounds = 7;  // The fewest that pass every statistical test (Salmon et al. 2011).
    const auto words = philox4x32_R(
        kRounds, {{tile_, place_ | drawn_ / 4, key_.source, key_.target}},
        {{static_cast<std::uint32_t>(key_.seed), static_cast<std::uint32_t>(key_.seed >> 32)}});
    std::copy(words.begin(), words.end(), words_);
  }
  return words_[drawn_++ % 4];
}

std::uint32_t TileRandom::Below(std::uint32_t count) {
  return (Next() >> 16) * count >> 16;
}

void TileCandidates::Reset() {
  tried_.clear();
  std::memset(best_.costs, 0xff, sizeof(best_.costs));
  std::memset(best_.candidates, 0, sizeof(best_.candidates));
}

void TileCandidates::Try(const MatchPlanes& source,
                         const MatchPlanes& target,
                         const Tile& tile,
                         int radius,
                         Offset offset) {
  if (std::find(tried_.begin(), tried_.end(), offset) != tried_.end()) {
    return;
  }
  const TileTrial trial = {&source,   &target,   tile.x, tile.y,
                           offset.dx, offset.dy, radius, static_cast<std::uint16_t>(tried_.size())};
  if (TryOffset(trial, &best_)) {
    tried_.push_back(offset);
  }
}

std::vector<Offset> TileCandidates::Winners(const Tile& tile, int count) const {
  std::vector<int> pixels(tried_.size());
  for (int row = 0; row < tile.height; ++row) {
    for (int column = 0; column < tile.width; ++column) {
      ++pixels[best_.candidates[row][column]];
    }
  }
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    if (pixels[i] > 0) {
      order.push_back(i);
    }
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return pixels[a] > pixels[b]; });
  order.resize(std::min(order.size(), static_cast<std::size_t>(count)));
  std::vector<Offset> winners;
  winners.reserve(order.size());
  for (const std::size_t index : order) {
    winners.push_back(tried_[index]);
  }
  return winners;
}

}  // namespace weft::deflicker
