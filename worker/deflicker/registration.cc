#include "worker/deflicker/registration.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace weft::deflicker {
namespace {

constexpr float kLimit = 2;

constexpr int kSmoothReach = 3;
constexpr float kSmoothDifference = 2;

// One axis of SmoothFlow: every pixel the mean of those along (step_x, step_y) that are like it.
Flow SmoothedAlong(const Flow& flow, int step_x, int step_y) {
  const int width = flow.dx.width;
  const int height = flow.dx.height;
  Flow smooth{FloatPlane(width, height), FloatPlane(width, height)};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const float dx = flow.dx.Row(y)[x];
      const float dy = flow.dy.Row(y)[x];
      float sum_x = 0;
      float sum_y = 0;
      float count = 0;
      for (int i = -kSmoothReach; i <= kSmoothReach; ++i) {
        const int near_x = std::clamp(x + i * step_x, 0, width - 1);
        const int near_y = std::clamp(y + i * step_y, 0, height - 1);
        const float near_dx = flow.dx.Row(near_y)[near_x];
        const float near_dy = flow.dy.Row(near_y)[near_x];
        if (std::abs(near_dx - dx) <= kSmoothDifference &&
            std::abs(near_dy - dy) <= kSmoothDifference) {
          sum_x += near_dx;
          sum_y += near_dy;
          count += 1;
        }
      }
      smooth.dx.Row(y)[x] = sum_x / count;
      smooth.dy.Row(y)[x] = sum_y / count;
    }
  }
  return smooth;
}

// Central differences, smoothed across (Sobel).
void Slopes(const FloatPlane& plane, FloatPlane* slope_x, FloatPlane* slope_y) {
  *slope_x = FloatPlane(plane.width, plane.height);
  *slope_y = FloatPlane(plane.width, plane.height);
  for (int y = 0; y < plane.height; ++y) {
    const float* const above = plane.Row(std::max(y - 1, 0));
    const float* const row = plane.Row(y);
    const float* const below = plane.Row(std::min(y + 1, plane.height - 1));
    for (int x = 0; x < plane.width; ++x) {
      const int left = std::max(x - 1, 0);
      const int right = std::min(x + 1, plane.width - 1);
      slope_x->Row(y)[x] = 0.125F * (above[right] - above[left] + 2 * (row[right] - row[left]) +
                                     below[right] - below[left]);
      slope_y->Row(y)[x] = 0.125F * (below[left] - above[left] + 2 * (below[x] - above[x]) +
                                     below[right] - above[right]);
    }
  }
}

FloatPlane Product(const FloatPlane& a, const FloatPlane& b) {
  FloatPlane product(a.width, a.height);
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    product.values[i] = a.values[i] * b.values[i];
  }
  return product;
}

}  // namespace

Flow SmoothFlow(const OffsetField& field) {
  Flow flow{FloatPlane(field.width, field.height), FloatPlane(field.width, field.height)};
  for (std::size_t i = 0; i < field.offsets.size(); ++i) {
    flow.dx.values[i] = field.offsets[i].dx;
    flow.dy.values[i] = field.offsets[i].dy;
  }
  return SmoothedAlong(SmoothedAlong(flow, 1, 0), 0, 1);
}

Registration::Registration(FloatPlane reference, const RegistrationOptions& options)
    : reference_(std::move(reference)), options_(options) {
  Slopes(reference_, &slope_x_, &slope_y_);
  inverse_xx_ = Blurred(Product(slope_y_, slope_y_), options_.blur_radius);
  inverse_xy_ = Blurred(Product(slope_x_, slope_y_), options_.blur_radius);
  inverse_yy_ = Blurred(Product(slope_x_, slope_x_), options_.blur_radius);
  for (std::size_t i = 0; i < reference_.values.size(); ++i) {
    const float yy = inverse_xx_.values[i] + options_.damping;
    const float xx = inverse_yy_.values[i] + options_.damping;
    const float xy = inverse_xy_.values[i];
    const float determinant = xx * yy - xy * xy;
    inverse_xx_.values[i] = yy / determinant;
    inverse_xy_.values[i] = -xy / determinant;
    inverse_yy_.values[i] = xx / determinant;
  }
}

Flow Registration::Refined(const FloatPlane& picture,
                           const FloatPlane& trust,
                           const Flow& first) const {
  Flow flow = first;
  for (int iteration = 0; iteration < options_.iterations; ++iteration) {
    FloatPlane difference = WarpedLinear(picture, flow);
    for (std::size_t i = 0; i < difference.values.size(); ++i) {
      difference.values[i] = (difference.values[i] - reference_.values[i]) * trust.values[i];
    }
    const FloatPlane pull_x = Blurred(Product(difference, slope_x_), options_.blur_radius);
    const FloatPlane pull_y = Blurred(Product(difference, slope_y_), options_.blur_radius);
    for (std::size_t i = 0; i < difference.values.size(); ++i) {
      const float x = pull_x.values[i];
      const float y = pull_y.values[i];
      const float dx = flow.dx.values[i] - (inverse_xx_.values[i] * x + inverse_xy_.values[i] * y);
      const float dy = flow.dy.values[i] - (inverse_xy_.values[i] * x + inverse_yy_.values[i] * y);
      flow.dx.values[i] = std::clamp(dx, first.dx.values[i] - kLimit, first.dx.values[i] + kLimit);
      flow.dy.values[i] = std::clamp(dy, first.dy.values[i] - kLimit, first.dy.values[i] + kLimit);
    }
  }
  return flow;
}

}  // namespace weft::deflicker
