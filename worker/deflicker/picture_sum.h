// Sums of pictures, each counted some times, for their mean.

#pragma once

#include <cstdint>
#include <vector>

#include "worker/deflicker/match_planes.h"

namespace weft::deflicker {

class PictureSum {
 public:
  // Empty, for pictures of the size of `like`.
  explicit PictureSum(const MatchPlanes& like);

  // times: may be negative, to take out what was added before.
  void Add(const MatchPlanes& picture, std::int32_t times);

  // Rounded to nearest. REQUIRES: pictures were added, at most 2^22 times in all.
  [[nodiscard]] MatchPlanes Mean() const;

 private:
  int width_;
  int height_;
  std::vector<std::int32_t> sums_;
  std::int32_t count_ = 0;
};

}  // namespace weft::deflicker
