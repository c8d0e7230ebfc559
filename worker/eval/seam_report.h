// A seam report for people and for programs.

#pragma once

#include <string>
#include <vector>

#include "worker/eval/seams.h"
#include "worker/frame/frame.h"

namespace weft::eval {

struct SeamReport {
  std::string output;  // The video's name.
  ChunkCut cut;
  std::vector<SeamPair> pairs;  // That were measured, ascending.
  SeamFigures figures;          // Summarize(cut, pairs)
  std::vector<BorderCheck> checks = {};
  bool approximate = false;     // The chunks exchanged nothing.
  std::string unmeasured = {};  // Why nothing was measured; empty where something was.
};

// One JSON object with every figure and every pair, ending with a line end.
std::string SeamJson(const SeamReport& report);

// Every pair's difference over the frames: the output's as dots, those at borders larger and in
// another colour, and the source's as a line.
Frame SeamPlot(const SeamReport& report);

}  // namespace weft::eval
