#include "worker/deflicker/tile_field.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <string>
#include <utility>

#include "worker/deflicker/fetch.h"
#include "worker/deflicker/instruction_sets.h"
#include "worker/deflicker/occurrence.h"
#include "worker/deflicker/tile_candidates.h"
#include "worker/deflicker/tile_random.h"
#include "worker/deflicker/tile_samples.h"
#include "worker/deflicker/wavefront.h"

namespace weft::deflicker {
namespace {

constexpr int kRoundsMax = 8;
constexpr int kCoarseReachMax = 10;
constexpr int kTracked = 12;  // Offsets taken from a neighbouring frame's field.

Offset Moved(Offset offset, int dx, int dy) {
  return {static_cast<std::int16_t>(offset.dx + dx), static_cast<std::int16_t>(offset.dy + dy)};
}

}  // namespace

// What a search writes on its way; kept from level to level and from field to field.
struct TileMatcher::Workspace {
  explicit Workspace(ThreadTeam* threads) : wavefront(threads) {}

  Wavefront wavefront;
  std::vector<TileCandidates> tiles;  // Of the rows that the wavefront is at: [slot, column].
  TileSamples samples[2];             // Of the round before, and of this one, in turn.
  std::vector<OffsetField> levels;    // But for the finest, which the caller keeps.
};

namespace {

// What a field is found for.
struct Order {
  const std::vector<MatchPlanes>& source;
  const std::vector<MatchPlanes>& target;
  const TileSearchOptions& options;
  const TileSearchKey& key;
  const TileSearchExtras& extras;
};

class LevelSearch {
 public:
  LevelSearch(const Order& order, int level, TileMatcher::Workspace* workspace)
      : source_(order.source[static_cast<std::size_t>(level)]),
        target_(order.target[static_cast<std::size_t>(level)]),
        options_(order.options),
        key_(order.key),
        extras_(order.extras),
        level_(level),
        radius_(order.options.patch_size / 2),
        rounds_(order.options.rounds),
        columns_((target_.Width() + TileWidth() - 1) / TileWidth()),
        rows_((target_.Height() + kTileRows - 1) / kTileRows),
        is_far_(IsWorthFetching(target_.Width(), target_.Height())),
        workspace_(workspace) {
    const auto count = static_cast<std::size_t>(columns_) *
                       static_cast<std::size_t>(workspace_->wavefront.SlotCount(rounds_));
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
    // Tiles read what the round before found, never each other's new matches.
    workspace_->wavefront.Run(rounds_, rows_, [&](const Wavefront::Step& step) {
      TileCandidates* const candidates =
          &workspace_
               ->tiles[static_cast<std::size_t>(step.slot) * static_cast<std::size_t>(columns_)];
      ForEachTile(step.row, [&](const TileTrial& trial, int column) {
        RandomPurpose purpose;
        purpose.level = static_cast<std::uint32_t>(level_);
        purpose.round = static_cast<std::uint32_t>(step.pass);
        purpose.place = static_cast<std::uint32_t>(step.row * columns_ + column);
        SearchTile(coarser, trial, purpose, &candidates[column], field);
      });
    });
  }

 private:
  // The pictures as one tile's trials read them.
  struct TileView {
    TargetTile target;
    TargetTile style;
    TargetTile mask;
    TrialExtras extras;
  };

  [[nodiscard]] int TileWidth() const { return kTileColumns - 2 * radius_; }

  [[nodiscard]] const MatchPlanes* AtLevel(const std::vector<MatchPlanes>* pyramid) const {
    return pyramid == nullptr ? nullptr : &(*pyramid)[static_cast<std::size_t>(level_)];
  }

  void CopyExtras(TileView* view) const {
    const auto copy = [&](const std::vector<MatchPlanes>* pyramid, TargetTile* tile) {
      const MatchPlanes* const planes = AtLevel(pyramid);
      if (planes != nullptr) {
        CopyTarget(*planes, view->target.x, view->target.y, radius_, tile);
      }
      return planes == nullptr ? nullptr : tile;
    };
    view->extras.style_share = extras_.style_share;
    view->extras.source_style = AtLevel(extras_.source_styles);
    view->extras.target_style = copy(extras_.target_styles, &view->style);
    view->extras.source_mask = AtLevel(extras_.source_masks);
    view->extras.target_mask = copy(extras_.target_masks, &view->mask);
  }

