#include "worker/deflicker/tile_field.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "worker/deflicker/tile_candidates.h"

namespace weft::deflicker {
namespace {

// Each round tries what the field around a tile found, then looks around what won there.
constexpr int kRounds = 2;
constexpr int kInherited = 24;  // Offsets taken from the coarser level.
constexpr int kWinners = 6;     // Winners that are looked around.
constexpr int kRandomTrials = 8;
constexpr int kRing = 8;  // Pixels around a tile whose matches are tried on it.
constexpr int kRingStep = 8;

Offset Moved(Offset offset, int dx, int dy) {
  return {static_cast<std::int16_t>(offset.dx + dx), static_cast<std::int16_t>(offset.dy + dy)};
}

class LevelSearch {
 public:
  LevelSearch(const MatchPlanes& source,
              const MatchPlanes& target,
              const TileSearchOptions& options,
              const TileSearchKey& key,
              std::uint32_t level)
      : source_(source),
        target_(target),
        options_(options),
        key_(key),
        level_(level),
        radius_(options.patch_size / 2),
        columns_((target.Width() + TileWidth() - 1) / TileWidth()),
        rows_((target.Height() + kTileRows - 1) / kTileRows),
        tiles_(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_)) {
    field_ = {target.Width(), target.Height(), {}, {}};
    const auto pixels =
        static_cast<std::size_t>(target.Width()) * static_cast<std::size_t>(target.Height());
    field_.offsets.resize(pixels);
    field_.costs.resize(pixels);
  }

  // Every offset in reach: what the coarsest level begins with.
  void TryAllInReach() {
    ForEachTile([this](const Tile& tile, std::uint32_t /*number*/, TileCandidates* candidates) {
      candidates->Reset();
      Try(tile, {}, candidates);  // First: where all are equal, nothing moves.
      const int reach = options_.coarse_reach;
      for (int dy = -reach; dy <= reach; ++dy) {
        for (int dx = -reach; dx <= reach; ++dx) {
          Try(tile, Moved({}, dx, dy), candidates);
        }
      }
    });
  }

  // Twice the offsets that the coarser level found around each tile.
  void TryCoarser(const OffsetField& coarser) {
    ForEachTile([&](const Tile& tile, std::uint32_t /*number*/, TileCandidates* candidates) {
      candidates->Reset();
      constexpr int kBorder = 2;
      const Region region = {std::max(0, tile.x / 2 - kBorder),
                             std::min(coarser.width, (tile.x + tile.width + 1) / 2 + kBorder),
                             std::max(0, tile.y / 2 - kBorder),
                             std::min(coarser.height, (tile.y + tile.height + 1) / 2 + kBorder)};
      Try(tile, {}, candidates);  // Fits everywhere: every pixel has some match.
      for (const Offset offset : FrequentOffsets(coarser, region, kInherited)) {
        Try(tile, Moved({}, 2 * offset.dx, 2 * offset.dy), candidates);
      }
    });
  }

  void Improve() {
    for (std::uint32_t round = 0; round < kRounds; ++round) {
      // Tiles read what the round before found, never each other's new matches.
      ForEachTile([&](const Tile& tile, std::uint32_t number, TileCandidates* candidates) {
        TileRandom random(key_, level_, round, number);
        if (round > 0) {
          TryRing(tile, &random, candidates);
        }
        TryAroundWinners(tile, &random, candidates);
      });
      ForEachTile([&](const Tile& tile, std::uint32_t /*number*/, TileCandidates* candidates) {
        WriteBack(tile, *candidates);
      });
    }
  }

  OffsetField Take() { return std::move(field_); }

 private:
  [[nodiscard]] int TileWidth() const { return kTileColumns - 2 * (options_.patch_size / 2); }

  template <typename Function>
  void ForEachTile(const Function& function) {
    std::uint32_t number = 0;
    for (int row = 0; row < rows_; ++row) {
      for (int column = 0; column < columns_; ++column, ++number) {
        const int x = column * TileWidth();
        const int y = row * kTileRows;
        const Tile tile = {x, y, std::min(TileWidth(), target_.Width() - x),
                           std::min(kTileRows, target_.Height() - y)};
        function(tile, number, &tiles_[number]);
      }
    }
  }

