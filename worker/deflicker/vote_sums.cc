#include "worker/deflicker/vote_sums.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/deflicker/vote_sums.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

#include "worker/deflicker/tile_vote_masks-inl.h"

#ifndef WEFT_WORKER_DEFLICKER_VOTE_SUMS_TYPES
#define WEFT_WORKER_DEFLICKER_VOTE_SUMS_TYPES
namespace weft::deflicker {

// Divides by a number of votes, 2 or more: (sum + addend) * reciprocal >> (16 + shift).
struct VoteCount {
  std::uint16_t addend = 0;
  std::uint16_t reciprocal = 0;
  int shift = 0;
  bool exact = false;
};

// Rounding the reciprocal must move no quotient past a whole number, up or, with 1 more in the
// addend, down (Granlund and Montgomery 1994, "Division by Invariant Integers").
constexpr VoteCount VoteCountOf(std::uint32_t count) {
  VoteCount divisor;
  while ((std::uint32_t{2} << divisor.shift) < count) {
    ++divisor.shift;
  }
  const std::uint64_t one = std::uint64_t{1} << (16 + divisor.shift);
  const std::uint64_t sum_max = 255 * count + count / 2;
  const std::uint64_t short_of_one = one % count;
  const bool up = sum_max * (count - short_of_one) < one;
  divisor.exact = up || (sum_max + 1) * short_of_one <= one;
  divisor.addend = static_cast<std::uint16_t>(count / 2 + (up ? 0 : 1));
  divisor.reciprocal = static_cast<std::uint16_t>(one / count + (up ? 1 : 0));
  return divisor;
}

constexpr bool AllExact(std::uint32_t count_max) {
  for (std::uint32_t count = 2; count <= count_max; ++count) {
    if (!VoteCountOf(count).exact) {
      return false;
    }
  }
  return true;
}
static_assert(AllExact((2 * kVoteRadiusMax + 1) * (2 * kVoteRadiusMax + 1)));

}  // namespace weft::deflicker
#endif  // WEFT_WORKER_DEFLICKER_VOTE_SUMS_TYPES

HWY_BEFORE_NAMESPACE();
namespace weft::deflicker::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Sums = hn::CappedTag<std::uint16_t, kTileColumns>;
constexpr int kLanes = static_cast<int>(hn::MaxLanes(Sums()));

// Rows and columns, from begin to before end; columns in whole vectors.
struct Box {
  int row_begin = 0;
  int row_end = 0;
  int column_begin = 0;
  int column_end = 0;
};

HWY_INLINE int RoundedUp(int columns) {
  return (columns + kLanes - 1) / kLanes * kLanes;
}

// For the columns and the reached rows in the box: how many of the 2 * radius + 1 voters above each
// other have the offset.
HWY_INLINE void CountColumns(const Voters& voters,
                             std::uint16_t index,
                             int radius,
                             const Box& box,
                             std::uint16_t (*counts)[kVoterColumns]) {
  const int patch_rows = 2 * radius + 1;
  const auto wanted = hn::Set(Sums(), index);
  for (int column = box.column_begin; column < box.column_end; column += kLanes) {
    // A vote is -1: all bits of a mask.
    const auto votes = [&](int row) {
      const auto offsets = hn::Load(Sums(), voters.offsets[row] + column);
      return hn::VecFromMask(Sums(), hn::Eq(offsets, wanted));
    };
    auto count = hn::Zero(Sums());
    for (int row = box.row_begin; row < box.row_begin + patch_rows - 1; ++row) {
      count = hn::Sub(count, votes(row));
    }
    for (int row = box.row_begin; row < box.row_end; ++row) {
      count = hn::Sub(count, votes(row + patch_rows - 1));
      hn::Store(count, Sums(), counts[row] + column);
      count = hn::Add(count, votes(row));
    }
  }
}

HWY_INLINE void ClearColumns(const Box& box, std::uint16_t (*counts)[kVoterColumns]) {
  for (int row = box.row_begin; row < box.row_end; ++row) {
    for (int column = box.column_begin; column < box.column_end; column += kLanes) {
      hn::Store(hn::Zero(Sums()), Sums(), counts[row] + column);
    }
  }
}

// Radius: of the block; or -1, known at run time only. seen: the block, moved to where its match
// is.
template <int Radius>
HWY_INLINE void AddCounted(const MatchPlanes& source,
                           const VoteBlock& seen,
                           const Box& box,
                           const std::uint16_t (*counts)[kVoterColumns],
                           VoteSums* sums) {
  const int radius = Radius >= 0 ? Radius : seen.radius;
  const int patch = 2 * radius + 1;
  for (int row = box.row_begin; row < box.row_end; ++row) {
    const std::int16_t* const values = source.At(0, seen.x - radius, seen.y - radius + row);
    for (int column = box.column_begin; column < box.column_end; column += kLanes) {
      auto count = hn::Load(Sums(), counts[row] + column);
      for (int i = 1; i < patch; ++i) {
        count = hn::Add(count, hn::LoadU(Sums(), counts[row] + column + i));
      }
      for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
        std::uint16_t* const sum = sums->rows[row][channel] + column;
        const auto value =
            hn::BitCast(Sums(), hn::LoadU(hn::RebindToSigned<Sums>(),
                                          values + channel * source.ChannelStride() + column));
        hn::Store(hn::Add(hn::Load(Sums(), sum), hn::Mul(count, value)), Sums(), sum);
      }
    }
  }
}

