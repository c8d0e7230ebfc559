#include "worker/deflicker/fast.h"

#include <utility>

#include "worker/deflicker/tile_vote.h"

namespace weft::deflicker {

template <typename Value>
typename BasicFastSmoother<Value>::Node BasicFastSmoother<Value>::Largest(Side side,
                                                                          std::uint32_t number,
                                                                          std::uint32_t room) {
  const std::uint32_t bits = side == Side::kLeft ? number : ~number;
  int level = 0;
  while ((bits >> level & 1) != 0 && std::uint32_t{2} << level <= room) {
    ++level;
  }
  return {side, number, level};
}

template <typename Value>
void BasicFastSmoother<Value>::AddSeen(const std::deque<MatchFrame>& frames,
                                       const Planes& picture,
                                       const Sight& sight,
                                       BasicPictureSum<Value>* sum) {
  ++field_count_;
  matcher_.Find(FrameAt(frames, sight.from).guides, FrameAt(frames, sight.to).guides, search_,
                {seed_, sight.from, sight.to}, &field_);
  AddVote(picture, field_, search_.patch_size / 2, static_cast<std::int32_t>(sight.times), sum);
}

template <typename Value>
void BasicFastSmoother<Value>::Blend(const std::deque<MatchFrame>& frames,
                                     const Node& node,
                                     Planes* blended) {
  const std::uint32_t half = 1U << (node.level - 1);
  // First: it may blend another node.
  const Planes& nearer = Picture(frames, {node.side, node.number, node.level - 1});
  node_sum_.Begin(nearer);
  node_sum_.Add(nearer, static_cast<std::int32_t>(half));
  for (std::uint32_t i = half; i < 2 * half; ++i) {
    const std::uint32_t from = node.side == Side::kLeft ? node.number - i : node.number + i;
    AddSeen(frames, FrameAt(frames, from).template Style<Value>(), {from, node.number}, &node_sum_);
  }
  node_sum_.MeanInto(blended);
}

template <typename Value>
const PicturePlanes<Value>& BasicFastSmoother<Value>::Picture(const std::deque<MatchFrame>& frames,
                                                              const Node& node) {
  if (node.level == 0) {
    return FrameAt(frames, node.number).template Style<Value>();
  }
  auto found = nodes_.find(node);
  if (found == nodes_.end()) {
    Planes blended;
    if (!spare_.empty()) {
      blended = std::move(spare_.back());
      spare_.pop_back();
    }
    Blend(frames, node, &blended);
    found = nodes_.emplace(node, std::move(blended)).first;
  }
  return found->second;
}

template <typename Value>
void BasicFastSmoother<Value>::Forget(std::uint32_t window_begin) {
  for (auto node = nodes_.begin(); node != nodes_.end();) {
    const std::uint32_t size = 1U << node->first.level;
    const std::uint32_t first =
        node->first.side == Side::kLeft ? node->first.number + 1 - size : node->first.number;
    if (first < window_begin) {
      spare_.push_back(std::move(node->second));
      node = nodes_.erase(node);
    } else {
      ++node;
    }
  }
}

template <typename Value>
Frame BasicFastSmoother<Value>::Smoothed(const std::deque<MatchFrame>& frames,
                                         std::uint32_t target,
                                         FrameRange window) {
  Forget(window.begin);
  const Planes& own = FrameAt(frames, target).template Style<Value>();
  sum_.Begin(own);
  for (const Side side : {Side::kLeft, Side::kRight}) {
    std::uint32_t number = target;
    std::uint32_t room = side == Side::kLeft ? target + 1 - window.begin : window.end - target;
    while (room > 0) {
      const Node node = Largest(side, number, room);
      const std::uint32_t size = 1U << node.level;
      const Planes& picture = Picture(frames, node);
      if (number == target) {
        sum_.Add(picture, static_cast<std::int32_t>(size));
      } else {
        AddSeen(frames, picture, {number, target, size}, &sum_);
      }
      room -= size;
      number = side == Side::kLeft ? number - size : number + size;
    }
  }
  sum_.Add(own, -1);  // It is on both sides.
  sum_.MeanInto(&mean_);
  return mean_.ToFrame();
}

template class BasicFastSmoother<std::int16_t>;
template class BasicFastSmoother<std::uint16_t>;

}  // namespace weft::deflicker
