// True motion between two pictures, as a Middlebury .flo file (Baker et al., A Database and
// Evaluation Methodology for Optical Flow, 2007): for every pixel of the first picture how far to
// the right and down it is in the second, in pixels.

#pragma once

#include <string>

#include <opencv2/core.hpp>

#include "common/result.h"

namespace weft::bench {

// Motion that is not known, such as of what is hidden in the second picture.
inline constexpr float kUnknownMotion = 1e10F;

// Not where it is NaN or beyond 1e9.
bool IsKnown(const cv::Vec2f& motion);

// kInvalidArgument: no such file, or not of this format.
Result<cv::Mat2f> ReadFlow(const std::string& path);

// kPermissionDenied: cannot be written.
Status WriteFlow(const cv::Mat2f& flow, const std::string& path);

}  // namespace weft::bench
