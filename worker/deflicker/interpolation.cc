#include "worker/deflicker/interpolation.h"

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <type_traits>
#include <utility>

#include "common/plan/key_frames.h"
#include "worker/deflicker/match_frame.h"
#include "worker/deflicker/picture_sum.h"
#include "worker/deflicker/prepared_window.h"
#include "worker/deflicker/style_refinement.h"
#include "worker/deflicker/tile_field.h"
#include "worker/deflicker/tile_vote.h"

namespace weft::deflicker {
namespace {

constexpr int kRounds = 2;  // Times that the matches are fitted to each other.

// A key frame, seen from the target.
struct KeyMatch {
  const MatchFrame* key = nullptr;
  OffsetField field;
  MatchPlanes seen;
};

class Interpolator {
 public:
  explicit Interpolator(const InterpolationOptions& options) : options_(options) {}

  // The frame `target`, which is no key frame. frames: guides; they hold the window.
  Frame Between(const std::deque<MatchFrame>& frames,
                std::uint32_t target,
                FrameRange window,
                const std::vector<const MatchFrame*>& keys) {
    Forget(window.begin);
    std::vector<KeyMatch> matches;
    for (const MatchFrame* const key : keys) {
      matches.push_back({key, FieldOf(*key, FrameAt(frames, target)), {}});
      matches.back().seen = Seen(matches.back());
    }
    for (int round = 0; round < kRounds; ++round) {
      FitTogether(frames, target, window, &matches);
    }
    return keys.front()->IsDeep() ? Blended<std::uint16_t>(matches, target)
                                  : Blended<std::int16_t>(matches, target);
  }

 private:
  // By the guides alone.
  const OffsetField& FieldOf(const MatchFrame& key, const MatchFrame& target) {
    const std::pair numbers(target.number, key.number);
    auto found = fields_.find(numbers);
    if (found == fields_.end()) {
      found = fields_
                  .emplace(numbers, FindTileField(key.guides, target.guides,
                                                  {.patch_size = options_.patch_size},
                                                  {options_.seed, key.number, target.number}))
                  .first;
    }
    return found->second;
  }

  // Fields of frames that no later window holds.
  void Forget(std::uint32_t window_begin) {
    fields_.erase(fields_.begin(), fields_.lower_bound({window_begin, 0}));
  }

  [[nodiscard]] MatchPlanes Seen(const KeyMatch& match) const {
    return Vote(match.key->style, match.field, options_.patch_size / 2);
  }

  void FitTogether(const std::deque<MatchFrame>& frames,
                   std::uint32_t target,
                   FrameRange window,
                   std::vector<KeyMatch>* matches) {
    const MatchPlanes& guide = FrameAt(frames, target).guides.front();
    std::vector<OffsetField> fields;
    for (const KeyMatch& match : *matches) {
      const bool first = &match == &matches->front();
      const MatchPlanes& aim = first ? matches->back().seen : matches->front().seen;
      std::vector<const OffsetField*> tried = {&match.field};
      for (std::uint32_t number = window.begin; number < window.end; ++number) {
        if (number != target) {
          tried.push_back(&FieldOf(*match.key, FrameAt(frames, number)));
        }
      }
      fields.push_back(RefinedByStyle({match.key->guides.front(), match.key->style, guide, aim},
                                      tried, {options_.patch_size, options_.guide_weight}));
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
      (*matches)[i].field = std::move(fields[i]);
      (*matches)[i].seen = Seen((*matches)[i]);
    }
  }

  // Value: of the key frames' styles, as in PicturePlanes<Value>.
  template <typename Value>
  [[nodiscard]] Frame Blended(const std::vector<KeyMatch>& matches, std::uint32_t target) const {
    BasicPictureSum<Value> sum(matches.front().key->template Style<Value>());
    const auto add = [&](const KeyMatch& match, std::uint32_t times) {
      if constexpr (std::is_same_v<Value, std::uint16_t>) {
        sum.Add(Vote(match.key->deep_style, match.field, options_.patch_size / 2),
                static_cast<std::int32_t>(times));
      } else {
        sum.Add(match.seen, static_cast<std::int32_t>(times));
      }
    };
    if (matches.size() == 1) {
      add(matches.front(), 1);
    } else {
      add(matches.front(), matches.back().key->number - target);
      add(matches.back(), target - matches.front().key->number);
    }
    return sum.Mean().ToFrame();
  }

