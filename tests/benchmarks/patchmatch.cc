#include "tests/benchmarks/patchmatch.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <vector>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "worker/deflicker/patch_match.h"
#include "worker/deflicker/remap.h"

namespace weft::bench {
namespace {

using deflicker::Field;
using deflicker::MatchFrame;
using deflicker::PaddedImage;

Result<Frame> ReadPicture(const std::string& path) {
  try {
    const cv::Mat3b bgr = cv::imread(path, cv::IMREAD_COLOR);
    if (bgr.empty()) {
      return Failure(ErrorCode::kInvalidArgument, "no picture: " + path);
    }
    cv::Mat3b rgb;
    cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
    return Frame{rgb.cols, rgb.rows, {rgb.ptr(), rgb.ptr() + rgb.total() * 3}};
  } catch (const cv::Exception& exception) {
    return Failure(ErrorCode::kInvalidArgument, path + ": " + exception.err);
  }
}

// Of this thread: what other programs on the machine take does not count.
double CpuMilliseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double Squared(double value) {
  return value * value;
}

double PatchSsd(const PaddedImage& source,
                const PaddedImage& target,
                deflicker::Position from,
                deflicker::Position to) {
  const int radius = target.Padding();
  double sum = 0;
  for (int dy = -radius; dy <= radius; ++dy) {
    const std::int16_t* const a = source.At(from.x - radius, from.y + dy);
    const std::int16_t* const b = target.At(to.x - radius, to.y + dy);
    for (int i = 0; i < (2 * radius + 1) * PaddedImage::kChannels; ++i) {
      sum += Squared(a[i] - b[i]);
    }
  }
  return sum;
}

double PatchMse(const Frame& source_frame,
                const Frame& target_frame,
                const Field& field,
                int patch_size) {
  const PaddedImage source(source_frame, patch_size / 2);
  const PaddedImage target(target_frame, patch_size / 2);
  double sum = 0;
  for (int y = 0; y < field.Height(); ++y) {
    for (int x = 0; x < field.Width(); ++x) {
      sum += PatchSsd(source, target, field.At(x, y), deflicker::PositionAt(x, y));
    }
  }
  return sum / (Squared(patch_size) * static_cast<double>(target_frame.rgb.size()));
}

double Psnr(const Frame& a, const Frame& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.rgb.size(); ++i) {
    sum += Squared(static_cast<double>(a.rgb[i]) - b.rgb[i]);
  }
  const double mse = std::max(sum / static_cast<double>(a.rgb.size()), 1e-9);
  return 10 * std::log10(255.0 * 255.0 / mse);
}

}  // namespace

Result<PatchMatchFigures> MeasurePatchMatch(const PatchMatchOrder& order) {
  WEFT_ASSIGN_OR_RETURN(const Frame target, ReadPicture(order.target_path));
  WEFT_ASSIGN_OR_RETURN(const Frame source, ReadPicture(order.source_path));
  if (source.width != target.width || source.height != target.height) {
    return Failure(ErrorCode::kInvalidArgument, "the pictures must be of one size");
  }
  deflicker::DeflickerOptions options;
  options.patch_size_min = order.patch_size;
  options.iterations = order.iterations;
  WEFT_RETURN_IF_ERROR(deflicker::CheckMatchable(target.width, target.height, options));

  Field field(target.width, target.height);
  PaddedImage remapped;
  std::vector<double> search_times;
  std::vector<double> remap_times;
  for (int repeat = 0; repeat < order.repeats; ++repeat) {
    const double search_start = CpuMilliseconds();
    const MatchFrame from = PrepareFrame(1, source, source, options);
    const MatchFrame to = PrepareFrame(0, target, target, options);
    field = FindField(from, to, options);
    search_times.push_back(CpuMilliseconds() - search_start);
    const double remap_start = CpuMilliseconds();
    remapped = Remap(from.styles.front(), field, order.patch_size);
    remap_times.push_back(CpuMilliseconds() - remap_start);
  }
  return PatchMatchFigures{Median(search_times), Median(remap_times),
                           PatchMse(source, target, field, order.patch_size),
                           Psnr(remapped.ToFrame(), target), 1};
}

}  // namespace weft::bench
