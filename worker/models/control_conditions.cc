#include "worker/models/control_conditions.h"

#include <algorithm>
#include <cstdint>

namespace weft::models {
namespace {

constexpr int kControlChannels = 3;
constexpr float kByteMax = 255.0F;

// [1, 3, height, width], 0..1. Grey maps fill all three channels.
at::Tensor PictureOf(const ControlMap& map) {
  at::Tensor picture = at::empty({1, kControlChannels, map.height, map.width}, at::kFloat);
  auto* to = picture.data_ptr<float>();
  const auto pixels = static_cast<std::size_t>(map.width) * static_cast<std::size_t>(map.height);
  const auto step = static_cast<std::size_t>(map.channels);
  for (std::size_t channel = 0; channel < kControlChannels; ++channel) {
    const std::uint8_t* from = map.values.data() + (map.channels == 1 ? 0 : channel);
    for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
      *to++ = static_cast<float>(from[pixel * step]) / kByteMax;
    }
  }
  return picture;
}

}  // namespace

at::Tensor ControlConditions::Of(const ControlNet& net,
                                 std::size_t number,
                                 const ControlMap& map,
                                 const Placement& placement) {
  const auto found = std::find_if(known_.begin(), known_.end(), [&](const Known& known) {
    return known.number == number && known.map == map;
  });
  if (found != known_.end()) {
    known_.splice(known_.begin(), known_, found);
    return known_.front().condition;
  }
  const at::Tensor picture = PictureOf(map)
                                 .to(placement.device, placement.type)
                                 .contiguous(at::MemoryFormat::ChannelsLast);
  known_.push_front({number, map, net.Condition(picture)});
  bytes_ += known_.front().bytes();
  const at::Tensor condition = known_.front().condition;
  while (bytes_ > bytes_max_ && !known_.empty()) {
    bytes_ -= known_.back().bytes();
    known_.pop_back();
  }
  return condition;
}

}  // namespace weft::models
