#include "worker/deflicker/patch_match.h"

#include <algorithm>
#include <limits>
#include <string>

#include "worker/deflicker/remap.h"
#include "worker/deflicker/search.h"

namespace weft::deflicker {
namespace {

int PatchSizeOf(int iteration, const DeflickerOptions& options) {
  return options.patch_size_min + 2 * (options.iterations - 1 - iteration);
}

// Good matches travel far first, then into every corner (jump flooding, Rong and Tan 2006).
int DistanceOf(int iteration, const DeflickerOptions& options) {
  constexpr int kDistanceMax = 8;
  return std::min(kDistanceMax, 1 << (options.iterations - 1 - iteration));
}

// As many halvings as leave the coarsest level two patches wide; at least the frame itself.
int LevelCount(int width, int height, const DeflickerOptions& options) {
  const int smallest = 2 * PatchSizeOf(0, options);
  int count = 0;
  for (int side = std::min(width, height); side >= smallest; side /= 2) {
    ++count;
  }
  return std::max(1, count);
}

std::vector<PaddedImage> Pyramid(const Frame& frame, const DeflickerOptions& options) {
  const int levels = LevelCount(frame.width, frame.height, options);
  std::vector<PaddedImage> pyramid;
  pyramid.reserve(static_cast<std::size_t>(levels));
  pyramid.emplace_back(frame, PatchSizeOf(0, options) / 2);
  while (static_cast<int>(pyramid.size()) < levels) {
    pyramid.push_back(Halved(pyramid.back()));
  }
  return pyramid;
}

Field ImproveLevel(const MatchFrame& source,
                   const MatchFrame& target,
                   std::size_t level,
                   Field field,
                   const DeflickerOptions& options) {
  for (int iteration = 0; iteration < options.iterations; ++iteration) {
    const SearchStep step{PatchSizeOf(iteration, options), options.guide_weight,
                          DistanceOf(iteration, options)};
    const PaddedImage vote = Remap(source.styles[level], field, step.patch_size);
    const PatchPair pair{source.guides[level], source.styles[level], target.guides[level], vote};
    const SearchNumber number{options.seed, source.number, target.number,
                              static_cast<std::uint16_t>(level),
                              static_cast<std::uint16_t>(iteration)};
    field = Improved(pair, field, step, number);
  }
  return field;
}

}  // namespace

Status CheckMatchable(int width, int height, const DeflickerOptions& options) {
  constexpr int kSideMax = std::numeric_limits<std::int16_t>::max();
  if (width < 1 || height < 1 || width > kSideMax || height > kSideMax) {
    return Failure(ErrorCode::kInvalidArgument,
                   "frames of " + std::to_string(width) + "x" + std::to_string(height) +
                       " cannot be matched; sides are 1 to " + std::to_string(kSideMax));
  }
  const bool fits = options.iterations >= 1 && options.iterations <= kPatchSizeMax &&
                    options.patch_size_min >= kPatchSizeMin &&
                    options.patch_size_min <= kPatchSizeMax &&
                    PatchSizeOf(0, options) <= kPatchSizeMax;
  if (!fits || options.patch_size_min % 2 == 0) {
    return Failure(ErrorCode::kInvalidArgument,
                   "deflicker patches of " + std::to_string(options.patch_size_min) + " and " +
                       std::to_string(options.iterations) +
                       " iterations: patches must be odd, and patch + 2 (iterations - 1) at most " +
                       std::to_string(kPatchSizeMax));
  }
  const int largest = PatchSizeOf(0, options);
  if (options.guide_weight < 0 || options.guide_weight > GuideWeightMax(largest)) {
    return Failure(ErrorCode::kInvalidArgument, "deflicker guide weight must be 0 to " +
                                                    std::to_string(GuideWeightMax(largest)) +
                                                    " with patches of " + std::to_string(largest));
  }
  return {};
}

MatchFrame PrepareFrame(std::uint32_t number,
                        const Frame& guide,
                        const Frame& style,
                        const DeflickerOptions& options) {
  return {number, Pyramid(guide, options), Pyramid(style, options)};
}

Field FindField(const MatchFrame& source,
                const MatchFrame& target,
                const DeflickerOptions& options) {
  const PaddedImage& coarsest = target.guides.back();
  Field field(coarsest.Width(), coarsest.Height());
  for (std::size_t level = target.guides.size() - 1; level > 0; --level) {
    field = ImproveLevel(source, target, level, std::move(field), options);
    const PaddedImage& finer = target.guides[level - 1];
    field = field.Enlarged(finer.Width(), finer.Height());
  }
  return ImproveLevel(source, target, 0, std::move(field), options);
}

}  // namespace weft::deflicker
