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

class FastSmoother {
 public:
  // search.patch_size: at most 2 * kVoteRadiusMax + 1.
  FastSmoother(const TileSearchOptions& search, std::uint64_t seed)
      : search_(search), seed_(seed) {}
  ~FastSmoother() = default;
  FastSmoother(const FastSmoother&) = delete;
  FastSmoother& operator=(const FastSmoother&) = delete;

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

  // The largest node that stands at `number` and has at most `room` frames.
  static Node Largest(Side side, std::uint32_t number, std::uint32_t room);

  const MatchPlanes& Picture(const std::deque<MatchFrame>& frames, const Node& node);
  void Blend(const std::deque<MatchFrame>& frames, const Node& node, MatchPlanes* blended);
  // Adds `picture`, which shows what frame `from` shows, as seen from frame `to`, `times` times.
  void AddSeen(const std::deque<MatchFrame>& frames,
               const MatchPlanes& picture,
               std::uint32_t from,
               std::uint32_t to,
               std::uint32_t times,
               PictureSum* sum);
  void Forget(std::uint32_t window_begin);

  TileSearchOptions search_;
  std::uint64_t seed_;
  std::uint64_t field_count_ = 0;
  std::map<Node, MatchPlanes> nodes_;
  std::vector<MatchPlanes> spare_;  // Of nodes that were forgotten: their memory.
  ThreadTeam threads_{1};
  TileMatcher matcher_{&threads_};
  OffsetField field_;
  MatchPlanes mean_;
  PictureSum sum_;       // Of a frame,
  PictureSum node_sum_;  // and of a node.
};

}  // namespace weft::deflicker
