// Flicker figures for people and for programs.

#pragma once

#include <string>
#include <vector>

#include "worker/eval/flicker.h"

namespace weft::eval {

struct LabelledFigures {
  std::string label;
  FlickerFigures figures;
};

// A line for each clip under a header, in aligned columns, and what the columns mean.
std::string FiguresTable(const std::vector<LabelledFigures>& clips);

// One line: {"clips": [{"label": …, "warped_difference": …, "plain_difference": …, "sharpness": …,
// "pair_count": …}, …]}
std::string FiguresJson(const std::vector<LabelledFigures>& clips);

}  // namespace weft::eval
