// Whether a video shows where it was cut into chunks: how much changes from one frame to the next
// at the borders, and how much inside of the chunks.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace weft::eval {

struct ChunkCut {
  std::uint32_t frame_count = 0;
  std::uint32_t chunk_frames = 1;           // Chunks begin at its multiples.
  std::vector<std::uint32_t> scene_starts;  // Ascending; the first is 0.
};

// Two frames next to each other, by the number of the second. Across a scene cut there is no pair.
bool IsBorder(const ChunkCut& cut, std::uint32_t frame);

// The pairs to measure, ascending: all where they are at most `pairs_max`, else evenly chosen
// borders with up to four pairs on either side. REQUIRES: pairs_max >= 9.
std::vector<std::uint32_t> PairsToMeasure(const ChunkCut& cut, std::uint32_t pairs_max);

// Mean absolute differences in 8-bit levels after the source's motion is undone.
struct SeamPair {
  std::uint32_t frame = 0;  // The second one.
  double output = 0;
  double source = 0;
};

struct SeamFigures {
  std::uint32_t chunk_count = 0;
  std::uint32_t border_count = 0;    // Pairs that were measured, at borders
  std::uint32_t interior_count = 0;  // and inside.
  double border = 0;                 // Means of SeamPair::output over them.
  double interior = 0;
  double source_border = 0;  // Likewise of SeamPair::source.
  double source_interior = 0;
  // What borders change more than the pairs beside them do (up to two on either side, inside), as a
  // fraction of the latter: what a film shows at one place says nothing about another. Absent where
  // no border has such a pair.
  std::optional<double> step = std::nullopt;
  // One standard error of it; absent with fewer than two borders.
  std::optional<double> step_error = std::nullopt;
};

// pairs: ascending, of PairsToMeasure().
SeamFigures Summarize(const ChunkCut& cut, const std::vector<SeamPair>& pairs);

// The frames beside a border as the job's chunks made them, and as a chunk made them within which
// they lie side by side (common/plan/seam_checks.h); before the file was encoded. Differences are
// those of SeamPair, absent where frames are too small for motion.
struct BorderCheck {
  std::uint32_t frame = 0;                        // The first one behind the border.
  std::optional<double> border = std::nullopt;    // From chunk to chunk,
  std::optional<double> interior = std::nullopt;  // and inside of one.
  bool equal = false;                             // All pixels of both frames are.
};

// What borders change more than the same frames do without a border, as a fraction: what the border
// does, whatever the film shows there. What the frames' neighbours brought along is in both. Absent
// where nothing was measured, or nothing changes.
std::optional<double> SeamOf(const std::vector<BorderCheck>& checks);

}  // namespace weft::eval
