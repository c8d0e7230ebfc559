#include "coordinator/cli/preview_sheet.h"

#include <algorithm>
#include <cstddef>

#include "weft/v1/tensor.pb.h"

namespace weft::cli {
namespace {

constexpr std::uint32_t kRoundsMax = 24;
constexpr std::uint32_t kChunksMax = 8;
constexpr int kRgb = 3;
constexpr int kGap = 4;            // Pixels between pictures and around them.
constexpr int kWidthWanted = 128;  // Of a picture.
constexpr std::uint8_t kPaper = 32;
constexpr std::uint8_t kMissing = 56;

std::vector<std::uint32_t> Spread(std::uint32_t count, std::uint32_t count_max) {
  const std::uint32_t chosen = std::min(count, count_max);
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < chosen; ++i) {
    numbers.push_back(chosen == 1 ? 0 : i * (count - 1) / (chosen - 1));
  }
  return numbers;
}

// The first of a pixel's three values.
template <typename AnyFrame>
auto* PixelOf(AnyFrame& frame, int x, int y) {
  return frame.rgb.data() + (static_cast<std::ptrdiff_t>(y) * frame.width + x) * kRgb;
}

// The grid that pictures of one size are put into.
class Sheet {
 public:
  Sheet(const SheetPlan& plan, const Frame& sample)
      : scale_(std::max(1, kWidthWanted / sample.width)),
        width_(sample.width * scale_),
        height_(sample.height * scale_) {
    frame_.width = kGap + static_cast<int>(plan.chunks.size()) * (width_ + kGap);
    frame_.height = kGap + static_cast<int>(plan.rounds.size()) * (height_ + kGap);
    frame_.rgb.assign(static_cast<std::size_t>(frame_.width) * frame_.height * kRgb, kPaper);
  }

  // picture: null where there is none. One of another size than the first is none.
  void Put(std::size_t row, std::size_t column, const Frame* picture) {
    const bool fits = picture != nullptr && picture->width * scale_ == width_ &&
                      picture->height * scale_ == height_;
    const int left = kGap + static_cast<int>(column) * (width_ + kGap);
    const int top = kGap + static_cast<int>(row) * (height_ + kGap);
    for (int y = 0; y < height_; ++y) {
      for (int x = 0; x < width_; ++x) {
        std::uint8_t* const to = PixelOf(frame_, left + x, top + y);
        if (fits) {
          std::copy_n(PixelOf(*picture, x / scale_, y / scale_), kRgb, to);
        } else {
          std::fill_n(to, kRgb, kMissing);
        }
      }
    }
  }

  [[nodiscard]] Frame Take() { return std::move(frame_); }

 private:
  int scale_;
  int width_;
  int height_;
  Frame frame_;
};

}  // namespace

SheetPlan PlanSheet(std::uint32_t round_count, std::uint32_t chunk_count) {
  return {Spread(round_count, kRoundsMax), Spread(chunk_count, kChunksMax)};
}

Result<Frame> ReadPreview(const std::string& blob) {
  v1::Tensor tensor;
  constexpr std::uint64_t kSideMax = 1 << 14;
  const bool whole =
      tensor.ParseFromString(blob) && tensor.element_type() == v1::ELEMENT_TYPE_UINT8 &&
      tensor.shape_size() == 4 && tensor.shape(0) == 1 && tensor.shape(1) > 0 &&
      tensor.shape(1) <= kSideMax && tensor.shape(2) > 0 && tensor.shape(2) <= kSideMax &&
      tensor.shape(3) == kRgb && tensor.data().size() == tensor.shape(1) * tensor.shape(2) * kRgb;
  if (!whole) {
    return Failure(ErrorCode::kDataLoss, "not a preview");
  }
  return Frame{static_cast<int>(tensor.shape(2)),
               static_cast<int>(tensor.shape(1)),
               {tensor.data().begin(), tensor.data().end()}};
}

Result<Frame> ComposeSheet(const SheetPlan& plan, const Previews& previews) {
  if (previews.empty()) {
    return Failure(ErrorCode::kInvalidArgument, "there is no picture yet");
  }
  Sheet sheet(plan, previews.begin()->second);
  for (std::size_t row = 0; row < plan.rounds.size(); ++row) {
    for (std::size_t column = 0; column < plan.chunks.size(); ++column) {
      const auto found = previews.find({plan.rounds[row], plan.chunks[column]});
      sheet.Put(row, column, found == previews.end() ? nullptr : &found->second);
    }
  }
  return sheet.Take();
}

}  // namespace weft::cli
