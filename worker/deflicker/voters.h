// Who votes on a tile, and for which offset.

#pragma once

#include <cstdint>
#include <vector>

#include "worker/deflicker/match_planes.h"
#include "worker/deflicker/tile_field.h"
#include "worker/deflicker/tile_vote.h"

namespace weft::deflicker {

constexpr int kVoterRowsMax = kTileRows + 2 * kVoteRadiusMax;
constexpr int kVoterColumns = 2 * kTileColumns;       // Those beyond the voters have nobody.
constexpr int kVoterColumnsRead = kTileColumns + 32;  // The last vector with a voter ends before.
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
  alignas(64) std::uint16_t offsets[kVoterRowsMax][kVoterColumns] = {};  // Indices; or kNobody.
  std::vector<VotingOffset> list;
};

struct VoteTile {
  int x = 0;
  int y = 0;
  int radius = 0;
};

// What was said of a tile's pixels, summed up. Vectors that begin anywhere in the tile may end
// beyond.
struct VoteSums {
  alignas(64) std::uint16_t rows[kTileRows][MatchPlanes::kChannels][kTileColumns + 32];
};

// Which offset each voter of a tile has. Offsets come in runs.
class VoterReader {
 public:
  // field: outlives the reader.
  explicit VoterReader(const OffsetField& field);

  // In the place of *voters. REQUIRES: tile.radius <= kVoteRadiusMax.
  void Read(const VoteTile& tile, Voters* voters);

 private:
  static constexpr int kBits = 13;  // Twice the voters of a tile and more: never full.
  static constexpr std::uint32_t kSlots = 1U << kBits;

  struct Run {
    int row = 0;
    int begin = 0;
    int end = 0;
  };

  void ReadRow(const Offset* offsets, Run rest, Voters* voters);
  void AddRun(Offset offset, const Run& run, Voters* voters);
  std::uint16_t IndexOf(Offset offset, const Run& run, Voters* voters);

  const OffsetField& field_;
  std::uint16_t slots_[kSlots] = {};
  std::vector<std::uint32_t> used_slots_;
};

}  // namespace weft::deflicker
