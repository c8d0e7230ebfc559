#include "worker/deflicker/tile_field.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "worker/deflicker/tile_candidates.h"
#include "worker/deflicker/tile_random.h"
#include "worker/deflicker/tile_samples.h"

namespace weft::deflicker {
namespace {

// Each round tries what the round before found around a tile, then looks around what won there.
constexpr std::uint32_t kRounds = 2;
constexpr int kInherited = 24;  // Offsets taken from the coarser level.
constexpr int kWinners = 6;     // Winners that are looked around.
constexpr std::uint32_t kRandomTrials = 8;
constexpr int kCoarseReachMax = 10;

Offset Moved(Offset offset, int dx, int dy) {
  return {static_cast<std::int16_t>(offset.dx + dx), static_cast<std::int16_t>(offset.dy + dy)};
}

}  // namespace

// What a search writes on its way; kept from level to level and from field to field.
struct TileMatcher::Workspace {
  ThreadTeam* threads = nullptr;
  std::vector<TileCandidates> tiles;
  TileSamples samples[2];  // Of the round before, and of this one, in turn.
  OffsetField coarser;
};

namespace {

class LevelSearch {
 public:
  struct Pictures {
    const MatchPlanes& source;
    const MatchPlanes& target;
  };

  LevelSearch(const Pictures& pictures,
              const TileSearchOptions& options,
              const TileSearchKey& key,
              std::uint32_t level,
              TileMatcher::Workspace* workspace)
      : source_(pictures.source),
        target_(pictures.target),
        options_(options),
        key_(key),
        level_(level),
        radius_(options.patch_size / 2),
        columns_((target_.Width() + TileWidth() - 1) / TileWidth()),
        rows_((target_.Height() + kTileRows - 1) / kTileRows),
        workspace_(workspace) {
    const std::size_t count = static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_);
    workspace_->tiles.resize(std::max(workspace_->tiles.size(), count));
    for (TileSamples& samples : workspace_->samples) {
      samples.Resize(target_.Width(), target_.Height());
    }
  }

  // coarser: what the coarser level found; nullptr: this is the coarsest.
  void Run(const OffsetField* coarser, OffsetField* field) {
    const auto pixels =
        static_cast<std::size_t>(target_.Width()) * static_cast<std::size_t>(target_.Height());
    field->width = target_.Width();
    field->height = target_.Height();
    field->offsets.resize(pixels);
    field->costs.resize(pixels);
    for (std::uint32_t round = 0; round < kRounds; ++round) {
      // Tiles read what the round before found, never each other's new matches.
      const TileSamples& before = workspace_->samples[(round + 1) % 2];
      TileSamples& after = workspace_->samples[round % 2];
      ForEachTile([&](const TargetTile& tile, std::uint32_t number) {
        TileCandidates& candidates = workspace_->tiles[number];
        if (round > 0) {
          before.ForEachAround(tile, [&](Offset offset) { Try(tile, offset, &candidates); });
        } else if (coarser == nullptr) {
          TryAllInReach(tile, &candidates);
        } else {
          TryCoarser(*coarser, tile, &candidates);
        }
        RandomPurpose purpose{level_, round, RandomPurpose::kTrial, 0, number};
        TryAroundWinners(tile, purpose, &candidates);
        if (round + 1 < kRounds) {
          after.Take(tile, candidates, key_, purpose);
        } else {
          candidates.WriteBack(tile, field);
        }
      });
    }
  }

 private:
  [[nodiscard]] int TileWidth() const { return kTileColumns - 2 * radius_; }

  template <typename Function>
  void ForEachTile(const Function& function) {
    const auto search_row = [&](int row) {
      TargetTile tile;
      for (int column = 0; column < columns_; ++column) {
        CopyTarget(target_, column * TileWidth(), row * kTileRows, radius_, &tile);
        function(tile, static_cast<std::uint32_t>(row * columns_ + column));
      }
    };
    workspace_->threads->ForEach(rows_, search_row);
  }

  void Try(const TargetTile& tile, Offset offset, TileCandidates* candidates) const {
    candidates->Try(source_, tile, offset);
  }

