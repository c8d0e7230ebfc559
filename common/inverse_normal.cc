#include "common/inverse_normal.h"

#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>

namespace weft {
namespace {

template <std::size_t Count>
using Coefficients = std::array<double, Count>;

// c[0] + c[1] x + c[2] x^2 + …
template <std::size_t Count>
double Polynomial(const Coefficients<Count>& c, double x) {
  double sum = c[Count - 1];
  for (std::size_t i = Count - 1; i > 0; --i) {
    sum = sum * x + c[i - 1];
  }
  return sum;
}

// AS 241's three rational approximations: near the median, in the tails, far in the tails.
struct Rational {
  Coefficients<8> numerator;
  Coefficients<8> denominator;
};

constexpr Rational kMiddle = {
    {3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
     1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
     3.3430575583588128105e+4, 2.5090809287301226727e+3},
    {1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
     2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4,
     5.2264952788528545610e+3}};

constexpr Rational kTail = {
    {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
     3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
     2.27238449892691845833e-2, 7.74545014278341407640e-4},
    {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
     1.05075007164441684324e-9}};

constexpr Rational kFarTail = {
    {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
     2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
     2.71155556874348757815e-5, 2.01033439929228813265e-7},
    {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
     2.04426310338993978564e-15}};

double Evaluate(const Rational& rational, double x) {
  return Polynomial(rational.numerator, x) / Polynomial(rational.denominator, x);
}

}  // namespace

double ExactLog(double x) {
  assert(std::isnormal(x) && x > 0);
  constexpr double kSqrtHalf = 0.70710678118654752;
  // ln 2 in two parts; the first has 32 bits, so its product with an exponent is exact.
  constexpr double kLn2High = 0x1.62e42fee00000p-1;
  constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
  // log((1 + s) / (1 - s)) = 2 s (1 + s^2 / 3 + s^4 / 5 + …); |s| < 0.172 leaves 6e-19 behind
  // these.
  constexpr Coefficients<12> kSeries = {1.0,      1.0 / 3,  1.0 / 5,  1.0 / 7,  1.0 / 9,  1.0 / 11,
                                        1.0 / 13, 1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21, 1.0 / 23};
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);  // Exact, as is the doubling.
  if (mantissa < kSqrtHalf) {
    mantissa *= 2;
    --exponent;
  }
  const double s = (mantissa - 1) / (mantissa + 1);
  const double log_mantissa = 2 * s * Polynomial(kSeries, s * s);
  return exponent * kLn2High + (exponent * kLn2Low + log_mantissa);
}

double InverseNormal(double p) {
  assert(p > 0 && p < 1);
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) {
    return q * Evaluate(kMiddle, 0.180625 - q * q);
  }
  const double r = std::sqrt(-ExactLog(q < 0 ? p : 1 - p));
  const double z = r <= 5 ? Evaluate(kTail, r - 1.6) : Evaluate(kFarTail, r - 5);
  return q < 0 ? -z : z;
}

}  // namespace weft
