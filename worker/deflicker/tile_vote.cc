#include "worker/deflicker/tile_vote.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/deflicker/tile_vote.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

#ifndef WEFT_WORKER_DEFLICKER_TILE_VOTE_TYPES
#define WEFT_WORKER_DEFLICKER_TILE_VOTE_TYPES
namespace weft::deflicker {

constexpr int kVoterRowsMax = kTileRows + 2 * kVoteRadiusMax;
constexpr int kVoterColumns = 2 * kTileColumns;  // Those beyond the voters are read, never used.
constexpr std::uint16_t kNobody = 0xffff;

// One offset of those that vote on a tile, and where its voters are, in rows and columns of Voters.
struct VotingOffset {
  Offset offset;
  int row_begin = 0;
  int row_end = 0;
  int column_begin = 0;
  int column_end = 0;
};

// The pixels that vote on a tile: its own and those at most `radius` around it, row 0 and column 0
// being `radius` above and left of the tile's first.
struct Voters {
  alignas(64) std::uint16_t offsets[kVoterRowsMax][kVoterColumns];  // Indices; or kNobody.
  std::vector<VotingOffset> list;
};

struct VoteSums {
  alignas(64) std::uint16_t rows[MatchPlanes::kChannels][kTileRows][kTileColumns];
};

struct VoteTile {
  int x = 0;
  int y = 0;
  int radius = 0;
};

// Rows of a tile, from begin to before end.
struct TileRows {
  int begin = 0;
  int end = 0;
};

}  // namespace weft::deflicker
#endif  // WEFT_WORKER_DEFLICKER_TILE_VOTE_TYPES

HWY_BEFORE_NAMESPACE();
namespace weft::deflicker::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Sums = hn::CappedTag<std::uint16_t, kTileColumns>;
constexpr int kLanes = static_cast<int>(hn::MaxLanes(Sums()));

// For rows of the tile: in every column, how many of the 2 * radius + 1 voters
// above each other have the offset.
HWY_INLINE void CountColumns(const Voters& voters,
                             std::uint16_t index,
                             const VoteTile& tile,
                             const TileRows& rows,
                             std::uint16_t (*counts)[kVoterColumns]) {
  const int patch_rows = 2 * tile.radius + 1;
  const VotingOffset& voting = voters.list[index];
  const auto wanted = hn::Set(Sums(), index);
  const auto one = hn::Set(Sums(), std::uint16_t{1});
  const int first_column = voting.column_begin / kLanes * kLanes;
  for (int column = first_column; column < voting.column_end; column += kLanes) {
    const auto votes = [&](int row) {
      const auto offsets = hn::Load(Sums(), voters.offsets[row] + column);
      return hn::IfThenElseZero(hn::Eq(offsets, wanted), one);
    };
    auto count = hn::Zero(Sums());
    for (int row = rows.begin; row < rows.begin + patch_rows - 1; ++row) {
      count = hn::Add(count, votes(row));
    }
    for (int row = rows.begin; row < rows.end; ++row) {
      count = hn::Add(count, votes(row + patch_rows - 1));
      hn::Store(count, Sums(), counts[row] + column);
      count = hn::Sub(count, votes(row));
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
  const TileRows rows = {std::max(0, voting.row_begin - patch + 1),
                         std::min(kTileRows, voting.row_end)};
  const int column_begin = std::max(0, voting.column_begin - patch + 1) / kLanes * kLanes;
  const int column_end = std::min(kTileColumns, voting.column_end);
  alignas(64) std::uint16_t counts[kTileRows][kVoterColumns];
  for (int row = rows.begin; row < rows.end; ++row) {
    // What CountColumns leaves out counts nothing.
    std::memset(counts[row], 0, sizeof(counts[row]));
  }
  CountColumns(voters, index, tile, rows, counts);
  for (int row = rows.begin; row < rows.end; ++row) {
    for (int column = column_begin; column < column_end; column += kLanes) {
      auto count = hn::Load(Sums(), counts[row] + column);
      for (int i = 1; i < patch; ++i) {
        count = hn::Add(count, hn::LoadU(Sums(), counts[row] + column + i));
      }
      for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
        const std::int16_t* const values =
            source.At(channel, tile.x + voting.offset.dx + column, tile.y + voting.offset.dy + row);
        std::uint16_t* const sum = sums->rows[channel][row] + column;
        const auto value = hn::BitCast(Sums(), hn::LoadU(hn::RebindToSigned<Sums>(), values));
        hn::Store(hn::Add(hn::Load(Sums(), sum), hn::Mul(count, value)), Sums(), sum);
      }
    }
  }
}

}  // namespace weft::deflicker::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft::deflicker {
namespace {

HWY_EXPORT(AddVotes);

// Which offset each voter of a tile has. Offsets come in runs, so most are the one before.
class VoterReader {
 public:
  explicit VoterReader(const OffsetField& field) : field_(field) {
    std::fill(std::begin(slots_), std::end(slots_), kNobody);
  }

