#include "worker/deflicker/remap.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "worker/deflicker/instruction_sets.h"

namespace weft::deflicker {
namespace {

constexpr int kChannels = PaddedImage::kChannels;
constexpr int kRunMax =
    32;  // Longer ones are cut: the weights of every length are kept in a table.

// Neighbouring pixels of one row that match neighbouring pixels of one row of the source. All their
// patches together read one stretch of each source row, so they vote as one.
struct Run {
  int x = 0;
  int length = 0;
  Position match;  // Of the first pixel.
};

std::vector<Run> RunsOfRow(const Field& field, int y) {
  std::vector<Run> runs;
  for (int x = 0; x < field.Width(); ++x) {
    const Position match = field.At(x, y);
    const bool goes_on = !runs.empty() && runs.back().length < kRunMax &&
                         match.y == runs.back().match.y &&
                         match.x - runs.back().match.x == runs.back().length;
    if (goes_on) {
      ++runs.back().length;
    } else {
      runs.push_back({x, 1, match});
    }
  }
  return runs;
}

// For runs of every length: how many of the run's patches cover each pixel of their stretch of a
// row, once for each channel.
class RunWeights {
 public:
  explicit RunWeights(int patch_size) : radius_(patch_size / 2) {
    for (int length = 1; length <= kRunMax; ++length) {
      const int stretch = length + patch_size - 1;
      std::vector<std::int16_t>& weights = weights_.emplace_back();
      for (int x = 0; x < stretch; ++x) {
        const int covering = std::min({x + 1, stretch - x, length, patch_size});
        weights.insert(weights.end(), kChannels, static_cast<std::int16_t>(covering));
      }
    }
  }

  [[nodiscard]] int Radius() const { return radius_; }

  [[nodiscard]] const std::vector<std::int16_t>& Of(int length) const {
    return weights_[static_cast<std::size_t>(length - 1)];
  }

 private:
  int radius_;
  std::vector<std::vector<std::int16_t>> weights_;
};

// Adds what one row of the field says about the row of the target `rows_below_voter` below it.
WEFT_FOR_EVERY_VECTOR_UNIT void AddVotes(const PaddedImage& source,
                                         const std::vector<Run>& runs,
                                         const RunWeights& weights,
                                         int rows_below_voter,
                                         std::int32_t* sums) {
  for (const Run& run : runs) {
    const std::vector<std::int16_t>& covering = weights.Of(run.length);
    const std::int16_t* const values =
        source.At(run.match.x - weights.Radius(), run.match.y + rows_below_voter);
    std::int32_t* const run_sums = sums + run.x * std::ptrdiff_t{kChannels};
    const std::size_t count = covering.size();
    for (std::size_t i = 0; i < count; ++i) {
      run_sums[i] += values[i] * covering[i];
    }
  }
}

// sum / count, rounded to nearest, without a division for each value.
class RoundedMean {
 public:
  explicit RoundedMean(int count)
      : half_(static_cast<std::uint32_t>(count) / 2),
        reciprocal_((std::uint64_t{1} << kShift) / static_cast<std::uint32_t>(count) + 1) {}

  // Exact while sum * count < 2^32; a patch's sum is below 2^17 and its count below 2^9.
  [[nodiscard]] std::int16_t operator()(std::int32_t sum) const {
    return static_cast<std::int16_t>((static_cast<std::uint32_t>(sum) + half_) * reciprocal_ >>
                                     kShift);
  }

 private:
  static constexpr int kShift = 32;
  std::uint64_t half_;
  std::uint64_t reciprocal_;
};

// Pixels of 0 .. size-1 that are at most `radius` away from x.
int Neighbours(int x, int radius, int size) {
  return std::min(x + radius, size - 1) - std::max(x - radius, 0) + 1;
}

// One row of means from the sums, which have a margin of `radius` pixels on each side.
void WriteMeans(const std::vector<std::int32_t>& sums,
                int radius,
                int voting_rows,
                int width,
                std::int16_t* row) {
  std::vector<RoundedMean> means;  // By the number of columns that vote, from 1.
  for (int columns = 1; columns <= 2 * radius + 1; ++columns) {
    means.emplace_back(columns * voting_rows);
  }
  const std::int32_t* sum = sums.data() + radius * std::ptrdiff_t{kChannels};
  for (int x = 0; x < width; ++x) {
    const RoundedMean& mean = means[static_cast<std::size_t>(Neighbours(x, radius, width) - 1)];
    for (int channel = 0; channel < kChannels; ++channel) {
      *row++ = mean(*sum++);
    }
  }
}

}  // namespace

PaddedImage Remap(const PaddedImage& source, const Field& field, int patch_size) {
  const RunWeights weights(patch_size);
  const int radius = weights.Radius();
  assert(source.Width() == field.Width() && source.Height() == field.Height());
  assert(patch_size % 2 == 1 && radius <= source.Padding());
  std::vector<std::vector<Run>> runs;
  runs.reserve(static_cast<std::size_t>(field.Height()));
  for (int y = 0; y < field.Height(); ++y) {
    runs.push_back(RunsOfRow(field, y));
  }

  PaddedImage remapped(source.Width(), source.Height(), source.Padding());
  // Runs reach over the edges: the sums have a margin too.
  std::vector<std::int32_t> sums(
      static_cast<std::size_t>((field.Width() + 2 * radius) * kChannels));
  for (int y = 0; y < field.Height(); ++y) {
    std::fill(sums.begin(), sums.end(), 0);
    const int first = std::max(y - radius, 0);
    const int last = std::min(y + radius, field.Height() - 1);
    for (int voter = first; voter <= last; ++voter) {
      AddVotes(source, runs[static_cast<std::size_t>(voter)], weights, y - voter, sums.data());
    }
    WriteMeans(sums, radius, last - first + 1, field.Width(), remapped.At(0, y));
  }
  remapped.FillMargin();
  return remapped;
}

}  // namespace weft::deflicker
