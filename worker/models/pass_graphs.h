// Passes of networks that are launched as a whole.
//
// A pass of Stable Diffusion's UNet is some 600 to 760 kernels, and a processor takes as long to
// launch them for one frame as for sixteen: for few frames, small ones or small models a GPU waits
// for it. A pass that has been run once is recorded as a graph (device_graph.h) when it comes
// again, and is launched as that from then on. Its kernels, and so its bits, are the same.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "worker/models/batch_memory.h"
#include "worker/models/device_graph.h"

namespace weft::models {

// All that a pass's kernels follow from, beside the shapes of its inputs and what Forget() guards.
struct PassKey {
  int network = 0;
  std::vector<SampleLinks> links;  // Of BatchLinks(); none: every sample attends to itself only.
  double scale = 1.0;
  bool positive_only = false;
};

// One thread. Throws what ATen throws.
class PassGraphs {
 public:
  // What a pass makes of its inputs. Called again as long as its graph is kept.
  using Pass = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>& inputs)>;

  // So many latent cells a pass may have in all its samples, those of two frames of 512x512 and
  // both sides. Larger ones keep even an H100 busy for longer than it takes to launch them: nothing
  // is gained then, and a recorded pass holds its activations' memory, and that of what it reads.
  static constexpr std::int64_t kCellsMax = std::int64_t{2} * 2 * 64 * 64;

  // recorder: null: every pass is run as it is.
  explicit PassGraphs(std::unique_ptr<GraphRecorder> recorder, std::int64_t cells_max = kCellsMax)
      : recorder_(std::move(recorder)), cells_max_(cells_max) {}

  // Whether Run() may record a pass of so many cells.
  [[nodiscard]] bool Takes(std::int64_t cells) const {
    return recorder_ != nullptr && cells <= cells_max_;
  }

  // What `pass` gives, by its graph, until the next call. Nothing where it comes for the first
  // time, or more passes take turns than are kept: it is to be run as it is.
  // cells: Takes() them.  inputs: dense, those of more than one part contiguous.
  std::optional<std::vector<at::Tensor>> Run(const PassKey& key,
                                             std::int64_t cells,
                                             const std::vector<TensorParts>& inputs,
                                             const Pass& pass);

  // To be called before anything goes that a pass refers to beside its inputs.
  void Forget();

  // Memory has run out: forgets all, and from then on takes at most half as many cells as the
  // largest pass had that was recorded or should have been. False: there was none.
  bool GiveUp();

 private:
  struct Shape {
    at::ScalarType type;
    std::vector<std::int64_t> sizes;
    std::vector<std::int64_t> strides;

    friend bool operator==(const Shape& a, const Shape& b) {
      return a.type == b.type && a.sizes == b.sizes && a.strides == b.strides;
    }
  };
  struct Entry {
    PassKey key;
    std::vector<Shape> shapes;  // Of the inputs.
    std::int64_t cells = 0;
    std::int64_t used_at = 0;        // As runs_.
    bool recorded = false;           // Or should have been.
    std::vector<at::Tensor> inputs;  // In the arena.
    std::vector<at::Tensor> outputs;
    std::unique_ptr<DeviceGraph> graph;  // Null: it came once.
  };

  static Shape ShapeOf(const TensorParts& parts);
  static bool Matches(const Entry& entry, const PassKey& key, const std::vector<Shape>& shapes);
  // Whether one more may be recorded, for which the longest unused is dropped. Not where it was
  // used a moment ago: passes that take turns would drop one another.
  bool MakeRoom();
  // False: this device records nothing, and from now on nothing is.
  bool Record(Entry& entry, const std::vector<TensorParts>& inputs, const Pass& pass);
  // Tensors of these shapes in the arena.
  std::vector<at::Tensor> Place(const std::vector<Shape>& shapes, const at::Device& device);
  std::unique_ptr<GraphRecorder> recorder_;
  std::int64_t cells_max_;
  std::list<Entry> entries_;  // The last used is the first.
  std::int64_t runs_ = 0;
  // Where the inputs of graphs lie, each pass's over the last one's: they are set anew each time.
  // Those of graphs that were recorded before it grew keep the one before.
  at::Tensor arena_;
};

}  // namespace weft::models
