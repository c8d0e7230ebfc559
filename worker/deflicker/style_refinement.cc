#include "worker/deflicker/style_refinement.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <utility>

#include "worker/deflicker/tile_candidates.h"

namespace weft::deflicker {
namespace {

constexpr int kOwnTrials = 24;    // Offsets of the field itself,
constexpr int kOtherTrials = 8;   // and of each other one.
constexpr int kLookedAround = 4;  // Offsets whose four neighbours are tried.
constexpr int kBorder = 2;        // Samples around a tile that are tried on it.

// A tile of the target.
struct Tile {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

// Every second pixel of every second row: what is frequent shows in a quarter.
OffsetField Sampled(const OffsetField& field) {
  OffsetField samples{(field.width + 1) / 2, (field.height + 1) / 2, {}, {}};
  samples.offsets.reserve(static_cast<std::size_t>(samples.width) *
                          static_cast<std::size_t>(samples.height));
  for (int y = 0; y < field.height; y += 2) {
    for (int x = 0; x < field.width; x += 2) {
      samples.offsets.push_back(field.At(x, y));
    }
  }
  return samples;
}

class TileRefinement {
 public:
  TileRefinement(const StyledPair& pair, const StyleOptions& options)
      : pair_(pair), options_(options) {}

  // samples: of each field, its own first.
  void Refine(const std::vector<OffsetField>& samples, const Tile& tile, OffsetField* refined) {
    std::memset(best_.errors, 0xff, sizeof(best_.errors));
    std::memset(best_.trials, 0, sizeof(best_.trials));
    tried_.clear();
    const OffsetField& first = samples.front();
    const Region region = {std::max(0, tile.x / 2 - kBorder),
                           std::min(first.width, (tile.x + tile.width) / 2 + kBorder),
                           std::max(0, tile.y / 2 - kBorder),
                           std::min(first.height, (tile.y + tile.height) / 2 + kBorder)};
    const OffsetList own = FrequentOffsets(first, region, kOwnTrials);
    for (const Offset offset : own) {
      Try(tile, offset);
    }
    Try(tile, {});  // Fits everywhere: every pixel has some match.
    for (std::size_t i = 1; i < samples.size(); ++i) {
      for (const Offset offset : FrequentOffsets(samples[i], region, kOtherTrials)) {
        Try(tile, offset);
      }
    }
    TryAround(tile, own);
    WriteBack(tile, refined);
  }

 private:
  void TryAround(const Tile& tile, const OffsetList& offsets) {
    for (int i = 0; i < std::min(offsets.Size(), kLookedAround); ++i) {
      for (const auto& [dx, dy] : {std::pair(1, 0), {-1, 0}, {0, 1}, {0, -1}}) {
        Try(tile, {static_cast<std::int16_t>(offsets[i].dx + dx),
                   static_cast<std::int16_t>(offsets[i].dy + dy)});
      }
    }
  }

  void Try(const Tile& tile, Offset offset) {
    if (std::find(tried_.begin(), tried_.end(), offset) != tried_.end()) {
      return;
    }
    const StyleTrial trial = {&pair_.source_guide,
                              &pair_.source_style,
                              &pair_.target_guide,
                              &pair_.aim,
                              tile.x,
                              tile.y,
                              offset.dx,
                              offset.dy,
                              options_.patch_size / 2,
                              options_.guide_weight,
                              static_cast<std::uint32_t>(tried_.size())};
    if (TryStyled(trial, &best_)) {
      tried_.push_back(offset);
    }
  }

  void WriteBack(const Tile& tile, OffsetField* refined) const {
    for (int row = 0; row < tile.height; ++row) {
      for (int column = 0; column < tile.width; ++column) {
        refined->offsets[refined->Index(tile.x + column, tile.y + row)] =
            tried_[best_.trials[row][column]];
      }
    }
  }

  const StyledPair& pair_;
  const StyleOptions& options_;
  std::vector<Offset> tried_;
  StyleBest best_ = {};
};

}  // namespace

OffsetField RefinedByStyle(const StyledPair& pair,
                           const std::vector<const OffsetField*>& fields,
                           const StyleOptions& options) {
  assert(options.patch_size % 2 == 1 && options.patch_size / 2 <= kStyleRadiusMax);
  assert(options.guide_weight >= 0 && options.guide_weight <= kGuideWeightMax);
  const OffsetField& first = *fields.front();
  OffsetField refined{first.width, first.height, first.offsets, {}};
  const int tile_width = kTileColumns - 2 * (options.patch_size / 2);
  std::vector<OffsetField> samples;
  samples.reserve(fields.size());
  for (const OffsetField* const field : fields) {
    samples.push_back(Sampled(*field));
  }
  TileRefinement refinement(pair, options);
  for (int y = 0; y < first.height; y += kTileRows) {
    for (int x = 0; x < first.width; x += tile_width) {
      const Tile tile = {x, y, std::min(tile_width, first.width - x),
                         std::min(kTileRows, first.height - y)};
      refinement.Refine(samples, tile, &refined);
    }
  }
  return refined;
}

}  // namespace weft::deflicker
