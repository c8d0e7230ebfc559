#include "worker/models/joint_attention.h"

#include <algorithm>

namespace weft::models {
namespace {

const SampleLinks& LinksAt(const JointAttention& joint, std::int64_t sample) {
  return joint.samples.at(static_cast<std::size_t>(sample));
}

bool ReadsItselfOnly(const SampleLinks& links) {
  return links.mates.from == 0 && links.mates.count == 1 && links.reads.empty();
}

bool ReadAlike(const SampleLinks& a, const SampleLinks& b) {
  return a.mates.count == b.mates.count && a.reads.size() == b.reads.size();
}

}  // namespace

void FrameMemory::Store(int layer, int frame, int side, const KeysValues& own) {
  // Copied out of the batch, which would otherwise be kept alive as a whole.
  Place(layer, frame).at(static_cast<std::size_t>(side)) = {own.keys.clone(), own.values.clone()};
}

const KeysValues& FrameMemory::At(int layer, int frame, int side) const {
  return layers_.at(static_cast<std::size_t>(layer))
      .at(static_cast<std::size_t>(frame))
      .at(static_cast<std::size_t>(side));
}

std::vector<FrameMemory::Sides> FrameMemory::Of(int frame) const {
  std::vector<Sides> layers;
  for (const std::vector<Sides>& frames : layers_) {
    layers.push_back(frames.at(static_cast<std::size_t>(frame)));
  }
  return layers;
}

void FrameMemory::Put(int frame, const std::vector<Sides>& layers) {
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    Place(static_cast<int>(layer), frame) = layers[layer];
  }
}

FrameMemory::Sides& FrameMemory::Place(int layer, int frame) {
  const auto layer_index = static_cast<std::size_t>(layer);
  const auto frame_index = static_cast<std::size_t>(frame);
  layers_.resize(std::max(layers_.size(), layer_index + 1));
  auto& frames = layers_[layer_index];
  frames.resize(std::max(frames.size(), frame_index + 1));
  return frames[frame_index];
}

void Remember(const KeysValues& batch, int layer, JointAttention& joint) {
  for (std::size_t sample = 0; sample < joint.samples.size(); ++sample) {
    const SampleLinks& links = joint.samples[sample];
    if (links.writes >= 0) {
      const auto index = static_cast<std::int64_t>(sample);
      joint.memory.Store(layer, links.writes, links.side,
                         {batch.keys.select(0, index), batch.values.select(0, index)});
    }
  }
}

SampleRun RunFrom(std::int64_t first,
                  std::int64_t tokens_max,
                  const KeysValues& batch,
                  const JointAttention& joint) {
  const SampleLinks& links = LinksAt(joint, first);
  // Frames in the memory have as many tokens as those of the batch.
  const std::int64_t tokens =
      batch.keys.size(1) * (links.mates.count + static_cast<std::int64_t>(links.reads.size()));
  SampleRun run{first, 1};
  while (first + run.count < batch.keys.size(0) && (run.count + 1) * tokens <= tokens_max &&
         ReadAlike(links, LinksAt(joint, first + run.count))) {
    ++run.count;
  }
  return run;
}

KeysValues Gather(const KeysValues& batch,
                  const SampleRun& run,
                  int layer,
                  const JointAttention& joint) {
  bool alone = true;
  std::vector<at::Tensor> keys;  // [tokens, width] each
  std::vector<at::Tensor> values;
  for (std::int64_t sample = run.first; sample < run.first + run.count; ++sample) {
    const SampleLinks& links = LinksAt(joint, sample);
    alone = alone && ReadsItselfOnly(links);
    const std::int64_t mate = sample + links.mates.from;
    keys.push_back(batch.keys.narrow(0, mate, links.mates.count).flatten(0, 1));
    values.push_back(batch.values.narrow(0, mate, links.mates.count).flatten(0, 1));
    for (const int frame : links.reads) {
      const KeysValues& other = joint.memory.At(layer, frame, links.side);
      keys.push_back(other.keys);
      values.push_back(other.values);
    }
  }
  if (alone) {
    return {batch.keys.narrow(0, run.first, run.count),
            batch.values.narrow(0, run.first, run.count)};
  }
  const auto together = [&run](const std::vector<at::Tensor>& parts) {
    const at::Tensor all = parts.size() == 1 ? parts.front() : at::cat(parts);
    return all.view({run.count, all.size(0) / run.count, all.size(1)});
  };
  return {together(keys), together(values)};
}

}  // namespace weft::models
