// The inverse of the standard normal distribution, with the same bits on every machine.
//
// C libraries round log() and cos() differently, so only operations that IEEE 754 fixes are used:
// + - * / and square root, in double, never contracted to fused ones (-ffp-contract=off).

#pragma once

namespace weft {

// The natural logarithm of a positive, normal `x`. Relative error below 4e-16, next to 1 an
// absolute one of as much.
double ExactLog(double x);

// The z for which a standard normal number is below z with probability p. Relative error about
// 1e-15. REQUIRES: 0 < p < 1, 1 - p exact (so p is a multiple of 2^-53). Source: Wichura,
// "Algorithm AS 241: the percentage points of the normal distribution" (Applied Statistics 37,
// 1988), PPND16.
double InverseNormal(double p);

}  // namespace weft
