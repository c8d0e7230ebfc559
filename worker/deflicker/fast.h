// FastBlend's `fast` mode (arXiv 2311.09265): means of many frames are shared between the frames
// that need them, so a frame takes a number of fields that grows with the logarithm of its window.
//
// A node (j, L) of the left tree is the mean of the 2^L frames that end with j, seen from j; it
// exists where the last L bits of j are ones. The window to the left of a frame is a few nodes; the
// right tree is its mirror image: nodes begin with j, whose last bits are zeros. Bits are those of
// frame numbers counted from the job's first frame, so every chunk finds the same nodes.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <tuple>
#include <vector>

#include "common/plan/frames.h"
#include "worker/deflicker/match_frame.h"
#include "worker/deflicker/match_planes.h"
#include "worker/deflicker/picture_sum.h"
#include "worker/deflicker/thread_team.h"
#include "worker/deflicker/tile_field.h"
#include "worker/frame/frame.h"

namespace weft::deflicker {

// Value: of the styles, as in PicturePlanes<Value>.
template <typename Value>
class BasicFastSmoother {
 public:
  using Planes = PicturePlanes<Value>;

  // search.patch_size: at most 2 * kVoteRadiusMax + 1.
  BasicFastSmoother(const TileSearchOptions& search, std::uint64_t seed)
      : search_(search), seed_(seed) {}
  ~BasicFastSmoother() = default;
  BasicFastSmoother(const BasicFastSmoother&) = delete;
  BasicFastSmoother& operator=(const BasicFastSmoother&) = delete;

  // The frame `target`, the mean of all frames of `window` seen from it. Targets come in ascending
  // order; nodes that no later one can need are forgotten. REQUIRES: frames hold the window.
  Frame Smoothed(const std::deque<MatchFrame>& frames, std::uint32_t target, FrameRange window);

  // Fields found so far.
  [[nodiscard]] std::uint64_t FieldCount() const { return field_count_; }

 private:
  enum class Side { kLeft, kRight };

  struct Node {
    Side side = Side::kLeft;
    std::uint32_t number = 0;
    int level = 0;

    friend bool operator<(const Node& a, const Node& b) {
      return std::tie(a.side, a.number, a.level) < std::tie(b.side, b.number, b.level);
    }
  };

  struct Sight {
    std::uint32_t from = 0;  // Frames.
    std::uint32_t to = 0;
    std::uint32_t times = 1;  // That it counts.
  };

  // The largest node that stands at `number` and has at most `room` frames.
  static Node Largest(Side side, std::uint32_t number, std::uint32_t room);

  const Planes& Picture(const std::deque<MatchFrame>& frames, const Node& node);
  void Blend(const std::deque<MatchFrame>& frames, const Node& node, Planes* blended);
  // Adds `picture`, which shows what frame `sight.from` shows, as seen from the other.
  void AddSeen(const std::deque<MatchFrame>& frames,
               const Planes& picture,
               const Sight& sight,
               BasicPictureSum<Value>* sum);
  void Forget(std::uint32_t window_begin);

  TileSearchOptions search_;
  std::uint64_t seed_;
  std::uint64_t field_count_ = 0;
  std::map<Node, Planes> nodes_;
  std::vector<Planes> spare_;  // Of nodes that were forgotten: their memory.
  ThreadTeam threads_{1};
  TileMatcher matcher_{&threads_};
  OffsetField field_;
  Planes mean_;
  BasicPictureSum<Value> sum_;       // Of a frame,
  BasicPictureSum<Value> node_sum_;  // and of a node.
};

extern template class BasicFastSmoother<std::int16_t>;
extern template class BasicFastSmoother<std::uint16_t>;

// Of either depth.
class FastSmoother {
 public:
  // As of BasicFastSmoother.
  FastSmoother(const TileSearchOptions& search, std::uint64_t seed)
      : plain_(search, seed), deep_(search, seed) {}

  // Likewise. REQUIRES: all frames have one depth.
  Frame Smoothed(const std::deque<MatchFrame>& frames, std::uint32_t target, FrameRange window) {
    return frames.front().IsDeep() ? deep_.Smoothed(frames, target, window)
                                   : plain_.Smoothed(frames, target, window);
  }

  [[nodiscard]] std::uint64_t FieldCount() const {
    return plain_.FieldCount() + deep_.FieldCount();
  }

 private:
  BasicFastSmoother<std::int16_t> plain_;
  BasicFastSmoother<std::uint16_t> deep_;
};

}  // namespace weft::deflicker
