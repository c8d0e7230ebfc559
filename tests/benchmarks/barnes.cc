#include "tests/benchmarks/barnes.h"

#include <algorithm>
#include <climits>
#include <cstddef>
#include <random>
#include <utility>
#include <vector>

#include "worker/deflicker/instruction_sets.h"

namespace weft::bench {
namespace {

// A picture with its edge pixels repeated, a pixel in one int.
class PackedPicture {
 public:
  PackedPicture(const Frame& frame, int margin) : stride_(frame.width + 2 * margin) {
    pixels_.reserve(static_cast<std::size_t>(stride_) *
                    static_cast<std::size_t>(frame.height + 2 * margin));
    for (int y = -margin; y < frame.height + margin; ++y) {
      for (int x = -margin; x < frame.width + margin; ++x) {
        pixels_.push_back(
            Packed(frame, std::clamp(x, 0, frame.width - 1), std::clamp(y, 0, frame.height - 1)));
      }
    }
  }

  // Row `row` of the patch around (x, y), from its left end.
  [[nodiscard]] const int* PatchRow(int x, int y, int row) const {
    return pixels_.data() + static_cast<std::ptrdiff_t>(y + row) * stride_ + x;
  }

 private:
  static int Packed(const Frame& frame, int x, int y) {
    const std::uint8_t* const rgb =
        frame.rgb.data() + 3 * (static_cast<std::ptrdiff_t>(y) * frame.width + x);
    return rgb[0] | rgb[1] << 8 | rgb[2] << 16;
  }

  int stride_;
  std::vector<int> pixels_;
};

class Search {
 public:
  Search(const Frame& target, const Frame& source, const BarnesOptions& options)
      : patch_size_(options.patch_size),
        target_(target, options.patch_size / 2),
        source_(source, options.patch_size / 2),
        random_(options.seed),
        field_{target.width, target.height, {}} {
    for (int y = 0; y < target.height; ++y) {
      for (int x = 0; x < target.width; ++x) {
        const Match match{Random(0, target.width), Random(0, target.height)};
        field_.matches.push_back(match);
        errors_.push_back(Error(x, y, match, INT_MAX));
      }
    }
  }

  // From the upper left corner for step 1, from the lower right one for step -1.
  void Scan(int step);

  MatchField Field() && { return std::move(field_); }

 private:
  // Of [begin, end).
  WEFT_ALWAYS_INLINE int Random(int begin, int end) {
    return begin + static_cast<int>(random_() % static_cast<std::uint32_t>(end - begin));
  }

  // The early end: once `bound` is reached, the rest cannot matter.
  [[nodiscard]] WEFT_ALWAYS_INLINE int Error(int x, int y, Match match, int bound) const {
    int sum = 0;
    for (int row = 0; row < patch_size_; ++row) {
      const int* const a = target_.PatchRow(x, y, row);
      const int* const b = source_.PatchRow(match.x, match.y, row);
      for (int i = 0; i < patch_size_; ++i) {
        const int red = (a[i] & 255) - (b[i] & 255);
        const int green = (a[i] >> 8 & 255) - (b[i] >> 8 & 255);
        const int blue = (a[i] >> 16) - (b[i] >> 16);
        sum += red * red + green * green + blue * blue;
      }
      if (sum >= bound) {
        return bound;
      }
    }
    return sum;
  }

  WEFT_ALWAYS_INLINE void Try(int x, int y, Match match) {
    int& best = errors_[field_.Index(x, y)];
    const int error = Error(x, y, match, best);
    if (error < best) {
      best = error;
      field_.matches[field_.Index(x, y)] = match;
    }
  }

  // What the neighbour that was visited before says, a pixel on.
  WEFT_ALWAYS_INLINE void Propagate(int x, int y, int step_x, int step_y) {
    if (x - step_x < 0 || x - step_x >= field_.width || y - step_y < 0 ||
        y - step_y >= field_.height) {
      return;
    }
    const Match& neighbour = field_.At(x - step_x, y - step_y);
    const Match match{neighbour.x + step_x, neighbour.y + step_y};
    if (match.x >= 0 && match.x < field_.width && match.y >= 0 && match.y < field_.height) {
      Try(x, y, match);
    }
  }

  // Around the best match so far, in boxes that shrink by half.
  WEFT_ALWAYS_INLINE void SearchAround(int x, int y) {
    for (int reach = std::max(field_.width, field_.height); reach >= 1; reach /= 2) {
      const Match best = field_.At(x, y);
      Try(x, y,
          {Random(std::max(best.x - reach, 0), std::min(best.x + reach + 1, field_.width)),
           Random(std::max(best.y - reach, 0), std::min(best.y + reach + 1, field_.height))});
    }
  }

  int patch_size_;
  PackedPicture target_;
  PackedPicture source_;
  std::mt19937 random_;
  MatchField field_;
  std::vector<int> errors_;  // Of the field's matches.
};

WEFT_FOR_EVERY_VECTOR_UNIT
void Search::Scan(int step) {
  const int last_x = step > 0 ? field_.width : -1;
  const int last_y = step > 0 ? field_.height : -1;
  for (int y = step > 0 ? 0 : field_.height - 1; y != last_y; y += step) {
    for (int x = step > 0 ? 0 : field_.width - 1; x != last_x; x += step) {
      Propagate(x, y, step, 0);
      Propagate(x, y, 0, step);
      SearchAround(x, y);
    }
  }
}

}  // namespace

MatchField BarnesField(const Frame& target, const Frame& source, const BarnesOptions& options) {
  Search search(target, source, options);
  for (int iteration = 0; iteration < options.iterations; ++iteration) {
    search.Scan(iteration % 2 == 0 ? 1 : -1);
  }
  return std::move(search).Field();
}

}  // namespace weft::bench
