#include "worker/models/group_norm.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "worker/models/lanes.h"

namespace weft::models {
namespace {

constexpr int kChannelsMax = 4096;

// Cells whose sum is taken in single precision before it goes into the double.
constexpr std::int64_t kBlock = 64;

// What lies in memory, in float32 and back.
template <typename Vector>
[[gnu::always_inline]] inline void LoadCells(const float* from, Vector& to) {
  Load(from, to);
}

template <typename Vector>
[[gnu::always_inline]] inline void LoadCells(const std::uint16_t* from, Vector& to) {
  LoadBfloat16(from, to);
}

template <typename Vector>
[[gnu::always_inline]] inline void StoreCells(const Vector& from, float* to) {
  Store(from, to);
}

template <typename Vector>
[[gnu::always_inline]] inline void StoreCells(const Vector& from, std::uint16_t* to) {
  StoreBfloat16(from, to);
}

struct Range {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

// Adds to sums[c], for each of some channels, the sum over all cells of x - centre[c], or of its
// square.
template <bool Square, typename Element>
[[gnu::always_inline]] inline void SumChannels(const CellRows<Element>& picture,
                                               const Range& channels,
                                               const float* centre,
                                               double* sums) {
  for (std::int64_t begin = 0; begin < picture.cells; begin += kBlock) {
    const std::int64_t end = std::min(begin + kBlock, picture.cells);
    for (std::int64_t first = channels.begin; first < channels.end; first += kLanes) {
      Lanes middle;
      Load(centre + first, middle);
      Lanes sum = {};
      for (std::int64_t cell = begin; cell < end; ++cell) {
        Lanes x;
        LoadCells(picture.values + cell * picture.channels + first, x);
        x -= middle;
        sum += Square ? x * x : x;
      }
      for (int lane = 0; lane < kLanes; ++lane) {
        sums[first + lane] += static_cast<double>(sum[lane]);
      }
    }
  }
}

WEFT_EVERY_CPU void SumValues(const CellRows<float>& picture,
                              const Range& channels,
                              const float* centre,
                              double* sums) {
  SumChannels<false>(picture, channels, centre, sums);
}

WEFT_EVERY_CPU void SumValues(const CellRows<std::uint16_t>& picture,
                              const Range& channels,
                              const float* centre,
                              double* sums) {
  SumChannels<false>(picture, channels, centre, sums);
}

WEFT_EVERY_CPU void SumSquares(const CellRows<float>& picture,
                               const Range& channels,
                               const float* centre,
                               double* sums) {
  SumChannels<true>(picture, channels, centre, sums);
}

WEFT_EVERY_CPU void SumSquares(const CellRows<std::uint16_t>& picture,
                               const Range& channels,
                               const float* centre,
                               double* sums) {
  SumChannels<true>(picture, channels, centre, sums);
}

// out = (x - centre) * scale + shift, then SiLU. Per channel.
template <typename Vector, typename Element>
[[gnu::always_inline]] inline void Change(const CellRows<Element>& picture,
                                          const std::array<const float*, 3>& centre_scale_shift,
                                          bool silu,
                                          Element* out) {
  const auto [centre, scale, shift] = centre_scale_shift;
  for (std::int64_t cell = 0; cell < picture.cells; ++cell) {
    for (int first = 0; first < picture.channels; first += kFloats<Vector>) {
      const std::int64_t at = cell * picture.channels + first;
      Vector x;
      Vector other;
      LoadCells(picture.values + at, x);
      Load(centre + first, other);
      x -= other;
      Load(scale + first, other);
      x *= other;
      Load(shift + first, other);
      x += other;
      if (silu) {
        other = -x;
        Exp(other);
        x /= other + 1.0F;
      }
      StoreCells(x, out + at);
    }
  }
}

WEFT_WIDE_CPU void ChangeWide(const CellRows<float>& picture,
                              const std::array<const float*, 3>& centre_scale_shift,
                              bool silu,
                              float* out) {
  Change<Lanes>(picture, centre_scale_shift, silu, out);
}

WEFT_WIDE_CPU void ChangeWide(const CellRows<std::uint16_t>& picture,
                              const std::array<const float*, 3>& centre_scale_shift,
                              bool silu,
                              std::uint16_t* out) {
  Change<Lanes>(picture, centre_scale_shift, silu, out);
}

WEFT_OTHER_CPU void ChangeNarrow(const CellRows<float>& picture,
                                 const std::array<const float*, 3>& centre_scale_shift,
                                 bool silu,
                                 float* out) {
  Change<HalfLanes>(picture, centre_scale_shift, silu, out);
}

WEFT_OTHER_CPU void ChangeNarrow(const CellRows<std::uint16_t>& picture,
                                 const std::array<const float*, 3>& centre_scale_shift,
                                 bool silu,
                                 std::uint16_t* out) {
  Change<HalfLanes>(picture, centre_scale_shift, silu, out);
}

// Each group's mean of `sums`, which are sums over `cells` cells.
std::vector<double> GroupMeans(const std::vector<double>& sums, int groups, std::int64_t cells) {
  const std::size_t width = sums.size() / static_cast<std::size_t>(groups);
  std::vector<double> means(static_cast<std::size_t>(groups), 0.0);
  for (std::size_t channel = 0; channel < sums.size(); ++channel) {
    means[channel / width] += sums[channel] / static_cast<double>(cells);
  }
  for (double& mean : means) {
    mean /= static_cast<double>(width);
  }
  return means;
}

}  // namespace

bool TakesChannels(int channels, int groups) {
  return channels % kLanes == 0 && channels <= kChannelsMax && channels % groups == 0;
}

template <typename Element>
void NormalizeGroups(const CellRows<Element>& picture,
                     const GroupNormParameters& norm,
                     const ShareWork& share,
                     Element* out) {
  constexpr std::int64_t kCellsGrain = 256;
  const auto channels = static_cast<std::size_t>(picture.channels);
  const std::size_t width = channels / static_cast<std::size_t>(norm.groups);
  std::vector<float> centre(channels, 0.0F);
  std::vector<double> sums(channels, 0.0);
  using Sum = void (*)(const CellRows<Element>&, const Range&, const float*, double*);
  const auto sum_up = [&](Sum sum) {
    share(picture.channels / kLanes, 1, [&](std::int64_t begin, std::int64_t end) {
      sum(picture, {begin * kLanes, end * kLanes}, centre.data(), sums.data());
    });
  };
  sum_up(SumValues);
  const std::vector<double> means = GroupMeans(sums, norm.groups, picture.cells);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    centre[channel] = static_cast<float>(means[channel / width]);
  }
  std::fill(sums.begin(), sums.end(), 0.0);
  sum_up(SumSquares);
  const std::vector<double> variances = GroupMeans(sums, norm.groups, picture.cells);
  std::vector<float> scale(channels);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    scale[channel] =
        static_cast<float>(norm.weight[channel] / std::sqrt(variances[channel / width] + norm.eps));
  }
  share(picture.cells, kCellsGrain, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t first = begin * picture.channels;
    const CellRows<Element> rows = {picture.values + first, end - begin, picture.channels};
    const std::array<const float*, 3> changes = {centre.data(), scale.data(), norm.bias};
    HasWideVectors() ? ChangeWide(rows, changes, norm.silu, out + first)
                     : ChangeNarrow(rows, changes, norm.silu, out + first);
  });
}

template void NormalizeGroups(const CellRows<float>&,
                              const GroupNormParameters&,
                              const ShareWork&,
                              float*);
template void NormalizeGroups(const CellRows<std::uint16_t>&,
                              const GroupNormParameters&,
                              const ShareWork&,
                              std::uint16_t*);

}  // namespace weft::models