  void Try(const Tile& tile, Offset offset, TileCandidates* candidates) {
    candidates->Try(source_, target_, tile, radius_, offset);
  }

  void TryRing(const Tile& tile, TileRandom* random, TileCandidates* candidates) {
    for (int y = tile.y - kRing; y < tile.y + tile.height + kRing; y += kRingStep) {
      for (int x = tile.x - kRing; x < tile.x + tile.width + kRing; x += kRingStep) {
        const auto within = static_cast<int>(random->Below(kRingStep * kRingStep));
        const int sample_x = x + within % kRingStep;
        const int sample_y = y + within / kRingStep;
        if (sample_x >= 0 && sample_x < field_.width && sample_y >= 0 && sample_y < field_.height) {
          Try(tile, field_.At(sample_x, sample_y), candidates);
        }
      }
    }
  }

  void TryAroundWinners(const Tile& tile, TileRandom* random, TileCandidates* candidates) {
    const std::vector<Offset> winners = candidates->Winners(tile, kWinners);
    for (const Offset winner : winners) {
      for (const auto& [dx, dy] : {std::pair(1, 0), {-1, 0}, {0, 1}, {0, -1}}) {
        Try(tile, Moved(winner, dx, dy), candidates);
      }
    }
    for (int trial = 0; trial < kRandomTrials; ++trial) {
      const Offset& near = winners[random->Below(static_cast<std::uint32_t>(winners.size()))];
      const std::uint32_t reach = 1U << random->Below(3);
      const int dx = static_cast<int>(random->Below(2 * reach + 1)) - static_cast<int>(reach);
      const int dy = static_cast<int>(random->Below(2 * reach + 1)) - static_cast<int>(reach);
      Try(tile, Moved(near, dx, dy), candidates);
    }
  }

  void WriteBack(const Tile& tile, const TileCandidates& candidates) {
    for (int row = 0; row < tile.height; ++row) {
      const std::size_t first = field_.Index(tile.x, tile.y + row);
      for (int column = 0; column < tile.width; ++column) {
        const std::size_t index = first + static_cast<std::size_t>(column);
        field_.offsets[index] = candidates.At(row, column);
        field_.costs[index] = candidates.CostAt(row, column);
      }
    }
  }

  const MatchPlanes& source_;
  const MatchPlanes& target_;
  const TileSearchOptions& options_;
  const TileSearchKey& key_;
  std::uint32_t level_;
  int radius_;
  int columns_;
  int rows_;
  std::vector<TileCandidates> tiles_;
  OffsetField field_;
};

}  // namespace

Status CheckTileSearch(int width, int height, const TileSearchOptions& options) {
  // Offsets are sums of a few that fit.
  constexpr int kSideMax = std::numeric_limits<std::int16_t>::max() / 2;
  if (width < 1 || height < 1 || width > kSideMax || height > kSideMax) {
    return Failure(ErrorCode::kInvalidArgument,
                   "frames of " + std::to_string(width) + "x" + std::to_string(height) +
                       " cannot be matched; sides are 1 to " + std::to_string(kSideMax));
  }
  if (options.patch_size % 2 == 0 || options.patch_size < 3 ||
      options.patch_size > 2 * kTrialRadiusMax + 1) {
    return Failure(ErrorCode::kInvalidArgument,
                   "patches of " + std::to_string(options.patch_size) +
                       " pixels cannot be matched; they are odd, 3 to " +
                       std::to_string(2 * kTrialRadiusMax + 1));
  }
  return {};
}

OffsetField FindTileField(const std::vector<MatchPlanes>& source,
                          const std::vector<MatchPlanes>& target,
                          const TileSearchOptions& options,
                          const TileSearchKey& key) {
  OffsetField field;
  const int coarsest = static_cast<int>(target.size()) - 1;
  for (int level = coarsest; level >= options.level_end; --level) {
    const auto at = static_cast<std::size_t>(level);
    LevelSearch search(source[at], target[at], options, key, static_cast<std::uint32_t>(level));
    if (level == coarsest) {
      search.TryAllInReach();
    } else {
      search.TryCoarser(field);
    }
    search.Improve();
    field = search.Take();
  }
  return field;
}

}  // namespace weft::deflicker
