#include "worker/deflicker/voters.h"

#include <algorithm>
#include <iterator>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/deflicker/voters.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

#ifndef WEFT_WORKER_DEFLICKER_VOTERS_TYPES
#define WEFT_WORKER_DEFLICKER_VOTERS_TYPES
namespace weft::deflicker {

// Bit c of a row is set where pixel c + 1 has another offset than pixel c.
struct RunEnds {
  static constexpr int kWord = 64;
  std::uint64_t bits[kTileColumns / kWord];
};

}  // namespace weft::deflicker
#endif  // WEFT_WORKER_DEFLICKER_VOTERS_TYPES

HWY_BEFORE_NAMESPACE();
namespace weft::deflicker::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// REQUIRES: 0 < count <= kTileColumns; *ends is empty.
void FindRuns(const Offset* row, int count, RunEnds* ends) {
  using Keys = hn::CappedTag<std::uint32_t, 16>;
  constexpr int kKeys = static_cast<int>(hn::MaxLanes(Keys()));
  const auto set = [&](int column, std::uint64_t bits) {
    ends->bits[column / RunEnds::kWord] |= bits << column % RunEnds::kWord;
  };
  const auto keys = [&](int column) {
    return hn::LoadU(Keys(), reinterpret_cast<const std::uint32_t*>(row + column));
  };
  int column = 0;
  for (; column + kKeys < count; column += kKeys) {
    std::uint8_t mask[8] = {};  // As many as are written at least; those beyond the vector are 0.
    hn::StoreMaskBits(Keys(), hn::Ne(keys(column), keys(column + 1)), mask);
    set(column, mask[0] | std::uint64_t{mask[1]} << 8);
  }
  for (; column + 1 < count; ++column) {
    set(column, row[column] != row[column + 1] ? 1 : 0);
  }
}

}  // namespace weft::deflicker::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft::deflicker {
namespace {

HWY_EXPORT(FindRuns);

}  // namespace

VoterReader::VoterReader(const OffsetField& field) : field_(field) {
  std::fill(std::begin(slots_), std::end(slots_), kNobody);
}

void VoterReader::Read(const VoteBlock& block, Voters* voters) {
  for (const std::uint32_t slot : used_slots_) {
    slots_[slot] = kNobody;
  }
  used_slots_.clear();
  voters->list.clear();
  const int around = 2 * block.radius;
  for (int row = 0; row < block.height + 2 * around; ++row) {
    std::uint16_t* const indices = voters->offsets[row];
    if (row < around || row >= around + block.height) {
      std::fill(indices, indices + kVoterColumns, kNobody);
      continue;
    }
    std::fill(indices, indices + around, kNobody);
    ReadRow(&field_.offsets[field_.Index(block.x, block.y + row - around)],
            {row, around, around + block.width}, voters);
    std::fill(indices + around + block.width, indices + kVoterColumns, kNobody);
  }
}

// offsets: of the row's voters.
void VoterReader::ReadRow(const Offset* offsets, Run row, Voters* voters) {
  RunEnds ends = {};
  HWY_DYNAMIC_DISPATCH(FindRuns)(offsets, row.end - row.begin, &ends);
  Run run = {row.row, row.begin, row.begin};
  for (int word = 0; word < kTileColumns / RunEnds::kWord; ++word) {
    for (std::uint64_t bits = ends.bits[word]; bits != 0; bits &= bits - 1) {
      run.end = row.begin + word * RunEnds::kWord + __builtin_ctzll(bits) + 1;
      AddRun(offsets[run.begin - row.begin], run, voters);
      run.begin = run.end;
    }
  }
  run.end = row.end;
  AddRun(offsets[run.begin - row.begin], run, voters);
}

void VoterReader::AddRun(Offset offset, const Run& run, Voters* voters) {
  const std::uint16_t index = IndexOf(offset, run, voters);
  // More than the run, in one go: what is to the right is written later.
  constexpr int kAtOnce = 32;
  std::uint16_t* const indices = voters->offsets[run.row];
  for (int column = run.begin; column < run.end; column += kAtOnce) {
    std::fill_n(indices + column, kAtOnce, index);
  }
  VotingOffset& voting = voters->list[index];
  voting.row_end = run.row + 1;
  voting.column_begin = std::min(voting.column_begin, run.begin);
  voting.column_end = std::max(voting.column_end, run.end);
}

std::uint16_t VoterReader::IndexOf(Offset offset, const Run& run, Voters* voters) {
  for (std::uint32_t slot = HashOf(offset) >> (32 - kBits);; slot = (slot + 1) % kSlots) {
    if (slots_[slot] == kNobody) {
      slots_[slot] = static_cast<std::uint16_t>(voters->list.size());
      used_slots_.push_back(slot);
      voters->list.push_back({offset, run.row, run.row + 1, run.begin, run.end});
      return slots_[slot];
    }
    if (voters->list[slots_[slot]].offset == offset) {
      return slots_[slot];
    }
  }
}

}  // namespace weft::deflicker
#endif  // HWY_ONCE
