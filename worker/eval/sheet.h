// Pictures for people to compare renders by.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/result.h"
#include "worker/frame/frame.h"

namespace weft::eval {

// One row of a contact sheet.
struct SheetRow {
  std::string label;          // Written above the row; ASCII.
  std::vector<Frame> frames;  // From left to right.
};

// The rows below each other, light on dark, with their labels.
// kInvalidArgument: no frame, rows of different lengths, or frames of different sizes.
Result<Frame> ComposeSheet(const std::vector<SheetRow>& rows);

// `count` of the frames 0 .. frame_count-1, evenly spaced, from the first to the last; every frame
// if there are not more.
std::vector<std::uint32_t> EvenlySpaced(std::uint32_t frame_count, std::uint32_t count);

// Two frames next to each other. The last row is repeated where the height is odd, so that every
// codec takes the result.
// kInvalidArgument: sizes differ, or there is nothing in them.
Result<Frame> SideBySide(const Frame& left, const Frame& right);

}  // namespace weft::eval
