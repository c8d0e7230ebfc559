// Sixteen floats side by side, for the few loops over a CPU's data that LibTorch 1.13 does slowly
// or inexactly. GCC splits or joins them to what the CPU has; products and sums stay separate, so
// every x86-64 CPU gives the same bits.

#pragma once

#include <cstdint>
#include <cstring>

namespace weft::models {

constexpr int kLanes = 16;
using Lanes = float __attribute__((vector_size(kLanes * sizeof(float))));
using LaneBits = std::int32_t __attribute__((vector_size(kLanes * sizeof(std::int32_t))));

// In front of a function that uses Lanes: compiled for each kind of CPU, chosen when the program
// starts. What it calls must be always_inline, and take Lanes by reference: as arguments, vectors
// have no calling convention that all CPUs share.
#define WEFT_EVERY_CPU [[gnu::target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")]]

// Within, exp(x) and its factors are normal numbers.
constexpr float kExpLimit = 87.0F;

// x becomes exp(x), to about one unit in the last place. REQUIRES: -kExpLimit <= x <= kExpLimit.
// Vector, Bits: Lanes and LaneBits, or halves of them.
// Cephes' expf, by Stephen Moshier.
template <typename Vector, typename Bits>
[[gnu::always_inline]] inline void ExpWithin(Vector& x) {
  constexpr float kLog2E = 1.44269504088896341F;
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to a whole number.
  constexpr int kExponentShift = 23;
  const Vector shifted = x * kLog2E + kRound;
  const Vector whole = shifted - kRound;
  const Vector r = x - whole * kLn2High - whole * kLn2Low;
  Vector p = r * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  Bits bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  Bits result;
  std::memcpy(&result, &p, sizeof result);
  // The low bits of `shifted` are the power of two.
  result += bits << kExponentShift;
  std::memcpy(&x, &result, sizeof x);
}

// The same for any x; what is outside of the limits counts as they do.
[[gnu::always_inline]] inline void Exp(Lanes& x) {
  const Lanes limit = Lanes{} + kExpLimit;
  x = x > -limit ? x : -limit;
  x = x < limit ? x : limit;
  ExpWithin<Lanes, LaneBits>(x);
}

// The same for x that is at most 0.
[[gnu::always_inline]] inline void ExpOfNegative(Lanes& x) {
  const Lanes limit = Lanes{} - kExpLimit;
  x = x > limit ? x : limit;
  ExpWithin<Lanes, LaneBits>(x);
}

// ---- by halves: where a CPU has no vectors of sixteen, GCC 12 compares, chooses and shifts them
// float by float. The results are the same.

using HalfLanes = float __attribute__((vector_size(kLanes / 2 * sizeof(float))));
using HalfLaneBits = std::int32_t __attribute__((vector_size(kLanes / 2 * sizeof(std::int32_t))));

// The greater ones; where either is NaN, b.
[[gnu::always_inline]] inline void GreaterByHalves(const Lanes& a, const Lanes& b, Lanes& greater) {
  HalfLanes halves_a[2];
  HalfLanes halves_b[2];
  std::memcpy(halves_a, &a, sizeof a);
  std::memcpy(halves_b, &b, sizeof b);
  for (int half = 0; half < 2; ++half) {
    halves_a[half] = halves_a[half] > halves_b[half] ? halves_a[half] : halves_b[half];
  }
  std::memcpy(&greater, halves_a, sizeof greater);
}

[[gnu::always_inline]] inline void ExpOfNegativeByHalves(Lanes& x) {
  const HalfLanes limit = HalfLanes{} - kExpLimit;
  HalfLanes halves[2];
  std::memcpy(halves, &x, sizeof x);
  for (HalfLanes& half : halves) {
    half = half > limit ? half : limit;
    ExpWithin<HalfLanes, HalfLaneBits>(half);
  }
  std::memcpy(&x, halves, sizeof x);
}

[[gnu::always_inline]] inline void Load(const float* from, Lanes& to) {
  std::memcpy(&to, from, sizeof to);
}

[[gnu::always_inline]] inline void Store(const Lanes& from, float* to) {
  std::memcpy(to, &from, sizeof from);
}

// The highest of the lanes, by halves.
[[gnu::always_inline]] inline float Highest(const Lanes& lanes) {
  Lanes x = lanes;
  Lanes y = __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
  x = x > y ? x : y;
  y = __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3);
  x = x > y ? x : y;
  y = __builtin_shufflevector(x, x, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1);
  x = x > y ? x : y;
  return x[0] > x[1] ? x[0] : x[1];
}

}  // namespace weft::models