  // Every offset in reach: what the coarsest level begins with.
  void TryAllInReach(const TargetTile& tile, TileCandidates* candidates) const {
    candidates->Reset();
    Try(tile, {}, candidates);  // First: where all are equal, nothing moves.
    const int reach = options_.coarse_reach;
    for (int dy = -reach; dy <= reach; ++dy) {
      for (int dx = -reach; dx <= reach; ++dx) {
        Try(tile, Moved({}, dx, dy), candidates);
      }
    }
  }

  // Twice the offsets that the coarser level found around each tile.
  void TryCoarser(const OffsetField& coarser,
                  const TargetTile& tile,
                  TileCandidates* candidates) const {
    constexpr int kBorder = 2;
    const Region region = {std::max(0, tile.x / 2 - kBorder),
                           std::min(coarser.width, (tile.x + tile.width + 1) / 2 + kBorder),
                           std::max(0, tile.y / 2 - kBorder),
                           std::min(coarser.height, (tile.y + tile.height + 1) / 2 + kBorder)};
    candidates->Reset();
    Try(tile, {}, candidates);  // Fits everywhere: every pixel has some match.
    for (const Offset offset : FrequentOffsets(coarser, region, kInherited)) {
      Try(tile, Moved({}, 2 * offset.dx, 2 * offset.dy), candidates);
    }
  }

  void TryAroundWinners(const TargetTile& tile,
                        RandomPurpose purpose,
                        TileCandidates* candidates) const {
    const OffsetList winners = candidates->Winners(tile, kWinners);
    for (const Offset winner : winners) {
      for (const auto& [dx, dy] : {std::pair(1, 0), {-1, 0}, {0, 1}, {0, -1}}) {
        Try(tile, Moved(winner, dx, dy), candidates);
      }
    }
    for (; purpose.trial < kRandomTrials; ++purpose.trial) {
      const RandomWords words = WordsFor(key_, purpose);
      const auto near = words.Below(0, static_cast<std::uint32_t>(winners.Size()));
      const std::uint32_t reach = 1U << words.Below(1, 3);
      const int dx = static_cast<int>(words.Below(2, 2 * reach + 1)) - static_cast<int>(reach);
      const int dy = static_cast<int>(words.Below(3, 2 * reach + 1)) - static_cast<int>(reach);
      Try(tile, Moved(winners[static_cast<int>(near)], dx, dy), candidates);
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
  TileMatcher::Workspace* workspace_;
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
  if (options.coarse_reach < 0 || options.coarse_reach > kCoarseReachMax) {
    return Failure(ErrorCode::kInvalidArgument,
                   "the coarsest level is searched 0 to " + std::to_string(kCoarseReachMax) +
                       " pixels around, not " + std::to_string(options.coarse_reach));
  }
  return {};
}

TileMatcher::TileMatcher(ThreadTeam* threads) : workspace_(std::make_unique<Workspace>()) {
  workspace_->threads = threads;
}

TileMatcher::~TileMatcher() = default;

void TileMatcher::Find(const std::vector<MatchPlanes>& source,
                       const std::vector<MatchPlanes>& target,
                       const TileSearchOptions& options,
                       const TileSearchKey& key,
                       OffsetField* field) {
  const int coarsest = static_cast<int>(target.size()) - 1;
  for (int level = coarsest; level >= options.level_end; --level) {
    const auto at = static_cast<std::size_t>(level);
    std::swap(*field, workspace_->coarser);
    LevelSearch({source[at], target[at]}, options, key, static_cast<std::uint32_t>(level),
                workspace_.get())
        .Run(level == coarsest ? nullptr : &workspace_->coarser, field);
  }
}

OffsetField FindTileField(const std::vector<MatchPlanes>& source,
                          const std::vector<MatchPlanes>& target,
                          const TileSearchOptions& options,
                          const TileSearchKey& key) {
  OffsetField field;
  ThreadTeam alone(1);
  TileMatcher(&alone).Find(source, target, options, key, &field);
  return field;
}

}  // namespace weft::deflicker
