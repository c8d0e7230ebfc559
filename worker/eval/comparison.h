// Rendered clips compared with their source: figures, and pictures to look at.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/plan/frames.h"
#include "common/result.h"
#include "worker/eval/report.h"
#include "worker/eval/sheet.h"

namespace weft::eval {

struct ComparedClip {
  std::string label;
  std::string path;
};

struct ComparisonOrder {
  std::string guide_path;
  FrameRange guide_frames;  // Of the guide, that the clips stand for; end 0: to its last frame.
  std::vector<ComparedClip> clips;
  std::uint32_t sheet_columns = 0;  // 0: no contact sheet.
  bool side_by_side = false;        // The guide beside the last clip.
};

struct Comparison {
  FrameRange guide_frames;
  std::vector<LabelledFigures> figures;  // The guide's as "source", then the clips' in their order.
  std::vector<SheetRow> sheet;           // The same rows; empty when none was ordered.
  std::string side_by_side;              // A segment (worker/media/frame_sink.h); empty likewise.
};

// Reads every frame once. The guide is scaled to the clips' size.
// kInvalidArgument: a clip cannot be read, the clips' sizes differ, or a clip has not as many
// frames as the guide's range.  kDataLoss: a frame cannot be decoded.
Result<Comparison> Compare(const ComparisonOrder& order);

}  // namespace weft::eval
