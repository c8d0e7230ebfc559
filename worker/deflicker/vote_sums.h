// What a block of voters says of the pixels that it reaches, with the widest vectors that the
// processor has.

#pragma once

#include <cstddef>
#include <cstdint>

#include "worker/deflicker/match_planes.h"
#include "worker/deflicker/tile_field.h"
#include "worker/deflicker/tile_vote.h"
#include "worker/deflicker/voters.h"

namespace weft::deflicker {

constexpr int kReachedRowsMax = kTileRows + 2 * kVoteRadiusMax;

// What a block said, summed up: row and column `radius` are its first pixel. Vectors that begin
// anywhere in the columns reached may end beyond.
struct VoteSums {
  alignas(64) std::uint16_t rows[kReachedRowsMax][MatchPlanes::kChannels][kTileColumns + 32];
};

// Adds all votes of a block at once. False: this processor, or the block's radius, is none for
// that; nothing was done.
bool AddAllVotes(const MatchPlanes& source,
                 const OffsetField& field,
                 const VoteBlock& block,
                 VoteSums* sums);

// Adds all votes for one offset, that of voters.list[index]. REQUIRES: `voters` was read from
// `block`.
void AddVotesFor(std::uint16_t index,
                 const Voters& voters,
                 const MatchPlanes& source,
                 const VoteBlock& block,
                 VoteSums* sums);

// Adds the first `rows` rows, all kTileColumns columns, to those of a band, `pitch` values from one
// row of a channel to the next.
void AddToBand(const VoteSums& sums, int rows, std::ptrdiff_t pitch, std::uint16_t* band);

// The means of a row of sums of so many votes each, rounded to nearest, halves up. Whole vectors
// are read and written: up to 31 values more. REQUIRES: votes >= 2.
void DivideVotes(const std::uint16_t* sums, int width, int votes, std::int16_t* means);

}  // namespace weft::deflicker
