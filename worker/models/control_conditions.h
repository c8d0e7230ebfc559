// What ControlNets make of control maps before any step: it depends on the map alone, so it is made
// once and read in every step.

#pragma once

#include <cstddef>
#include <list>

#include "worker/frame/frame.h"
#include "worker/models/controlnet.h"
#include "worker/models/weights.h"

namespace weft::models {

// Keeps the last used ones, within `bytes_max`. One thread. Throws what ATen throws.
class ControlConditions {
 public:
  static constexpr std::size_t kBytesMax = std::size_t{512} << 20U;

  explicit ControlConditions(std::size_t bytes_max = kBytesMax) : bytes_max_(bytes_max) {}

  // ControlNet::Condition() of one map, [1, width, latent height, latent width], where and as
  // `placement` says. number: which net it is; maps are told apart by what is in them.
  at::Tensor Of(const ControlNet& net,
                std::size_t number,
                const ControlMap& map,
                const Placement& placement);

 private:
  struct Known {
    std::size_t number;
    ControlMap map;
    at::Tensor condition;

    [[nodiscard]] std::size_t bytes() const { return map.values.size() + condition.nbytes(); }
  };

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::list<Known> known_;  // The last used one first.
};

}  // namespace weft::models
