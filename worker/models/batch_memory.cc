#include "worker/models/batch_memory.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>

namespace weft::models {
namespace {

constexpr std::size_t kTensors = 2;  // Of a layer: keys and values.

// The sample of the batch that leaves what `reader` reads at `place`; none: it was there before.
std::optional<std::size_t> WriterOf(const std::vector<SampleLinks>& samples,
                                    const SampleLinks& reader,
                                    int place) {
  const auto found = std::find_if(samples.begin(), samples.end(), [&](const SampleLinks& sample) {
    return sample.side == reader.side && sample.writes == place;
  });
  if (found == samples.end()) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - samples.begin());
}

// Calls `work(sample, place)` for all that they read and that was there before.
template <typename Work>
void ForEachRead(const std::vector<SampleLinks>& samples, const Work& work) {
  for (const SampleLinks& sample : samples) {
    for (const int place : sample.reads) {
      if (!WriterOf(samples, sample, place)) {
        work(sample, place);
      }
    }
  }
}

}  // namespace

std::vector<SampleLinks> BatchLinks(const std::vector<SampleLinks>& samples) {
  std::vector<SampleLinks> links = samples;
  int place = 0;
  ForEachRead(samples, [&](const SampleLinks& /*sample*/, int /*place*/) { ++place; });
  for (SampleLinks& sample : links) {
    if (sample.writes >= 0) {
      sample.writes = place++;
    }
  }
  int found = 0;
  for (SampleLinks& sample : links) {
    for (int& read : sample.reads) {
      const std::optional<std::size_t> writer = WriterOf(samples, sample, read);
      read = writer ? links[*writer].writes : found++;
    }
  }
  return links;
}

std::vector<TensorParts> BatchReads(const JointAttention& joint) {
  std::vector<TensorParts> reads;
  ForEachRead(joint.samples, [&](const SampleLinks& sample, int frame) {
    const std::vector<FrameMemory::Sides> layers = joint.memory.Of(frame);
    reads.resize(kTensors * layers.size());
    for (std::size_t layer = 0; layer < layers.size(); ++layer) {
      const KeysValues& read = layers[layer].at(static_cast<std::size_t>(sample.side));
      reads[kTensors * layer].push_back(read.keys);
      reads[kTensors * layer + 1].push_back(read.values);
    }
  });
  return reads;
}

FrameMemory BatchMemory(const std::vector<SampleLinks>& links,
                        const std::vector<at::Tensor>& reads) {
  std::int64_t count = 0;
  ForEachRead(links, [&](const SampleLinks& /*sample*/, int /*place*/) { ++count; });
  FrameMemory memory;
  ForEachRead(links, [&](const SampleLinks& sample, int place) {
    const auto part = [&](const at::Tensor& all) {
      const std::int64_t tokens = all.size(0) / count;
      return all.narrow(0, place * tokens, tokens);
    };
    std::vector<FrameMemory::Sides> layers(reads.size() / kTensors);
    for (std::size_t layer = 0; layer < layers.size(); ++layer) {
      layers[layer].at(static_cast<std::size_t>(sample.side)) = {part(reads[kTensors * layer]),
                                                                 part(reads[kTensors * layer + 1])};
    }
    memory.Put(place, layers);
  });
  return memory;
}

std::vector<at::Tensor> BatchWrites(const std::vector<SampleLinks>& links,
                                    const FrameMemory& memory) {
  std::vector<at::Tensor> writes;
  for (const SampleLinks& sample : links) {
    if (sample.writes < 0) {
      continue;
    }
    for (const FrameMemory::Sides& layer : memory.Of(sample.writes)) {
      const KeysValues& left = layer.at(static_cast<std::size_t>(sample.side));
      writes.insert(writes.end(), {left.keys, left.values});
    }
  }
  return writes;
}

void StoreWrites(const std::vector<at::Tensor>& writes, JointAttention& joint) {
  const auto writers = std::count_if(joint.samples.begin(), joint.samples.end(),
                                     [](const SampleLinks& sample) { return sample.writes >= 0; });
  if (writers == 0) {
    return;
  }
  const std::size_t layers = writes.size() / kTensors / static_cast<std::size_t>(writers);
  auto next = writes.begin();
  for (const SampleLinks& sample : joint.samples) {
    for (std::size_t layer = 0; sample.writes >= 0 && layer < layers; ++layer) {
      joint.memory.Store(static_cast<int>(layer), sample.writes, sample.side,
                         {*next, *std::next(next)});
      next += kTensors;
    }
  }
}

}  // namespace weft::models
