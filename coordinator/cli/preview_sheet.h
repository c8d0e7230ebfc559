// A sheet of the small pictures that a job's denoise tasks bring: one watches the render appear.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"
#include "worker/frame/frame.h"

namespace weft::cli {

// What a sheet shows: rounds from top to bottom, chunks from left to right.
struct SheetPlan {
  std::vector<std::uint32_t> rounds;
  std::vector<std::uint32_t> chunks;
};

// At most 24 rounds and 8 chunks, evenly chosen, the first and the last among them.
// REQUIRES: at least one of each.
SheetPlan PlanSheet(std::uint32_t round_count, std::uint32_t chunk_count);

// A "preview" output (see weft/v1/task.proto). kDataLoss: it is none.
Result<Frame> ReadPreview(const std::string& blob);

// By round and chunk.
using Previews = std::map<std::pair<std::uint32_t, std::uint32_t>, Frame>;

// Every picture of the plan as large as the first one, in whole multiples of its pixels and about
// 128 wide; a dark field where there is none yet. kInvalidArgument: no picture at all.
Result<Frame> ComposeSheet(const SheetPlan& plan, const Previews& previews);

}  // namespace weft::cli
