#include "worker/eval/seams.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace weft::eval {
namespace {

constexpr std::uint32_t kAround = 4;    // Pairs on either side that are measured with a border,
constexpr std::uint32_t kCompared = 2;  // and that it is compared with.

bool StartsScene(const ChunkCut& cut, std::uint32_t frame) {
  return std::binary_search(cut.scene_starts.begin(), cut.scene_starts.end(), frame);
}

std::vector<std::uint32_t> AllPairs(const ChunkCut& cut) {
  std::vector<std::uint32_t> pairs;
  for (std::uint32_t frame = 1; frame < cut.frame_count; ++frame) {
    if (!StartsScene(cut, frame)) {
      pairs.push_back(frame);
    }
  }
  return pairs;
}

using Differences = std::map<std::uint32_t, double>;

// Of the pairs beside the border at `frame`, as far as they follow one another.
std::vector<double> Beside(const ChunkCut& cut, const Differences& output, std::uint32_t frame) {
  std::vector<double> beside;
  for (const bool before : {true, false}) {
    for (std::uint32_t distance = 1; distance <= kCompared; ++distance) {
      const auto found = output.find(before ? frame - distance : frame + distance);
      if (found == output.end() || IsBorder(cut, found->first)) {
        break;
      }
      beside.push_back(found->second);
    }
  }
  return beside;
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) {
    sum += value;
  }
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

void SetStep(const ChunkCut& cut, const std::vector<SeamPair>& pairs, SeamFigures& figures) {
  Differences output;
  for (const SeamPair& pair : pairs) {
    output.emplace(pair.frame, pair.output);
  }
  std::vector<double> more;  // Of each border than beside it.
  std::vector<double> usual;
  for (const auto& [frame, difference] : output) {
    const std::vector<double> beside =
        IsBorder(cut, frame) ? Beside(cut, output, frame) : std::vector<double>();
    if (!beside.empty()) {
      usual.push_back(Mean(beside));
      more.push_back(difference - usual.back());
    }
  }
  if (usual.empty() || Mean(usual) == 0) {
    return;
  }
  figures.step = Mean(more) / Mean(usual);
  const auto count = static_cast<double>(more.size());
  if (count > 1) {
    double squares = 0;
    for (const double value : more) {
      squares += (value - Mean(more)) * (value - Mean(more));
    }
    figures.step_error = std::sqrt(squares / (count - 1) / count) / Mean(usual);
  }
}

}  // namespace

bool IsBorder(const ChunkCut& cut, std::uint32_t frame) {
  return frame > 0 && frame < cut.frame_count && frame % cut.chunk_frames == 0 &&
         !StartsScene(cut, frame);
}

std::vector<std::uint32_t> PairsToMeasure(const ChunkCut& cut, std::uint32_t pairs_max) {
  std::vector<std::uint32_t> all = AllPairs(cut);
  if (all.size() <= pairs_max) {
    return all;
  }
  std::vector<std::uint32_t> centres;  // The borders; of a single chunk, any pair.
  std::copy_if(all.begin(), all.end(), std::back_inserter(centres),
               [&](std::uint32_t frame) { return IsBorder(cut, frame); });
  centres = centres.empty() ? all : centres;
  const std::uint32_t chosen = pairs_max / (2 * kAround + 1);
  std::set<std::uint32_t> pairs;
  for (std::uint32_t i = 0; i < chosen; ++i) {
    const std::uint32_t centre = centres[centres.size() * i / chosen];
    const auto first = std::lower_bound(all.begin(), all.end(), centre - std::min(centre, kAround));
    const auto last = std::upper_bound(all.begin(), all.end(), centre + kAround);
    pairs.insert(first, last);
  }
  return {pairs.begin(), pairs.end()};
}

SeamFigures Summarize(const ChunkCut& cut, const std::vector<SeamPair>& pairs) {
  SeamFigures figures;
  figures.chunk_count = (cut.frame_count + cut.chunk_frames - 1) / cut.chunk_frames;
  for (const SeamPair& pair : pairs) {
    const bool border = IsBorder(cut, pair.frame);
    ++(border ? figures.border_count : figures.interior_count);
    (border ? figures.border : figures.interior) += pair.output;
    (border ? figures.source_border : figures.source_interior) += pair.source;
  }
  const double borders = std::max(figures.border_count, 1U);
  const double interiors = std::max(figures.interior_count, 1U);
  figures.border /= borders;
  figures.source_border /= borders;
  figures.interior /= interiors;
  figures.source_interior /= interiors;
  SetStep(cut, pairs, figures);
  return figures;
}

std::optional<double> SeamOf(const std::vector<BorderCheck>& checks) {
  double border = 0;
  double interior = 0;
  for (const BorderCheck& check : checks) {
    border += check.border.value_or(0);
    interior += check.interior.value_or(0);
  }
  return interior == 0 ? std::optional<double>() : border / interior - 1;
}

}  // namespace weft::eval
