// A trial of a small patch that never leaves the registers, on processors that have enough of them.
// Included once for every set of instructions, as Highway has it.

#if defined(WEFT_WORKER_DEFLICKER_TILE_TRIAL_REGISTERS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_WORKER_DEFLICKER_TILE_TRIAL_REGISTERS_INL_H
#undef WEFT_WORKER_DEFLICKER_TILE_TRIAL_REGISTERS_INL_H
#else
#define WEFT_WORKER_DEFLICKER_TILE_TRIAL_REGISTERS_INL_H
#endif

#include <cstdint>

#include <hwy/highway.h>

#include "worker/deflicker/tile_row-inl.h"
#include "worker/deflicker/tile_trial-inl.h"
#include "worker/deflicker/tile_trial.h"

#if HWY_TARGET <= HWY_AVX3
HWY_BEFORE_NAMESPACE();
namespace weft::deflicker::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Writes where the cost is smaller and, unless all columns are, the pixel is inside.
template <bool All>
HWY_INLINE void Keep(hn::Vec<Costs> cost,
                     hn::Vec<Costs> candidate,
                     hn::Mask<Costs> within,
                     std::uint16_t* costs,
                     std::uint16_t* candidates) {
  auto is_better = hn::Lt(cost, hn::Load(Costs(), costs));
  if (!All) {
    is_better = hn::And(within, is_better);
  }
  hn::BlendedStore(cost, is_better, Costs(), costs);
  hn::BlendedStore(candidate, is_better, Costs(), candidates);
}

// Whole: every row and column of the tile is inside; columns beyond a narrower tile are written,
// too.
template <int Radius, bool Whole>
HWY_NOINLINE void TryInRegisters(const TileTrial& trial,
                                 const CostScale& scale,
                                 const Inside& inside,
                                 TileBest* best) {
  constexpr int kPatch = 2 * Radius + 1;
  const int begin = Whole ? 0 : inside.rows_begin;
  const int end = Whole ? kTileRows : inside.rows_end;
  const auto candidate = hn::Set(Costs(), trial.candidate);
  const auto left_within = Within(inside, 0);
  const auto right_within = Within(inside, kLanes);
  PixelCosts left(trial, scale, begin, 0);
  PixelCosts right(trial, scale, begin, kLanes);
  const auto next = [&]() -> TileRow {
    return {left.Next<(Radius > 2)>(), right.Next<(Radius > 2)>()};
  };
  TileRow held[kPatch];
  TileRow sum = {hn::Zero(Costs()), hn::Zero(Costs())};
#pragma GCC unroll 8
  for (int i = 0; i < kPatch - 1; ++i) {
    held[i] = next();
    sum = sum + held[i];
  }
  held[kPatch - 1] = {hn::Zero(Costs()), hn::Zero(Costs())};
#pragma GCC unroll 8
  for (int row = begin; row < end; row += kPatch) {
#pragma GCC unroll 8
    for (int i = 0; i < kPatch; ++i) {
      if (row + i == end) {
        return;
      }
      // The newest takes the oldest's place.
      const int place = (i + kPatch - 1) % kPatch;
      sum = sum - held[place];
      held[place] = next();
      sum = sum + held[place];
      const TileRow cost = SumOfColumns<Radius>(sum);
      std::uint16_t* const costs = best->costs[row + i];
      std::uint16_t* const candidates = best->candidates[row + i];
      Keep<Whole>(cost.left, candidate, left_within, costs, candidates);
      Keep<Whole>(cost.right, candidate, right_within, costs + kLanes, candidates + kLanes);
    }
  }
}

}  // namespace weft::deflicker::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // HWY_TARGET <= HWY_AVX3

#endif  // The guard of this set of instructions.
