// How well the deflicker frees a clip from flicker, and what that costs.

#pragma once

#include <cstdint>
#include <string>

#include "common/result.h"
#include "tests/benchmarks/clip_scores.h"
#include "tests/benchmarks/picture_size.h"
#include "tests/benchmarks/stopwatch.h"

namespace weft::bench {

struct DeflickerOrder {
  // Holds clean.mkv, flicker.mkv, gtflow.npz (tests/benchmarks/true_motion.h), and guide.mkv or
  // not: then the deflicker gets the flickering clip alone.
  std::string folder;
  std::string mode = "balanced";
  std::uint32_t window = 4;  // Neighbours on each side.
  int threads = 1;
};

struct DeflickerFigures {
  PictureSize size;
  std::uint32_t frame_count = 0;
  Spent spent;        // By the deflicker for all frames, from decoded to smoothed ones.
  ClipScores result;  // Of what the deflicker makes,
  ClipScores input;   // and of what it is given.
};

// kInvalidArgument, kDataLoss, kNotFound, kUnsupported: a file is missing or does not fit the
// others, or the deflicker refuses the options; the error says which.
Result<DeflickerFigures> MeasureDeflicker(const DeflickerOrder& order);

}  // namespace weft::bench
