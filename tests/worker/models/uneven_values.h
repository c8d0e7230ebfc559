// Operands of convolutions.

#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weft::models {

// Values without a pattern that a wrong tap could hide in.
inline std::vector<float> Uneven(std::int64_t count, double scale) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto at = static_cast<double>(i);
    values[i] = static_cast<float>(scale * std::sin(at * at * 0.37 + at));
  }
  return values;
}

}  // namespace weft::models
