#include "worker/media/clip_times.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

namespace weft::media {
namespace {

constexpr AVRational kUsualRate{25, 1};
constexpr int kRateTermMax = 1'000'000;

bool IsRate(AVRational rate) {
  return rate.num > 0 && rate.den > 0;
}

// Strictly ascending seconds on the container's clock.
std::vector<double> Completed(const StampedFrames& frames, double period) {
  const double tick = av_q2d(frames.time_base);
  std::vector<double> seconds;
  seconds.reserve(frames.pts.size());
  for (const std::int64_t pts : frames.pts) {
    const double stamp = static_cast<double>(pts) * tick;
    if (pts != AV_NOPTS_VALUE && (seconds.empty() || stamp > seconds.back())) {
      seconds.push_back(stamp);
    } else {
      seconds.push_back(seconds.empty() ? 0 : seconds.back() + period);
    }
  }
  return seconds;
}

bool LiesOnGrid(const std::vector<double>& seconds, AVRational rate, double tick) {
  const double period = 1 / av_q2d(rate);
  // One tick is what rounding may cost. A quarter of a period is never rounding.
  const double tolerance = std::min(tick, period / 4) * (1 + 1e-6);
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    if (std::abs(seconds[i] - static_cast<double>(i) * period) > tolerance) {
      return false;
    }
  }
  return true;
}

}  // namespace

ClipTimes TimesOf(const StampedFrames& frames) {
  std::vector<AVRational> rates;
  std::copy_if(frames.rates.begin(), frames.rates.end(), std::back_inserter(rates), IsRate);
  const AVRational claimed = rates.empty() ? kUsualRate : rates.front();

  ClipTimes times;
  times.seconds = Completed(frames, 1 / av_q2d(claimed));
  times.start_seconds = times.seconds.front();
  for (double& second : times.seconds) {
    second -= times.start_seconds;
  }
  times.rate = claimed;
  const double tick = av_q2d(frames.time_base);
  if (times.seconds.size() > 1) {
    const double average = static_cast<double>(times.seconds.size() - 1) / times.seconds.back();
    rates.push_back(av_d2q(average, kRateTermMax));
    const auto fitting = std::find_if(rates.begin(), rates.end(), [&](AVRational rate) {
      return IsRate(rate) && LiesOnGrid(times.seconds, rate, tick);
    });
    times.variable_rate = fitting == rates.end();
    times.rate = times.variable_rate ? rates.back() : *fitting;
  }
  if (!IsRate(times.rate)) {
    times.rate = claimed;
  }
  const double period = 1 / av_q2d(times.rate);
  const double last = static_cast<double>(frames.last_duration) * tick;
  const bool as_usual = last <= 0 || std::abs(last - period) <= tick;
  if (as_usual && !times.variable_rate) {
    times.duration_seconds = period * static_cast<double>(times.seconds.size());
  } else {
    times.duration_seconds = times.seconds.back() + (last > 0 ? last : period);
  }
  return times;
}

}  // namespace weft::media
