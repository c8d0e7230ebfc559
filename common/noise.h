// Gaussian noise that any machine can make again: value i of a stream is a pure function of
// (seed, stream, i).

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weft {

// The first `count` values of a stream of standard normal numbers. A longer call begins with the
// same values. The same bits on every machine with IEEE 754 arithmetic; |value| < 8.3.
//
// Values 2k and 2k+1 come from Philox4x32-10 with the seed as key and (k, stream) as counter: two
// words each make a multiple of 2^-53 in (0, 1), and that a normal number
// (common/inverse_normal.h).
std::vector<float> GaussianNoise(std::uint64_t seed, std::uint32_t stream, std::size_t count);

}  // namespace weft
