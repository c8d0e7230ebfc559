// Whose keys and values a frame's self-attention reads.

#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "worker/models/aten.h"

namespace weft::models {

struct KeysValues {
  at::Tensor keys;  // [tokens, width], or [samples, tokens, width]
  at::Tensor values;
};

// Keys and values that frames left in every self-attention layer, for others to read.
class FrameMemory {
 public:
  static constexpr int kSides = 2;  // Negative, positive.
  using Sides = std::array<KeysValues, kSides>;

  void Clear() { layers_.clear(); }
  // own: [tokens, width].
  void Store(int layer, int frame, int side, const KeysValues& own);
  // REQUIRES: stored before.
  [[nodiscard]] const KeysValues& At(int layer, int frame, int side) const;

  // What the frame left, [layer], which is shared and not copied; empty: nothing.
  [[nodiscard]] std::vector<Sides> Of(int frame) const;
  void Put(int frame, const std::vector<Sides>& layers);

 private:
  // Makes room.
  Sides& Place(int layer, int frame);

  std::vector<std::vector<Sides>> layers_;  // [layer][frame]
};

// A run of samples of a batch, counted from the one that reads them.
struct Mates {
  int from = 0;
  int count = 1;

  friend bool operator==(const Mates& a, const Mates& b) {
    return a.from == b.from && a.count == b.count;
  }
};

// Whose keys and values one sample of a batch reads, in this order; all are of its own side.
struct SampleLinks {
  int side = 0;
  Mates mates;             // Of the same batch; as it stands, itself.
  std::vector<int> reads;  // From the memory.
  int writes = -1;         // Where it leaves its own before anyone reads; -1: nowhere.

  friend bool operator==(const SampleLinks& a, const SampleLinks& b) {
    return a.side == b.side && a.mates == b.mates && a.reads == b.reads && a.writes == b.writes;
  }
};

struct JointAttention {
  FrameMemory& memory;
  std::vector<SampleLinks> samples;  // One a sample of the batch.
};

// Consecutive samples of a batch.
struct SampleRun {
  std::int64_t first = 0;
  std::int64_t count = 1;
};

// Leaves what the samples of a batch leave.  batch: [samples, tokens, width].
void Remember(const KeysValues& batch, int layer, JointAttention& joint);

// The samples from `first` on that read as many keys and values as it does, and together not more
// than `tokens_max`; at least one.  batch: as Remember()'s.
SampleRun RunFrom(std::int64_t first,
                  std::int64_t tokens_max,
                  const KeysValues& batch,
                  const JointAttention& joint);

// All that each sample of a run reads, one behind the other: [run.count, tokens, width].
// batch: as Remember()'s. REQUIRES: the run is RunFrom()'s, or part of it; Remember() was called.
KeysValues Gather(const KeysValues& batch,
                  const SampleRun& run,
                  int layer,
                  const JointAttention& joint);

}  // namespace weft::models
