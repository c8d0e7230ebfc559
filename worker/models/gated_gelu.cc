#include "worker/models/gated_gelu.h"

#include <cassert>

#include "worker/models/lanes.h"

namespace weft::models {
namespace {

template <typename Vector>
[[gnu::always_inline]] inline void LoadLanes(const float* from, Vector& to) {
  Load(from, to);
}

[[gnu::always_inline]] inline void LoadLanes(const std::uint16_t* from, Lanes& to) {
  LoadBfloat16(from, to);
}

template <typename Vector>
[[gnu::always_inline]] inline void StoreLanes(const Vector& from, float* to) {
  Store(from, to);
}

[[gnu::always_inline]] inline void StoreLanes(const Lanes& from, std::uint16_t* to) {
  StoreBfloat16(from, to);
}

// x becomes x * (1 + erf(x / sqrt(2))) / 2. The error function's complement is Abramowitz and
// Stegun's 7.1.26, off by at most 1.5e-7; below 0 it is used as it is, without taking it from 1.
template <typename Vector>
[[gnu::always_inline]] inline void Gelu(Vector& x) {
  constexpr float kSqrtHalf = 0.70710678F;
  const Vector size = (x < 0.0F ? -x : x) * kSqrtHalf;
  const Vector t = 1.0F / (size * 0.3275911F + 1.0F);
  Vector half = t * 1.061405429F - 1.453152027F;
  half = half * t + 1.421413741F;
  half = half * t - 0.284496736F;
  half = half * t + 0.254829592F;
  Vector fall = -size * size;
  ExpOfNegative(fall);
  half *= t * fall * 0.5F * x;
  x = x < 0.0F ? half : x - half;
}

template <typename Vector, typename Element>
[[gnu::always_inline]] inline void Gate(const Element* in,
                                        std::int64_t rows,
                                        std::int64_t width,
                                        Element* out) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const Element* value = in + row * 2 * width;
    for (std::int64_t i = 0; i < width; i += kFloats<Vector>) {
      Vector gate;
      Vector passes;
      LoadLanes(value + width + i, gate);
      LoadLanes(value + i, passes);
      Gelu(gate);
      gate *= passes;
      StoreLanes(gate, out + row * width + i);
    }
  }
}

WEFT_WIDE_CPU void GateFloatWide(const float* in,
                                 std::int64_t rows,
                                 std::int64_t width,
                                 float* out) {
  Gate<Lanes>(in, rows, width, out);
}

WEFT_OTHER_CPU void GateFloatNarrow(const float* in,
                                    std::int64_t rows,
                                    std::int64_t width,
                                    float* out) {
  Gate<HalfLanes>(in, rows, width, out);
}

WEFT_EVERY_CPU void GateBfloat16(const std::uint16_t* in,
                                 std::int64_t rows,
                                 std::int64_t width,
                                 std::uint16_t* out) {
  Gate<Lanes>(in, rows, width, out);
}

}  // namespace

void GateWithGelu(const float* in, std::int64_t rows, std::int64_t width, float* out) {
  assert(width % kLanes == 0);
  (HasWideVectors() ? GateFloatWide : GateFloatNarrow)(in, rows, width, out);
}

void GateWithGelu(const std::uint16_t* in,
                  std::int64_t rows,
                  std::int64_t width,
                  std::uint16_t* out) {
  assert(width % kLanes == 0);
  GateBfloat16(in, rows, width, out);
}

}  // namespace weft::models