  InterpolationOptions options_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, OffsetField> fields_;  // By target and key.
};

// A key frame as it is.
Frame ItselfOf(const MatchFrame& key) {
  return key.IsDeep() ? key.deep_style.ToFrame() : key.style.ToFrame();
}

// The key frames of the current frame, each prepared once.
class PreparedKeys {
 public:
  explicit PreparedKeys(const ClipFrames& clip) : clip_(clip) {}

  Result<std::vector<const MatchFrame*>> Take(const std::vector<std::uint32_t>& numbers) {
    keys_.erase(keys_.begin(), keys_.lower_bound(numbers.front()));
    std::vector<const MatchFrame*> keys;
    for (const std::uint32_t number : numbers) {
      if (keys_.count(number) == 0) {
        WEFT_ASSIGN_OR_RETURN(const Frame guide, clip_.guide(number));
        WEFT_ASSIGN_OR_RETURN(const Frame style, clip_.style(number));
        WEFT_RETURN_IF_ERROR(CheckSameSize(number, guide, style));
        keys_.emplace(number, PrepareMatch(number, &guide, style));
      }
      if (keys_.at(number).IsDeep() != keys_.begin()->second.IsDeep()) {
        return Failure(ErrorCode::kInvalidArgument, "key frame " + std::to_string(number) +
                                                        " has another bit depth than others");
      }
      keys.push_back(&keys_.at(number));
    }
    return keys;
  }

 private:
  static Status CheckSameSize(std::uint32_t number, const Frame& guide, const Frame& style) {
    if (guide.width != style.width || guide.height != style.height) {
      return Failure(ErrorCode::kInvalidArgument,
                     "key frame " + std::to_string(number) + " is " + std::to_string(style.width) +
                         "x" + std::to_string(style.height) + ", its guide " +
                         std::to_string(guide.width) + "x" + std::to_string(guide.height));
    }
    return {};
  }

  const ClipFrames& clip_;
  std::map<std::uint32_t, MatchFrame> keys_;
};

}  // namespace

Status CheckInterpolation(int width, int height, const InterpolationOptions& options) {
  return CheckDeflicker(width, height,
                        {.patch_size = options.patch_size, .guide_weight = options.guide_weight});
}

Status Interpolate(const ClipFrames& clip,
                   const std::vector<std::uint32_t>& key_frames,
                   FrameRange core,
                   const InterpolationOptions& options,
                   const TakeFrame& take) {
  if (core.begin >= core.end || core.end > clip.frame_count) {
    return Failure(ErrorCode::kInvalidArgument, "deflicker: no such frames in the job");
  }
  WEFT_RETURN_IF_ERROR(CheckKeyFrames(key_frames, clip.scene_starts, clip.frame_count));
  Interpolator interpolator(options);
  PreparedKeys keys(clip);
  PreparedWindow<MatchFrame> frames;
  const auto prepare = [&](std::uint32_t number) -> Result<MatchFrame> {
    WEFT_ASSIGN_OR_RETURN(const Frame guide, clip.guide(number));
    WEFT_RETURN_IF_ERROR(CheckInterpolation(guide.width, guide.height, options));
    return PrepareGuide(number, guide);
  };
  for (std::uint32_t number = core.begin; number < core.end; ++number) {
    const FrameRange window =
        SmoothingWindow(number, options.window, clip.scene_starts, clip.frame_count);
    WEFT_RETURN_IF_ERROR(frames.MoveTo(window, prepare));
    WEFT_ASSIGN_OR_RETURN(
        const std::vector<const MatchFrame*> around,
        keys.Take(KeysAround(number, key_frames, clip.scene_starts, clip.frame_count)));
    const bool is_key = around.front()->number == number;
    WEFT_RETURN_IF_ERROR(take(is_key
                                  ? ItselfOf(*around.front())
                                  : interpolator.Between(frames.Frames(), number, window, around)));
  }
  return {};
}

}  // namespace weft::deflicker