  void Read(const VoteTile& tile, Voters* voters) {
    for (const std::uint32_t slot : used_slots_) {
      slots_[slot] = kNobody;
    }
    used_slots_.clear();
    voters->list.clear();
    const int rows = kTileRows + 2 * tile.radius;
    for (int row = 0; row < rows; ++row) {
      std::uint16_t* const indices = voters->offsets[row];
      std::fill(indices, indices + kVoterColumns, kNobody);
      const int y = tile.y - tile.radius + row;
      if (y < 0 || y >= field_.height) {
        continue;
      }
      const int begin = std::max(0, tile.radius - tile.x);
      const int end = std::min(kTileColumns + 2 * tile.radius, field_.width - tile.x + tile.radius);
      const Offset* const offsets = &field_.offsets[field_.Index(tile.x - tile.radius + begin, y)];
      std::uint16_t index = kNobody;
      for (int column = begin; column < end; ++column) {
        const Offset offset = offsets[column - begin];
        if (index == kNobody || offset != voters->list[index].offset) {
          index = IndexOf(offset, row, column, voters);
        }
        indices[column] = index;
        VotingOffset& voting = voters->list[index];
        voting.row_end = row + 1;
        voting.column_begin = std::min(voting.column_begin, column);
        voting.column_end = std::max(voting.column_end, column + 1);
      }
    }
  }

 private:
  static constexpr int kBits = 13;  // Twice the voters of a tile and more: never full.
  static constexpr std::uint32_t kSlots = 1U << kBits;

  std::uint16_t IndexOf(Offset offset, int row, int column, Voters* voters) {
    for (std::uint32_t slot = HashOf(offset) >> (32 - kBits);; slot = (slot + 1) % kSlots) {
      if (slots_[slot] == kNobody) {
        slots_[slot] = static_cast<std::uint16_t>(voters->list.size());
        used_slots_.push_back(slot);
        voters->list.push_back({offset, row, row, column, column});
        return slots_[slot];
      }
      if (voters->list[slots_[slot]].offset == offset) {
        return slots_[slot];
      }
    }
  }

  const OffsetField& field_;
  std::uint16_t slots_[kSlots] = {};
  std::vector<std::uint32_t> used_slots_;
};

// Pixels of 0 .. size-1 that are at most `radius` away from x.
int Neighbours(int x, int radius, int size) {
  return std::min(x + radius, size - 1) - std::max(x - radius, 0) + 1;
}

// sums / counts, rounded to nearest, halves up. The quarter keeps the product clear of whole
// numbers that it should reach: it moves it by less than the nearest other quotient is away.
void Divide(const std::uint16_t* sums,
            const float* halves,
            const float* reciprocals,
            int width,
            std::int16_t* means) {
  for (int x = 0; x < width; ++x) {
    means[x] =
        static_cast<std::int16_t>((static_cast<float>(sums[x]) + halves[x]) * reciprocals[x]);
  }
}

void WriteMeans(const VoteSums& sums, const VoteTile& tile, MatchPlanes* voted) {
  const int width = std::min(kTileColumns, voted->Width() - tile.x);
  const int height = std::min(kTileRows, voted->Height() - tile.y);
  for (int row = 0; row < height; ++row) {
    const int rows = Neighbours(tile.y + row, tile.radius, voted->Height());
    float halves[kTileColumns];
    float reciprocals[kTileColumns];
    for (int column = 0; column < width; ++column) {
      const int count = rows * Neighbours(tile.x + column, tile.radius, voted->Width());
      const int half = count / 2;
      halves[column] = static_cast<float>(half) + 0.25F;
      reciprocals[column] = 1.0F / static_cast<float>(count);
    }
    for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
      Divide(sums.rows[channel][row], halves, reciprocals, width,
             voted->At(channel, tile.x, tile.y + row));
    }
  }
}

}  // namespace

MatchPlanes Vote(const MatchPlanes& source, const OffsetField& field, int radius) {
  assert(source.Width() == field.width && source.Height() == field.height);
  assert(radius >= 0 && radius <= kVoteRadiusMax);
  MatchPlanes voted(source.Width(), source.Height());
  VoterReader reader(field);
  Voters voters;
  VoteSums sums = {};
  for (int y = 0; y < field.height; y += kTileRows) {
    for (int x = 0; x < field.width; x += kTileColumns) {
      const VoteTile tile = {x, y, radius};
      reader.Read(tile, &voters);
      std::memset(&sums, 0, sizeof(sums));
      for (std::size_t i = 0; i < voters.list.size(); ++i) {
        HWY_DYNAMIC_DISPATCH(AddVotes)
        (source, voters, static_cast<std::uint16_t>(i), tile, &sums);
      }
      WriteMeans(sums, tile, &voted);
    }
  }
  voted.FillMargin();
  return voted;
}

}  // namespace weft::deflicker
#endif  // HWY_ONCE
