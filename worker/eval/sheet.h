// Pictures to look at: frames side by side, and a labelled table of frames.

#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "worker/frame/frame.h"

namespace weft::eval {

// Left and right, with a thin gap. REQUIRES: one size, even sides.
Frame SideBySide(const Frame& left, const Frame& right);

struct SheetRow {
  std::string label;
  std::vector<Frame> frames;  // One a column, all of one size.
};

// The rows below each other, each under its label.
// REQUIRES: at least one row; as many frames in each.
Frame ComposeSheet(const std::vector<SheetRow>& rows);

// kPermissionDenied: the file cannot be written.
Status WritePng(const std::string& path, const Frame& frame);

}  // namespace weft::eval
