// How fast and how well the deflicker's engine maps one picture onto another.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/result.h"
#include "tests/benchmarks/picture_size.h"
#include "tests/benchmarks/stopwatch.h"

namespace weft::bench {

// What else is measured in the same process, on the same pictures.
enum class Reference { kNone, kBarnes, kExact };

struct PatchMatchOrder {
  std::string target_path;
  std::string source_path;
  std::string flow_path;           // True motion from target to source; empty: unknown.
  int patch_size = 5;              // Odd.
  int threads = 1;                 // The engine's; a reference has one.
  std::optional<int> cuda_device;  // Of CUDA's, counted from 0: it finds the engine's field.
  int occurrence_weight = 0;       // worker/deflicker/occurrence.h
  int repeats = 5;
  Reference reference = Reference::kNone;
};

// One matcher's field.
struct FieldFigures {
  Spent spent;           // From decoded pictures to the field; median of the repeats.
  double patch_mse = 0;  // tests/benchmarks/field_quality.h says what these are.
  std::optional<double> endpoint_error;  // Where the true motion is known.
};

struct PatchMatchFigures {
  PictureSize size;
  FieldFigures engine;
  double unused = 0;             // Part of the source's pixels that no match of the engine takes.
  std::uint64_t field_hash = 0;  // Of the engine's offsets and costs: equal for equal bits.
  Spent remap;            // The source seen through the finished field; median of the repeats.
  double remap_psnr = 0;  // That picture against the target, dB.
  std::optional<FieldFigures> reference;
};

// The field from target to source. The exact reference runs once, Barnes' as often as the engine.
// kInvalidArgument: a file cannot be read, sizes differ, the patch size is even, or the engine
// refuses the options.
Result<PatchMatchFigures> MeasurePatchMatch(const PatchMatchOrder& order);

}  // namespace weft::bench
