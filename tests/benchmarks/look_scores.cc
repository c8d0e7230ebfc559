#include "tests/benchmarks/look_scores.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <opencv2/imgproc.hpp>

#include "common/noise.h"
#include "worker/eval/mat.h"

namespace weft::bench {
namespace {

constexpr int kSide = 11;  // Of all filters, pixels.
constexpr std::size_t kArea = std::size_t{kSide} * kSide;

// Even, without a response to flat pictures, of norm 1.
cv::Mat1d GaborFilter(int orientation) {
  constexpr double kSigma = 2;
  constexpr double kWavelength = 4;
  constexpr double kRound = 1;
  cv::Mat1d filter =
      cv::getGaborKernel({kSide, kSide}, kSigma, CV_PI * orientation / kLookOrientations,
                         kWavelength, kRound, /*psi=*/0, CV_64F);
  filter -= cv::mean(filter)[0];
  filter /= cv::norm(filter);
  return filter;
}

// Three planes of each random filter, one a channel.
std::vector<std::array<cv::Mat1f, 3>> RandomFilters() {
  constexpr std::uint64_t kSeed = 1;
  std::vector<std::array<cv::Mat1f, 3>> filters(kLookFeatures);
  std::uint32_t stream = 0;
  for (auto& filter : filters) {
    double squares = 0;
    for (cv::Mat1f& plane : filter) {
      std::vector<float> values = GaussianNoise(kSeed, stream++, kArea);
      plane = cv::Mat1f(kSide, kSide, values.data()).clone();
      plane -= cv::mean(plane)[0];
      squares += cv::norm(plane, cv::NORM_L2SQR);
    }
    for (cv::Mat1f& plane : filter) {
      plane /= std::sqrt(squares);
    }
  }
  return filters;
}

void CountColours(const cv::Mat3b& picture, LookStatistics& look) {
  for (const cv::Vec3b& pixel : picture) {
    for (int channel = 0; channel < 3; ++channel) {
      look.colours[static_cast<std::size_t>(channel)][pixel[channel]] += 1;
    }
  }
}

// So that each channel has mean 0 and deviation 1 over the whole clip.
cv::Mat3f Standardized(const cv::Mat3b& picture, const LookStatistics& look) {
  cv::Scalar mean;
  cv::Scalar deviation;
  for (int channel = 0; channel < 3; ++channel) {
    const auto& shares = look.colours[static_cast<std::size_t>(channel)];
    double squares = 0;
    for (std::size_t level = 0; level < shares.size(); ++level) {
      mean[channel] += shares[level] * static_cast<double>(level);
      squares += shares[level] * static_cast<double>(level * level);
    }
    constexpr double kFlat = 1e-3;
    deviation[channel] =
        std::max(kFlat, std::sqrt(std::max(0.0, squares - mean[channel] * mean[channel])));
  }
  cv::Mat3f values;
  picture.convertTo(values, CV_32F);
  cv::subtract(values, mean, values);
  cv::divide(values, deviation, values);
  return values;
}

// Adds the second and fourth moments of the sub-bands.
void AddBands(cv::Mat1d luma, double share, LookStatistics& look) {
  for (std::size_t scale = 0; scale < kLookScales; ++scale) {
    for (int orientation = 0; orientation < kLookOrientations; ++orientation) {
      cv::Mat1d response;
      cv::filter2D(luma, response, CV_64F, GaborFilter(orientation));
      const cv::Mat squares = response.mul(response);
      const auto place = static_cast<std::size_t>(orientation);
      look.energies[scale][place] += share * cv::mean(squares)[0];
      look.peaks[scale][place] += share * cv::mean(squares.mul(squares))[0];
    }
    cv::pyrDown(cv::Mat1d(luma.clone()), luma);
  }
}

cv::Mat1d Gram(const cv::Mat3f& picture, const std::vector<std::array<cv::Mat1f, 3>>& filters) {
  std::array<cv::Mat1f, 3> planes;
  cv::split(picture, planes.data());
  cv::Mat1f features(kLookFeatures, static_cast<int>(picture.total()));
  for (int feature = 0; feature < kLookFeatures; ++feature) {
    cv::Mat1f sum(picture.size(), 0.0F);
    for (std::size_t channel = 0; channel < planes.size(); ++channel) {
      cv::Mat1f response;
      cv::filter2D(planes[channel], response, CV_32F,
                   filters[static_cast<std::size_t>(feature)][channel]);
      sum += response;
    }
    cv::Mat(cv::max(sum, 0)).reshape(1, 1).copyTo(features.row(feature));
  }
  cv::Mat1d gram;
  cv::mulTransposed(features, gram, /*aTa=*/false, cv::noArray(),
                    1.0 / static_cast<double>(picture.total()), CV_64F);
  return gram;
}

void AddGrams(cv::Mat3f picture,
              const std::vector<std::array<cv::Mat1f, 3>>& filters,
              double share,
              LookStatistics& look) {
  for (cv::Mat1d& sum : look.grams) {
    const cv::Mat1d gram = Gram(picture, filters);
    if (sum.empty()) {
      sum = cv::Mat1d(gram.size(), 0.0);
    }
    cv::scaleAdd(gram, share, sum, sum);
    cv::pyrDown(cv::Mat3f(picture.clone()), picture);
  }
}

double EarthMovers(const std::array<double, 256>& a, const std::array<double, 256>& b) {
  double distance = 0;
  double carried = 0;
  for (std::size_t level = 0; level < a.size(); ++level) {
    carried += a[level] - b[level];
    distance += std::abs(carried);
  }
  return distance;
}

}  // namespace

LookStatistics MeasureLook(const std::vector<Frame>& frames) {
  const auto filters = RandomFilters();
  const double share = 1.0 / static_cast<double>(frames.size());
  LookStatistics look;
  for (const Frame& frame : frames) {
    CountColours(eval::ToMat(frame), look);
  }
  const double pixels = static_cast<double>(frames.size()) * frames.front().width *
                        static_cast<double>(frames.front().height);
  for (auto& channel : look.colours) {
    for (double& count : channel) {
      count /= pixels;
    }
  }
  for (const Frame& frame : frames) {
    const cv::Mat3b picture = eval::ToMat(frame);
    cv::Mat1b grey;
    cv::cvtColor(picture, grey, cv::COLOR_RGB2GRAY);
    cv::Mat1d luma;
    grey.convertTo(luma, CV_64F);
    AddBands(luma, share, look);
    AddGrams(Standardized(picture, look), filters, share, look);
  }
  for (std::size_t scale = 0; scale < kLookScales; ++scale) {
    for (std::size_t place = 0; place < kLookOrientations; ++place) {
      double& square = look.energies[scale][place];
      constexpr double kFaint = 1e-6;
      square = std::max(square, kFaint);
      look.peaks[scale][place] /= square * square;
      square = std::sqrt(square);
    }
  }
  return look;
}

LookDistance CompareLooks(const LookStatistics& a, const LookStatistics& b) {
  LookDistance distance;
  for (std::size_t channel = 0; channel < a.colours.size(); ++channel) {
    distance.colour += EarthMovers(a.colours[channel], b.colours[channel]) / 3;
  }
  constexpr double kBands = kLookScales * kLookOrientations;
  for (std::size_t scale = 0; scale < kLookScales; ++scale) {
    for (std::size_t place = 0; place < kLookOrientations; ++place) {
      const double energy = std::log2(a.energies[scale][place] / b.energies[scale][place]);
      const double peak = std::log2(a.peaks[scale][place] / b.peaks[scale][place]);
      distance.energy += energy * energy / kBands;
      distance.peak += peak * peak / kBands;
    }
    const double norms = (cv::norm(a.grams[scale]) + cv::norm(b.grams[scale])) / 2;
    distance.gram += cv::norm(a.grams[scale], b.grams[scale]) / norms / kLookScales;
  }
  distance.energy = std::sqrt(distance.energy);
  distance.peak = std::sqrt(distance.peak);
  return distance;
}

}  // namespace weft::bench
