#include "tests/benchmarks/exact_field.h"

#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "worker/deflicker/instruction_sets.h"

namespace weft::bench {
namespace {

// One channel with its edge pixels repeated. 16 bits: what a difference needs.
class Plane {
 public:
  Plane(const Frame& frame, int channel, int margin)
      : margin_(margin), stride_(frame.width + 2 * margin) {
    for (int y = -margin; y < frame.height + margin; ++y) {
      for (int x = -margin; x < frame.width + margin; ++x) {
        const int row = std::clamp(y, 0, frame.height - 1);
        const std::ptrdiff_t pixel =
            static_cast<std::ptrdiff_t>(row) * frame.width + std::clamp(x, 0, frame.width - 1);
        values_.push_back(frame.rgb[static_cast<std::size_t>(3 * pixel + channel)]);
      }
    }
  }

  [[nodiscard]] const std::int16_t* At(int x, int y) const {
    return values_.data() + static_cast<std::ptrdiff_t>(y + margin_) * stride_ + x + margin_;
  }

 private:
  int margin_;
  int stride_;
  std::vector<std::int16_t> values_;
};

struct Picture {
  Picture(const Frame& frame, int margin)
      : planes{Plane(frame, 0, margin), Plane(frame, 1, margin), Plane(frame, 2, margin)} {}

  Plane planes[3];
};

WEFT_FOR_EVERY_VECTOR_UNIT
void AddSquares(const std::int16_t* a, const std::int16_t* b, int count, std::int32_t* sums) {
  for (int i = 0; i < count; ++i) {
    const std::int32_t difference = a[i] - b[i];
    sums[i] += difference * difference;
  }
}

WEFT_FOR_EVERY_VECTOR_UNIT
void Add(const std::int32_t* values, int count, std::int32_t* sums) {
  for (int i = 0; i < count; ++i) {
    sums[i] += values[i];
  }
}

WEFT_FOR_EVERY_VECTOR_UNIT
void Subtract(const std::int32_t* values, int count, std::int32_t* sums) {
  for (int i = 0; i < count; ++i) {
    sums[i] -= values[i];
  }
}

WEFT_FOR_EVERY_VECTOR_UNIT
void KeepSmaller(const std::int32_t* errors,
                 std::int32_t source,
                 int count,
                 std::int32_t* best,
                 std::int32_t* sources) {
  for (int i = 0; i < count; ++i) {
    const bool better = errors[i] < best[i];
    best[i] = better ? errors[i] : best[i];
    sources[i] = better ? source + i : sources[i];
  }
}

class Search {
 public:
  Search(const Frame& target, const Frame& source, int patch_size)
      : width_(target.width),
        height_(target.height),
        radius_(patch_size / 2),
        target_(target, radius_),
        source_(source, radius_),
        best_(Count(width_ * height_), INT_MAX),
        sources_(Count(width_ * height_), 0),
        columns_(Count(width_ + 2 * radius_)),
        sums_(Count(width_)),
        rows_(Count(patch_size), std::vector<std::int32_t>(columns_.size())) {}

  // Every target pixel against the source pixel at this distance, where there is one.
  void TryOffset(int offset_x, int offset_y) {
    const int left = std::max(0, -offset_x);
    const int right = std::min(width_, width_ - offset_x);
    const int top = std::max(0, -offset_y);
    const int bottom = std::min(height_, height_ - offset_y);
    Clear();
    for (int y = top - radius_; y < bottom + radius_; ++y) {
      AddRow({left, right}, y, {offset_x, offset_y});
      if (y >= top + radius_) {
        KeepRow({left, right}, y - radius_, {offset_x, offset_y});
      }
    }
  }

  [[nodiscard]] MatchField Field() const {
    MatchField field{width_, height_, {}};
    for (const std::int32_t source : sources_) {
      field.matches.push_back({source % width_, source / width_});
    }
    return field;
  }

 private:
  struct Span {
    int begin = 0;
    int end = 0;
  };

  static std::size_t Count(int count) { return static_cast<std::size_t>(count); }

  void Clear() {
    std::fill(columns_.begin(), columns_.end(), 0);
    for (std::vector<std::int32_t>& row : rows_) {
      std::fill(row.begin(), row.end(), 0);
    }
  }

  // columns_ becomes the sums over the patch's height that end with row y.
  void AddRow(Span span, int y, Match offset) {
    const int count = span.end - span.begin + 2 * radius_;
    std::vector<std::int32_t>& row = rows_.front();  // The oldest, which leaves.
    Subtract(row.data(), count, columns_.data());
    std::fill(row.begin(), row.end(), 0);
    const int x = span.begin - radius_;
    for (int channel = 0; channel < 3; ++channel) {
      AddSquares(target_.planes[channel].At(x, y),
                 source_.planes[channel].At(x + offset.x, y + offset.y), count, row.data());
    }
    Add(row.data(), count, columns_.data());
    std::rotate(rows_.begin(), rows_.begin() + 1, rows_.end());
  }

  void KeepRow(Span span, int y, Match offset) {
    const int count = span.end - span.begin;
    std::fill(sums_.begin(), sums_.end(), 0);
    for (int i = 0; i <= 2 * radius_; ++i) {
      Add(columns_.data() + i, count, sums_.data());
    }
    const int at = y * width_ + span.begin;
    KeepSmaller(sums_.data(), at + offset.y * width_ + offset.x, count, best_.data() + at,
                sources_.data() + at);
  }

  int width_;
  int height_;
  int radius_;
  Picture target_;
  Picture source_;
  std::vector<std::int32_t> best_;     // The smallest error of every target pixel so far,
  std::vector<std::int32_t> sources_;  // and the number of the source's pixel that has it.
  std::vector<std::int32_t> columns_;
  std::vector<std::int32_t> sums_;
  std::vector<std::vector<std::int32_t>> rows_;  // Squared differences, the oldest row first.
};

}  // namespace

MatchField ExactField(const Frame& target, const Frame& source, int patch_size) {
  Search search(target, source, patch_size);
  for (int y = 1 - target.height; y < target.height; ++y) {
    for (int x = 1 - target.width; x < target.width; ++x) {
      search.TryOffset(x, y);
    }
  }
  return search.Field();
}

}  // namespace weft::bench