  // Both pictures, where a tile begins: most matches are not far from there. Inlined, as Fetch()
  // is.
  WEFT_ALWAYS_INLINE void FetchTile(int x, int y) const {
    const int rows = std::min(kTileRows, target_.Height() - y) + 2 * radius_;
    for (const MatchPlanes* const planes : {&target_, &source_}) {
      Fetch(planes->At(0, x, y - radius_), kTileColumns, MatchPlanes::kChannels * rows,
            planes->ChannelStride());
    }
  }

  template <typename Function>
  void ForEachTile(int row, const Function& function) const {
    TileView view;
    TileTrial trial = {&source_, &view.target};
    for (int column = 0; column < columns_; ++column) {
      CopyTarget(target_, column * TileWidth(), row * kTileRows, radius_, &view.target);
      if (extras_.ChangesCosts()) {
        CopyExtras(&view);
        trial.extras = &view.extras;
      }
      if (is_far_ && column + 1 < columns_) {
        FetchTile((column + 1) * TileWidth(), row * kTileRows);
      }
      function(trial, column);
    }
  }

  void SearchTile(const OffsetField* coarser,
                  const TileTrial& trial,
                  const RandomPurpose& purpose,
                  TileCandidates* candidates,
                  OffsetField* field) const {
    const bool is_last = static_cast<int>(purpose.round) + 1 == rounds_;
    if (is_last && is_far_) {
      const TargetTile& tile = *trial.target;
      const std::size_t first = field->Index(tile.x, tile.y);
      Fetch(&field->offsets[first], tile.width, tile.height, field->width);
      Fetch(&field->costs[first], tile.width, tile.height, field->width);
    }
    if (purpose.round > 0) {
      const TileSamples& before = workspace_->samples[(purpose.round + 1) % 2];
      before.ForEachAround(*trial.target, [&](Offset offset) { candidates->Try(trial, offset); });
    } else {
      Begin(coarser, trial, candidates);
    }
    TryAroundWinners(trial, purpose, candidates);
    if (is_last) {
      candidates->WriteBack(*trial.target, field);
    } else {
      workspace_->samples[purpose.round % 2].Take(*trial.target, *candidates, key_, purpose);
    }
  }

  // What a level begins with.
  void Begin(const OffsetField* coarser, const TileTrial& trial, TileCandidates* candidates) const {
    candidates->Reset();
    candidates->Try(trial, {});  // First: fits everywhere, and where all are equal nothing moves.
    if (coarser == nullptr) {
      TryAllInReach(trial, candidates);
    } else {
      TryCoarser(*coarser, trial, candidates);
    }
    if (extras_.near != nullptr) {
      TryNear(*extras_.near, trial, candidates);
    }
  }

  void TryAllInReach(const TileTrial& trial, TileCandidates* candidates) const {
    const int reach = options_.coarse_reach;
    for (int dy = -reach; dy <= reach; ++dy) {
      for (int dx = -reach; dx <= reach; ++dx) {
        candidates->Try(trial, Moved({}, dx, dy));
      }
    }
  }

  // Twice the offsets that the coarser level found around the tile.
  static void TryCoarser(const OffsetField& coarser,
                         const TileTrial& trial,
                         TileCandidates* candidates) {
    constexpr int kBorder = 2;
    const TargetTile& tile = *trial.target;
    const Region region = {std::max(0, tile.x / 2 - kBorder),
                           std::min(coarser.width, (tile.x + tile.width + 1) / 2 + kBorder),
                           std::max(0, tile.y / 2 - kBorder),
                           std::min(coarser.height, (tile.y + tile.height + 1) / 2 + kBorder)};
    for (const Offset offset : FrequentOffsets(coarser, region, kInheritedTrials)) {
      candidates->Try(trial, Moved({}, 2 * offset.dx, 2 * offset.dy));
    }
  }

