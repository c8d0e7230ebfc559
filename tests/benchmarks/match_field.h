// What every matcher answers, whatever its own types: for each pixel of a target a pixel of a
// source.

#pragma once

#include <cstddef>
#include <vector>

namespace weft::bench {

// A pixel of the source.
struct Match {
  int x = 0;
  int y = 0;
};

struct MatchField {
  int width = 0;  // Of the target; the source has the same size.
  int height = 0;
  std::vector<Match> matches;  // [height, width]

  // REQUIRES: 0 <= x < width, 0 <= y < height.
  [[nodiscard]] std::size_t Index(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
           static_cast<std::size_t>(x);
  }
  [[nodiscard]] const Match& At(int x, int y) const { return matches[Index(x, y)]; }
};

}  // namespace weft::bench