// All votes for one offset.
void AddVotes(const MatchPlanes& source,
              const Voters& voters,
              std::uint16_t index,
              const VoteBlock& block,
              VoteSums* sums) {
  const VotingOffset& voting = voters.list[index];
  const int around = 2 * block.radius;
  const Box reached = {voting.row_begin - around, voting.row_end,
                       (voting.column_begin - around) / kLanes * kLanes,
                       RoundedUp(voting.column_end)};
  Box counted = reached;
  counted.column_begin = voting.column_begin / kLanes * kLanes;
  // Written before it is read.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  alignas(64) std::uint16_t counts[kReachedRowsMax][kVoterColumns];
  CountColumns(voters, index, block.radius, counted, counts);
  Box before = reached;
  before.column_end = counted.column_begin;
  ClearColumns(before, counts);
  Box after = reached;
  after.column_begin = counted.column_end;
  after.column_end = RoundedUp(reached.column_end + around);
  ClearColumns(after, counts);
  VoteBlock seen = block;
  seen.x += voting.offset.dx;
  seen.y += voting.offset.dy;
  if (block.radius == 2) {
    AddCounted<2>(source, seen, reached, counts, sums);
  } else {
    AddCounted<-1>(source, seen, reached, counts, sums);
  }
}

#if HWY_TARGET <= HWY_AVX3
template <int Radius>
void AddAllMasked(const MatchPlanes& source,
                  const OffsetField& field,
                  const VoteBlock& block,
                  VoteSums* sums) {
  // Written before it is read.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  MaskedVoters<Radius> voters(field, block);
  while (voters.Next()) {
    voters.Add(source, sums);
  }
}
#endif

// All votes of a block at once. False: this processor, or the radius, is none for that.
bool AddAll([[maybe_unused]] const MatchPlanes& source,
            [[maybe_unused]] const OffsetField& field,
            [[maybe_unused]] const VoteBlock& block,
            [[maybe_unused]] VoteSums* sums) {
#if HWY_TARGET <= HWY_AVX3
  switch (block.radius) {
    case 1:
      AddAllMasked<1>(source, field, block, sums);
      return true;
    case 2:
      AddAllMasked<2>(source, field, block, sums);
      return true;
    case 3:
      AddAllMasked<3>(source, field, block, sums);
      return true;
    default:
      return false;
  }
#else
  return false;
#endif
}

// Adds `rows` rows of a block's sums, whole vectors of them, to those of a band, `pitch` values
// from one row of a channel to the next.
void AddSums(const VoteSums& sums, int rows, std::ptrdiff_t pitch, std::uint16_t* band) {
  for (int row = 0; row < rows; ++row) {
    for (const auto& from : sums.rows[row]) {
      for (int column = 0; column < kTileColumns; column += kLanes) {
        const auto sum = hn::Add(hn::LoadU(Sums(), band + column), hn::Load(Sums(), from + column));
        hn::StoreU(sum, Sums(), band + column);
      }
      band += pitch;
    }
  }
}

// The means of a row of sums: rounded to nearest, halves up. Whole vectors are written.
void DivideRow(const std::uint16_t* sums, int width, const VoteCount& count, std::int16_t* means) {
  const hn::RebindToSigned<Sums> levels;
  const auto reciprocal = hn::Set(Sums(), count.reciprocal);
  const auto addend = hn::Set(Sums(), count.addend);
  for (int x = 0; x < width; x += kLanes) {
    const auto sum = hn::Add(hn::LoadU(Sums(), sums + x), addend);
    const auto mean = hn::ShiftRightSame(hn::MulHigh(sum, reciprocal), count.shift);
    hn::StoreU(hn::BitCast(levels, mean), levels, means + x);
  }
}

}  // namespace weft::deflicker::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft::deflicker {
namespace {

HWY_EXPORT(AddAll);
HWY_EXPORT(AddSums);
HWY_EXPORT(AddVotes);
HWY_EXPORT(DivideRow);

}  // namespace

bool AddAllVotes(const MatchPlanes& source,
                 const OffsetField& field,
                 const VoteBlock& block,
                 VoteSums* sums) {
  return HWY_DYNAMIC_DISPATCH(AddAll)(source, field, block, sums);
}

void AddVotesFor(std::uint16_t index,
                 const Voters& voters,
                 const MatchPlanes& source,
                 const VoteBlock& block,
                 VoteSums* sums) {
  HWY_DYNAMIC_DISPATCH(AddVotes)(source, voters, index, block, sums);
}

void AddToBand(const VoteSums& sums, int rows, std::ptrdiff_t pitch, std::uint16_t* band) {
  HWY_DYNAMIC_DISPATCH(AddSums)(sums, rows, pitch, band);
}

void DivideVotes(const std::uint16_t* sums, int width, int votes, std::int16_t* means) {
  HWY_DYNAMIC_DISPATCH(DivideRow)
  (sums, width, VoteCountOf(static_cast<std::uint32_t>(votes)), means);
}

}  // namespace weft::deflicker
#endif  // HWY_ONCE
