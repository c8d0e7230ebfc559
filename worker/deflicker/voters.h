// Which pixels of a block vote for which offset.

#pragma once

#include <cstdint>
#include <vector>

#include "worker/deflicker/match_planes.h"
#include "worker/deflicker/tile_field.h"
#include "worker/deflicker/tile_vote.h"

namespace weft::deflicker {

// Pixels that vote together, and reach what is at most `radius` around them. As wide as the
// search's tiles with patches of that radius, so that a block has few offsets.
struct VoteBlock {
  int x = 0;  // The first pixel.
  int y = 0;
  int width = 0;   // 1 .. kTileColumns - 2 * radius
  int height = 0;  // 1 .. kTileRows
  int radius = 0;
};

constexpr int kVoterRowsMax = kTileRows + 4 * kVoteRadiusMax;
constexpr int kVoterColumns =
    kTileColumns + 32;  // A vector that begins with the last one ends before.
constexpr std::uint16_t kNobody = 0xffff;

// One offset of those that a block votes for, and where its voters are, in rows and columns of
// Voters.
struct VotingOffset {
  Offset offset;
  int row_begin = 0;
  int row_end = 0;
  int column_begin = 0;
  int column_end = 0;
};

// Row and column 2 * radius are the block's first pixel; around the block there is nobody. So row r
// of what is reached is voted on by rows r to r + 2 * radius; columns alike.
struct Voters {
  alignas(64) std::uint16_t offsets[kVoterRowsMax][kVoterColumns] = {};  // Indices; or kNobody.
  std::vector<VotingOffset> list;
};

// Which offset each voter of a block has. Offsets come in runs.
class VoterReader {
 public:
  // field: outlives the reader.
  explicit VoterReader(const OffsetField& field);

  // In the place of *voters. REQUIRES: block.radius <= kVoteRadiusMax.
  void Read(const VoteBlock& block, Voters* voters);

 private:
  static constexpr int kBits = 11;  // Twice the voters of a block: never more than half full.
  static constexpr std::uint32_t kSlots = 1U << kBits;
  static_assert(kSlots == 2 * kTileRows * kTileColumns);

  struct Run {
    int row = 0;
    int begin = 0;
    int end = 0;
  };

  void ReadRow(const Offset* offsets, Run row, Voters* voters);
  void AddRun(Offset offset, const Run& run, Voters* voters);
  std::uint16_t IndexOf(Offset offset, const Run& run, Voters* voters);

  const OffsetField& field_;
  std::uint16_t slots_[kSlots] = {};
  std::vector<std::uint32_t> used_slots_;
};

}  // namespace weft::deflicker
