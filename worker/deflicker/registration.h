// Sub-pixel registration of a frame to another that shows the same from nearly the same place:
// Lucas and Kanade 1981, one small system of equations a pixel.

#pragma once

#include "worker/deflicker/float_plane.h"
#include "worker/deflicker/tile_field.h"

namespace weft::deflicker {

// The field's offsets, each replaced by the mean of those up to 3 pixels away that differ by at
// most 2 pixels from it: a flow that is smooth inside of moving things and keeps their edges.
Flow SmoothFlow(const OffsetField& field);

struct RegistrationOptions {
  int blur_radius = 4;  // A pixel's equations are those around it: the radius of their blur.
  float damping = 100;  // Against slopes of noise, whose squares are about that large.
  int iterations = 2;
};

class Registration {
 public:
  // `reference`: what others are registered to, locally normalized.
  Registration(FloatPlane reference, const RegistrationOptions& options);

  // A flow from the reference into `picture`, close to `first`: at most 2 pixels away from it on
  // each axis. Where nothing says otherwise, it is `first`.
  // picture: locally normalized. trust: 0..1, how much a pixel's difference counts.
  [[nodiscard]] Flow Refined(const FloatPlane& picture,
                             const FloatPlane& trust,
                             const Flow& first) const;

 private:
  FloatPlane reference_;
  RegistrationOptions options_;
  FloatPlane slope_x_;
  FloatPlane slope_y_;
  // The inverse of the blurred matrix of slopes [xx xy; xy yy], damped.
  FloatPlane inverse_xx_;
  FloatPlane inverse_xy_;
  FloatPlane inverse_yy_;
};

}  // namespace weft::deflicker
