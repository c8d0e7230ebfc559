#include "worker/models/kept_anchors.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

#include <c10/util/Exception.h>

namespace weft::models {
namespace {

std::uint64_t BytesOf(const std::vector<FrameMemory::Sides>& layers) {
  std::uint64_t bytes = 0;
  for (const FrameMemory::Sides& sides : layers) {
    for (const KeysValues& side : sides) {
      if (side.keys.defined()) {  // In guess mode, ControlNets see the positive side only.
        bytes += side.keys.nbytes() + side.values.nbytes();
      }
    }
  }
  return bytes;
}

std::uint64_t BytesOf(const AnchorInput& input, const FrameStates& states) {
  std::uint64_t bytes = input.noisy.size() * sizeof(float) + BytesOf(states.unet);
  for (const ControlMap& map : input.controls) {
    bytes += map.values.size();
  }
  for (const std::vector<FrameMemory::Sides>& layers : states.controlnets) {
    bytes += BytesOf(layers);
  }
  return bytes;
}

bool SameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

bool SameFirst(const AnchorInput* a, const AnchorInput* b) {
  return a == b || (a != nullptr && b != nullptr && *a == *b);
}

}  // namespace

bool operator==(const AnchorInput& a, const AnchorInput& b) {
  const auto facts = [](const AnchorInput& input) {
    return std::tie(input.timestep, input.height, input.width, input.guess_mode,
                    input.controlnets_attend, input.micro_batch, input.number, input.scales);
  };
  return facts(a) == facts(b) && SameBits(a.noisy, b.noisy) && a.controls == b.controls &&
         SameFirst(a.first.get(), b.first.get());
}

void KeptAnchors::BeginTask(std::uint64_t bytes_max) {
  ++task_;
  bytes_max_ = std::min(bytes_max, bytes_held_);
  while (bytes_ > bytes_max_) {
    DropLast();
  }
}

const KeptAnchors::Kept* KeptAnchors::Find(const AnchorInput& input) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return *entry.kept.input == input; });
  if (found == entries_.end()) {
    return nullptr;
  }
  found->used_in = task_;
  entries_.splice(entries_.begin(), entries_, found);
  return &entries_.front().kept;
}

void KeptAnchors::Keep(Kept kept) {
  const std::uint64_t bytes = BytesOf(*kept.input, kept.states);
  while (bytes_ + bytes > bytes_max_ && !entries_.empty() && entries_.back().used_in != task_) {
    DropLast();
  }
  if (bytes_ + bytes > bytes_max_) {
    return;
  }
  entries_.push_front({std::move(kept), bytes, task_});
  bytes_ += bytes;
}

void KeptAnchors::Forget() {
  entries_.clear();
  bytes_ = 0;
}

bool KeptAnchors::GiveUp() {
  if (entries_.empty()) {
    return false;
  }
  const std::uint64_t bytes = bytes_;
  bytes_held_ = bytes / 2;
  bytes_max_ = 0;
  Forget();
  // Now that there is memory to say it; the worker's log has it, with the task's name.
  TORCH_WARN("memory is short: the keys and values kept of anchors are given up, ", bytes,
             " bytes; each chunk predicts its own until memory allows more. No frame changes");
  return true;
}

void KeptAnchors::DropLast() {
  bytes_ -= entries_.back().bytes;
  entries_.pop_back();
}

}  // namespace weft::models
