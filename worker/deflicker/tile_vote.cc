#include "worker/deflicker/tile_vote.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <optional>

#include "worker/deflicker/fetch.h"
#include "worker/deflicker/instruction_sets.h"
#include "worker/deflicker/voters.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/deflicker/tile_vote.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

#include "worker/deflicker/tile_vote_masks-inl.h"

#ifndef WEFT_WORKER_DEFLICKER_TILE_VOTE_TYPES
#define WEFT_WORKER_DEFLICKER_TILE_VOTE_TYPES
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
#endif  // WEFT_WORKER_DEFLICKER_TILE_VOTE_TYPES

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

// For the columns and the tile's rows in the box: how many of the 2 * radius + 1 voters above each
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

// Radius: of the tile; or -1, known at run time only. place: of the tile's first pixel's match.
template <int Radius>
HWY_INLINE void AddCounted(const MatchPlanes& source,
                           const VoteTile& place,
                           const Box& box,
                           const std::uint16_t (*counts)[kVoterColumns],
                           VoteSums* sums) {
  const int patch = 2 * (Radius >= 0 ? Radius : place.radius) + 1;
  for (int row = box.row_begin; row < box.row_end; ++row) {
    const std::int16_t* const values = source.At(0, place.x, place.y + row);
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

void AddVotes(const MatchPlanes& source,
              const Voters& voters,
              std::uint16_t index,
              const VoteTile& tile,
              VoteSums* sums) {
  const VotingOffset& voting = voters.list[index];
  const int patch = 2 * tile.radius + 1;
  // A voter in row r of Voters reaches rows r - 2 * radius to r of the tile; columns alike.
  Box reached;
  reached.row_begin = std::max(0, voting.row_begin - patch + 1);
  reached.row_end = std::min(kTileRows, voting.row_end);
  reached.column_begin = std::max(0, voting.column_begin - patch + 1) / kLanes * kLanes;
  reached.column_end = RoundedUp(std::min(kTileColumns, voting.column_end));
  const VoteTile place = {tile.x + voting.offset.dx, tile.y + voting.offset.dy, tile.radius};
  Box counted = reached;
  counted.column_begin = voting.column_begin / kLanes * kLanes;
  counted.column_end = RoundedUp(voting.column_end);
  // Written before it is read.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  alignas(64) std::uint16_t counts[kTileRows][kVoterColumns];
  CountColumns(voters, index, tile.radius, counted, counts);
  Box before = reached;
  before.column_end = counted.column_begin;
  ClearColumns(before, counts);
  Box after = reached;
  after.column_begin = counted.column_end;
  after.column_end = RoundedUp(reached.column_end + patch - 1);
  ClearColumns(after, counts);
  if (tile.radius == 2) {
    AddCounted<2>(source, place, reached, counts, sums);
  } else {
    AddCounted<-1>(source, place, reached, counts, sums);
  }
}

#if HWY_TARGET <= HWY_AVX3
template <int Radius>
void AddAllMasked(const MatchPlanes& source,
                  const OffsetField& field,
                  const VoteTile& tile,
                  VoteSums* sums) {
  // Written before it is read.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  MaskedVoters<Radius> voters(field, tile);
  while (voters.Next()) {
    voters.Add(source, tile, sums);
  }
}
#endif

// All votes on a tile at once. False: this processor, or the radius, is none for that.
bool AddAll([[maybe_unused]] const MatchPlanes& source,
            [[maybe_unused]] const OffsetField& field,
            [[maybe_unused]] const VoteTile& tile,
            [[maybe_unused]] VoteSums* sums) {
#if HWY_TARGET <= HWY_AVX3
  switch (tile.radius) {
    case 1:
      AddAllMasked<1>(source, field, tile, sums);
      return true;
    case 2:
      AddAllMasked<2>(source, field, tile, sums);
      return true;
    case 3:
      AddAllMasked<3>(source, field, tile, sums);
      return true;
    default:
      return false;
  }
#else
  return false;
#endif
}

// The means of a row of sums: rounded to nearest, halves up. Whole vectors are written.
void DivideRow(const std::uint16_t* sums, int width, const VoteCount& count, std::int16_t* means) {
  const hn::RebindToSigned<Sums> levels;
  const auto reciprocal = hn::Set(Sums(), count.reciprocal);
  const auto addend = hn::Set(Sums(), count.addend);
  for (int x = 0; x < width; x += kLanes) {
    const auto sum = hn::Add(hn::Load(Sums(), sums + x), addend);
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
HWY_EXPORT(AddVotes);
HWY_EXPORT(DivideRow);

// Pixels of 0 .. size-1 that are at most `radius` away from x.
int Neighbours(int x, int radius, int size) {
  return std::min(x + radius, size - 1) - std::max(x - radius, 0) + 1;
}

void WriteMeans(const VoteSums& sums, const VoteTile& tile, MatchPlanes* voted) {
  const int width = std::min(kTileColumns, voted->Width() - tile.x);
  const int height = std::min(kTileRows, voted->Height() - tile.y);
  const int patch = 2 * tile.radius + 1;
  const auto columns_of = [&](int column) {
    return Neighbours(tile.x + column, tile.radius, voted->Width());
  };
  for (int row = 0; row < height; ++row) {
    const int rows = Neighbours(tile.y + row, tile.radius, voted->Height());
    const VoteCount inner = VoteCountOf(static_cast<std::uint32_t>(rows * patch));
    for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
      const std::uint16_t* const from = sums.rows[row][channel];
      std::int16_t* const means = voted->At(channel, tile.x, tile.y + row);
      HWY_DYNAMIC_DISPATCH(DivideRow)(from, width, inner, means);
      const auto divide = [&](int column) {
        const int count = rows * columns_of(column);
        means[column] = static_cast<std::int16_t>((from[column] + count / 2) / count);
      };
      // Fewer voters at the edges; none but the pixel itself with radius 0.
      for (int column = 0; column < width && (columns_of(column) < patch || patch == 1); ++column) {
        divide(column);
      }
      for (int column = width - 1; column >= 0 && columns_of(column) < patch; --column) {
        divide(column);
      }
    }
  }
}

// What the tile's means are written to, and what the vote on the next tile reads. Inlined, for GCC
// leaves out calls of a function that does nothing but this.
WEFT_ALWAYS_INLINE void FetchFor(const VoteTile& tile,
                                 const MatchPlanes& source,
                                 const OffsetField& field,
                                 const MatchPlanes& voted) {
  const int width = std::min(kTileColumns, field.width - tile.x);
  const int height = std::min(kTileRows, field.height - tile.y);
  Fetch(voted.At(0, tile.x, tile.y), width, MatchPlanes::kChannels * height, voted.ChannelStride());
  const int next = tile.x + kTileColumns;
  if (next < field.width) {
    const int top = std::max(0, tile.y - tile.radius);
    Fetch(&field.offsets[field.Index(next, top)], std::min(kTileColumns, field.width - next),
          std::min(tile.y + height + tile.radius, field.height) - top, field.width);
    Fetch(source.At(0, next, tile.y), kTileColumns, MatchPlanes::kChannels * height,
          source.ChannelStride());
  }
}

void VoteOnRow(
    const MatchPlanes& source, const OffsetField& field, int radius, int y, MatchPlanes* voted) {
  const bool is_far = IsWorthFetching(field.width, field.height);
  std::optional<VoterReader> reader;
  Voters voters;
  VoteSums sums = {};
  for (int x = 0; x < field.width; x += kTileColumns) {
    const VoteTile tile = {x, y, radius};
    if (is_far) {
      FetchFor(tile, source, field, *voted);
    }
    std::memset(&sums, 0, sizeof(sums));
    if (!HWY_DYNAMIC_DISPATCH(AddAll)(source, field, tile, &sums)) {
      if (!reader) {
        reader.emplace(field);
      }
      reader->Read(tile, &voters);
      for (std::size_t i = 0; i < voters.list.size(); ++i) {
        HWY_DYNAMIC_DISPATCH(AddVotes)
        (source, voters, static_cast<std::uint16_t>(i), tile, &sums);
      }
    }
    WriteMeans(sums, tile, voted);
  }
}

}  // namespace

void Vote(const MatchPlanes& source,
          const OffsetField& field,
          int radius,
          ThreadTeam* threads,
          MatchPlanes* voted) {
  assert(source.Width() == field.width && source.Height() == field.height);
  assert(radius >= 0 && radius <= kVoteRadiusMax);
  if (voted->Width() != field.width || voted->Height() != field.height) {
    *voted = MatchPlanes(field.width, field.height);
  }
  threads->ForEach((field.height + kTileRows - 1) / kTileRows,
                   [&](int row) { VoteOnRow(source, field, radius, row * kTileRows, voted); });
  voted->FillMargin();
}

MatchPlanes Vote(const MatchPlanes& source, const OffsetField& field, int radius) {
  ThreadTeam alone(1);
  MatchPlanes voted(source.Width(), source.Height());
  Vote(source, field, radius, &alone, &voted);
  return voted;
}

}  // namespace weft::deflicker
#endif  // HWY_ONCE