  // The offsets that another field has around the middle of the tile, on this level's scale.
  void TryNear(const OffsetField& near, const TileTrial& trial, TileCandidates* candidates) const {
    const TargetTile& tile = *trial.target;
    constexpr int kRows = 8;
    const int y = std::min((tile.y + tile.height / 2) << level_, near.height - 1);
    const int x = std::min((tile.x + tile.width / 2) << level_, near.width - 1);
    const Region region = {std::max(0, x - kTileColumns / 2),
                           std::min(x + kTileColumns / 2, near.width), std::max(0, y - kRows / 2),
                           std::min(y + kRows / 2, near.height)};
    const int scale = 1 << level_;
    for (const Offset offset : FrequentOffsets(near, region, kTracked)) {
      candidates->Try(trial, Moved({}, offset.dx / scale, offset.dy / scale));
    }
  }

  void TryAroundWinners(const TileTrial& trial,
                        RandomPurpose purpose,
                        TileCandidates* candidates) const {
    const int round = static_cast<int>(purpose.round);
    const RoundTrials trials = RoundTrials::Of(round, round + 1 == rounds_);
    const OffsetList winners = candidates->Winners(*trial.target, trials.winners);
    for (int i = 0; i < std::min(trials.around, winners.Size()); ++i) {
      for (const auto& [dx, dy] : {std::pair(1, 0), {-1, 0}, {0, 1}, {0, -1}}) {
        candidates->Try(trial, Moved(winners[i], dx, dy));
      }
    }
    for (; purpose.trial < trials.random; ++purpose.trial) {
      const RandomWords words = WordsFor(key_, purpose);
      const auto near = words.Below(0, static_cast<std::uint32_t>(winners.Size()));
      const std::uint32_t reach = 1U << words.Below(1, 3);
      const int dx = static_cast<int>(words.Below(2, 2 * reach + 1)) - static_cast<int>(reach);
      const int dy = static_cast<int>(words.Below(3, 2 * reach + 1)) - static_cast<int>(reach);
      candidates->Try(trial, Moved(winners[static_cast<int>(near)], dx, dy));
    }
  }

  const MatchPlanes& source_;
  const MatchPlanes& target_;
  const TileSearchOptions& options_;
  const TileSearchKey& key_;
  const TileSearchExtras& extras_;
  int level_;
  int radius_;
  int rounds_;
  int columns_;
  int rows_;
  bool is_far_;
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
  if (options.rounds < 1 || options.rounds > kRoundsMax) {
    return Failure(ErrorCode::kInvalidArgument, "a level is searched in 1 to " +
                                                    std::to_string(kRoundsMax) + " rounds, not " +
                                                    std::to_string(options.rounds));
  }
  if (options.coarse_reach < 0 || options.coarse_reach > kCoarseReachMax) {
    return Failure(ErrorCode::kInvalidArgument,
                   "the coarsest level is searched 0 to " + std::to_string(kCoarseReachMax) +
                       " pixels around, not " + std::to_string(options.coarse_reach));
  }
  return {};
}

TileMatcher::TileMatcher(ThreadTeam* threads) : workspace_(std::make_unique<Workspace>(threads)) {}

TileMatcher::~TileMatcher() = default;

void TileMatcher::Find(const std::vector<MatchPlanes>& source,
                       const std::vector<MatchPlanes>& target,
                       const TileSearchOptions& options,
                       const TileSearchKey& key,
                       OffsetField* field) {
  Find(source, target, options, key, {}, field);
}

// NOLINTNEXTLINE(readability-function-size): what a field depends on.
void TileMatcher::Find(const std::vector<MatchPlanes>& source,
                       const std::vector<MatchPlanes>& target,
                       const TileSearchOptions& options,
                       const TileSearchKey& key,
                       const TileSearchExtras& extras,
                       OffsetField* field) {
  assert(extras.occurrence_weight == 0 || !extras.ChangesCosts());
  std::vector<OffsetField>& levels = workspace_->levels;
  levels.resize(std::max(levels.size(), target.size()));
  const OffsetField* coarser = nullptr;
  for (int level = static_cast<int>(target.size()) - 1; level >= options.level_end; --level) {
    OffsetField* const found =
        level == options.level_end ? field : &levels[static_cast<std::size_t>(level)];
    LevelSearch({source, target, options, key, extras}, level, workspace_.get())
        .Run(coarser, found);
    if (extras.occurrence_weight > 0) {
      const auto at = static_cast<std::size_t>(level);
      SpreadOut({source[at], target[at], level, options.patch_size / 2}, extras.occurrence_weight,
                key, found);
    }
    coarser = found;
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
