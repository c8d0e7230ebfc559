// Sixteen floats side by side, for the few loops over a CPU's data that LibTorch 1.13 does slowly
// or inexactly. GCC splits or joins them to what the CPU has; products and sums stay separate, so
// every x86-64 CPU gives the same bits, but for files that CMakeLists.txt compiles with fused
// multiply-adds (direct_kernel.cc, tiled_attention.cc).

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

// ---- eight floats: what a CPU without vectors of sixteen has. GCC 12 keeps a vector that the CPU
// has not in pieces, in memory, and where it compares, shifts or carries one through a loop, that
// takes five to ten times as long. Loops that matter there are templates of the vector; every
// lane's results are the same with either.

using HalfLanes = float __attribute__((vector_size(kLanes / 2 * sizeof(float))));
using HalfLaneBits = std::int32_t __attribute__((vector_size(kLanes / 2 * sizeof(std::int32_t))));

// Whether the CPU has all of x86-64-v4, and so registers for Lanes.
inline bool HasWideVectors() {
#if defined(__x86_64__)
  // Reads what the processor says.  NOLINTBEGIN(concurrency-mt-unsafe)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
  // NOLINTEND(concurrency-mt-unsafe)
#else
  return false;
#endif
}

// In front of the two functions that call such a loop: the one with Lanes, for HasWideVectors(),
// and the one with HalfLanes.
#define WEFT_WIDE_CPU [[gnu::target("arch=x86-64-v4")]]
#define WEFT_OTHER_CPU [[gnu::target_clones("arch=x86-64-v3", "default")]]

template <typename Vector>
struct BitsOf;
template <>
struct BitsOf<Lanes> {
  using Type = LaneBits;
};
template <>
struct BitsOf<HalfLanes> {
  using Type = HalfLaneBits;
};

// Floats of a vector.
template <typename Vector>
constexpr int kFloats = sizeof(Vector) / sizeof(float);

// ---- for both

// x becomes exp(x), for any x; what is outside of the limits counts as they do.
template <typename Vector>
[[gnu::always_inline]] inline void Exp(Vector& x) {
  const Vector limit = Vector{} + kExpLimit;
  x = x > -limit ? x : -limit;
  x = x < limit ? x : limit;
  ExpWithin<Vector, typename BitsOf<Vector>::Type>(x);
}

// The same for x that is at most 0.
template <typename Vector>
[[gnu::always_inline]] inline void ExpOfNegative(Vector& x) {
  const Vector limit = Vector{} - kExpLimit;
  x = x > limit ? x : limit;
  ExpWithin<Vector, typename BitsOf<Vector>::Type>(x);
}

template <typename Vector>
[[gnu::always_inline]] inline void Load(const float* from, Vector& to) {
  std::memcpy(&to, from, sizeof to);
}

template <typename Vector>
[[gnu::always_inline]] inline void Store(const Vector& from, float* to) {
  std::memcpy(to, &from, sizeof from);
}

// ---- bfloat16, as bits: the upper half of a float32

constexpr unsigned kBfloat16Bits = 16;

// Of as many elements as a vector of floats.
template <typename Vector>
struct WordsOf;
template <>
struct WordsOf<Lanes> {
  using Whole = std::uint32_t __attribute__((vector_size(kLanes * sizeof(std::uint32_t))));
  using Half = std::uint16_t __attribute__((vector_size(kLanes * sizeof(std::uint16_t))));
};
template <>
struct WordsOf<HalfLanes> {
  using Whole = std::uint32_t __attribute__((vector_size(kLanes / 2 * sizeof(std::uint32_t))));
  using Half = std::uint16_t __attribute__((vector_size(kLanes / 2 * sizeof(std::uint16_t))));
};

template <typename Vector>
[[gnu::always_inline]] inline void LoadBfloat16(const std::uint16_t* from, Vector& to) {
  typename WordsOf<Vector>::Half half;
  std::memcpy(&half, from, sizeof half);
  const auto whole = __builtin_convertvector(half, typename WordsOf<Vector>::Whole)
                     << kBfloat16Bits;
  std::memcpy(&to, &whole, sizeof to);
}

// To the nearest, halves to even; finite values only, and those that a sum of finite ones gives.
template <typename Words>
[[gnu::always_inline]] inline void RoundToBfloat16(Words& bits) {
  constexpr std::uint32_t kBelowHalf = 0x7FFF;
  bits = (bits + kBelowHalf + (bits >> kBfloat16Bits & 1U)) >> kBfloat16Bits;
}

template <typename Vector>
[[gnu::always_inline]] inline void StoreBfloat16(const Vector& from, std::uint16_t* to) {
  typename WordsOf<Vector>::Whole bits;
  std::memcpy(&bits, &from, sizeof bits);
  RoundToBfloat16(bits);
  const auto half = __builtin_convertvector(bits, typename WordsOf<Vector>::Half);
  std::memcpy(to, &half, sizeof half);
}

inline float FromBfloat16(std::uint16_t half) {
  const std::uint32_t bits = static_cast<std::uint32_t>(half) << kBfloat16Bits;
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline std::uint16_t ToBfloat16(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  RoundToBfloat16(bits);
  return static_cast<std::uint16_t>(bits);
}

}  // namespace weft::models
