// How fast and how well the deflicker's PatchMatch maps one picture onto another.

#pragma once

#include <string>

#include "common/result.h"

namespace weft::bench {

struct PatchMatchOrder {
  std::string target_path;
  std::string source_path;
  int patch_size = 5;
  int iterations = 3;
  int repeats = 5;
};

// Times are the thread's CPU time, medians of the repeats.
struct PatchMatchFigures {
  double ms = 0;          // Pyramids of both pictures and the field, from decoded pictures.
  double remap_ms = 0;    // The source's picture seen through the field.
  double patch_mse = 0;   // Mean of patch SSD / (patch^2 * 3), edges repeated, over all pixels.
  double remap_psnr = 0;  // The remapped source against the target, dB over all values.
  int threads = 1;
};

// The field from target to source, with each picture as guide and style at once.
// kInvalidArgument: a picture cannot be read, sizes differ, or the options cannot work.
Result<PatchMatchFigures> MeasurePatchMatch(const PatchMatchOrder& order);

}  // namespace weft::bench
