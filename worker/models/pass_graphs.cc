#include "worker/models/pass_graphs.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

#include <c10/util/Exception.h>

#include "worker/models/torch_edge.h"

namespace weft::models {
namespace {

// A step with two ControlNets that attend to anchors has nine passes: its networks' for the first
// anchor, the others and the frames.
constexpr std::ptrdiff_t kGraphsMax = 16;
constexpr std::size_t kPassesMax = 64;    // That are known, recorded or not.
constexpr std::int64_t kAlignment = 512;  // Bytes: LibTorch's own for a GPU.

std::int64_t RoundedUp(std::int64_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

bool SameKey(const PassKey& a, const PassKey& b) {
  return a.network == b.network && a.links == b.links && a.scale == b.scale &&
         a.positive_only == b.positive_only;
}

void Fill(const std::vector<TensorParts>& from, std::vector<at::Tensor>& to) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i].size() == 1) {
      to[i].copy_(from[i].front());
    } else {
      at::cat_out(to[i], from[i]);
    }
  }
}

}  // namespace

PassGraphs::Shape PassGraphs::ShapeOf(const TensorParts& parts) {
  const at::Tensor& first = parts.front();
  Shape shape{first.scalar_type(), first.sizes().vec(), first.strides().vec()};
  for (std::size_t i = 1; i < parts.size(); ++i) {
    shape.sizes.front() += parts[i].size(0);
  }
  return shape;
}

bool PassGraphs::Matches(const Entry& entry, const PassKey& key, const std::vector<Shape>& shapes) {
  return SameKey(entry.key, key) && entry.shapes == shapes;
}

std::optional<std::vector<at::Tensor>> PassGraphs::Run(const PassKey& key,
                                                       std::int64_t cells,
                                                       const std::vector<TensorParts>& inputs,
                                                       const Pass& pass) {
  std::vector<Shape> shapes;
  std::transform(inputs.begin(), inputs.end(), std::back_inserter(shapes), ShapeOf);
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return Matches(entry, key, shapes); });
  if (found == entries_.end()) {
    entries_.push_front({key, std::move(shapes), cells, ++runs_, false, {}, {}, nullptr});
    if (entries_.size() > kPassesMax) {
      entries_.pop_back();
    }
    return std::nullopt;
  }
  entries_.splice(entries_.begin(), entries_, found);
  Entry& entry = entries_.front();
  entry.used_at = ++runs_;
  if (entry.graph == nullptr && (!MakeRoom() || !Record(entry, inputs, pass))) {
    return std::nullopt;
  }
  Fill(inputs, entry.inputs);
  entry.graph->Launch();
  return entry.outputs;
}

bool PassGraphs::Record(Entry& entry, const std::vector<TensorParts>& inputs, const Pass& pass) {
  entry.recorded = true;
  try {
    entry.inputs = Place(entry.shapes, inputs.front().front().device());
    entry.graph = recorder_->Record([&entry, pass] { entry.outputs = pass(entry.inputs); });
  } catch (const std::exception& error) {
    entry.outputs.clear();
    if (IsOutOfMemory(error)) {
      throw;
    }
    TORCH_WARN(
        "a pass cannot be recorded as a CUDA graph; from now on its kernels are launched one "
        "by one, with the same results: ",
        MessageOf(error));
    Forget();
    recorder_.reset();
    return false;
  }
  return true;
}

bool PassGraphs::MakeRoom() {
  const auto recorded = [](const Entry& entry) { return entry.graph != nullptr; };
  if (std::count_if(entries_.begin(), entries_.end(), recorded) < kGraphsMax) {
    return true;
  }
  const auto oldest = std::find_if(entries_.rbegin(), entries_.rend(), recorded);
  if (runs_ - oldest->used_at < static_cast<std::int64_t>(kPassesMax)) {
    return false;
  }
  entries_.erase(std::prev(oldest.base()));
  return true;
}

std::vector<at::Tensor> PassGraphs::Place(const std::vector<Shape>& shapes,
                                          const at::Device& device) {
  const auto bytes_of = [](const Shape& shape) {
    std::int64_t bytes = static_cast<std::int64_t>(c10::elementSize(shape.type));
    for (const std::int64_t size : shape.sizes) {
      bytes *= size;
    }
    return bytes;
  };
  std::int64_t bytes = 0;
  for (const Shape& shape : shapes) {
    bytes += RoundedUp(bytes_of(shape));
  }
  if (!arena_.defined() || arena_.size(0) < bytes) {
    arena_ = at::empty({bytes}, at::TensorOptions(device).dtype(at::kByte));
  }
  std::vector<at::Tensor> placed;
  std::int64_t first = 0;
  for (const Shape& shape : shapes) {
    const at::Tensor numbers = arena_.narrow(0, first, bytes_of(shape)).view(shape.type);
    placed.push_back(numbers.as_strided(shape.sizes, shape.strides));
    first += RoundedUp(bytes_of(shape));
  }
  return placed;
}

void PassGraphs::Forget() {
  entries_.clear();
  arena_ = at::Tensor();
}

bool PassGraphs::GiveUp() {
  std::int64_t largest = 0;
  for (const Entry& entry : entries_) {
    largest = std::max(largest, entry.recorded ? entry.cells : 0);
  }
  Forget();
  if (largest == 0) {
    return false;
  }
  cells_max_ = largest / 2;
  TORCH_WARN(
      "memory is short: passes are no longer kept as CUDA graphs, and from now on none are of more "
      "than ",
      cells_max_, " latent cells");
  return true;
}

}  // namespace weft::models
