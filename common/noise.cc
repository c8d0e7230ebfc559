#include "common/noise.h"

#include "common/inverse_normal.h"
#include "common/philox.h"

namespace weft {
namespace {

constexpr std::uint32_t Low(std::uint64_t x) {
  return static_cast<std::uint32_t>(x);
}

constexpr std::uint32_t High(std::uint64_t x) {
  return static_cast<std::uint32_t>(x >> 32U);
}

// Uniform in (0, 1), symmetric about 1/2: 52 random bits and a half, exactly.
double Uniform(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = (std::uint64_t{high} << 32U | low) >> 12U;
  return (static_cast<double>(bits) + 0.5) * 0x1p-52;
}

}  // namespace

std::vector<float> GaussianNoise(std::uint64_t seed, std::uint32_t stream, std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; i += 2) {
    const std::uint64_t pair = i / 2;
    const PhiloxBlock bits = Philox({Low(seed), High(seed)}, {Low(pair), High(pair), stream, 0});
    values[i] = static_cast<float>(InverseNormal(Uniform(bits[0], bits[1])));
    if (i + 1 < count) {
      values[i + 1] = static_cast<float>(InverseNormal(Uniform(bits[2], bits[3])));
    }
  }
  return values;
}

}  // namespace weft
