#include "worker/models/model_memory.h"

#include <algorithm>
#include <string>

#include "worker/models/model_configs.h"
#include "worker/models/part_tensors.h"
#include "worker/models/vae_tiles.h"

namespace weft::models {
namespace {

constexpr std::uint64_t kSides = 2;  // Of the guidance.
// What libraries take beside the values that are alive: reordered kernels, scratch, blocks that lie
// between others. Chosen by the measurements that the header names.
constexpr double kTrunkHeadroom = 3;
constexpr double kAutoencoderHeadroom = 2;

std::uint64_t BytesOf(DataType type) {
  return type == DataType::kFloat32 ? 4 : 2;
}

std::uint64_t Unsigned(int value) {
  return static_cast<std::uint64_t>(value);
}

std::uint64_t Times(double headroom, std::uint64_t bytes) {
  return static_cast<std::uint64_t>(static_cast<double>(bytes) * headroom);
}

// Values, not bytes, of one sample in a UNet or ControlNet.
struct TrunkValues {
  std::uint64_t skips = 0;        // What the way down keeps for the way up.
  std::uint64_t widest = 0;       // The dearest block, beside the skips.
  std::uint64_t keys_values = 0;  // Of all self-attention layers on both ways.
};

std::uint64_t ResnetValues(std::uint64_t cells, std::uint64_t in, std::uint64_t out) {
  // The input, its norm and what the first convolution gives; then that, its norm, what the second
  // gives, and the shortcut.
  return cells * std::max(2 * in + out, in + 4 * out);
}

std::uint64_t TransformerValues(std::uint64_t cells, std::uint64_t width) {
  // The picture, the tokens, their norm, both halves of the widened tokens, and their product.
  constexpr std::uint64_t kFeedForward = 3 + 8 + 4;
  return cells * width * kFeedForward;
}

TrunkValues ValuesOf(const UnetTrunkConfig& trunk, int height, int width) {
  TrunkValues values;
  const std::size_t levels = trunk.channels.size();
  std::uint64_t rows = Unsigned(height);
  std::uint64_t columns = Unsigned(width);
  values.skips = rows * columns * Unsigned(trunk.channels.front());
  for (std::size_t level = 0; level < levels; ++level) {
    const std::uint64_t cells = rows * columns;
    const std::uint64_t out = Unsigned(trunk.channels[level]);
    const std::uint64_t deeper = Unsigned(trunk.channels[std::min(level + 1, levels - 1)]);
    const std::uint64_t layers = Unsigned(trunk.layers[level]);
    values.skips += layers * cells * out;
    // On the way up a block takes what comes from below together with a skip.
    std::uint64_t widest = ResnetValues(cells, deeper + out, out);
    if (trunk.down_attention[level]) {
      widest = std::max(widest, TransformerValues(cells, out));
      values.keys_values +=
          2 * (2 * layers + 1) * Unsigned(trunk.transformer_depth[level]) * cells * out;
    }
    values.widest = std::max(values.widest, widest);
    if (level + 1 < levels) {
      rows = (rows + 1) / 2;
      columns = (columns + 1) / 2;
      values.skips += rows * columns * out;
    }
  }
  return values;
}

// Values alive at the dearest place of a decoder: the last level that grows, or a block behind it.
std::uint64_t DecoderValues(const VaeConfig& vae, int height, int width) {
  std::uint64_t widest = 0;
  std::uint64_t cells = Unsigned(height) * Unsigned(width);
  std::uint64_t in = Unsigned(vae.channels.back());
  for (std::size_t level = vae.channels.size(); level-- > 0;) {
    const std::uint64_t out = Unsigned(vae.channels[level]);
    widest = std::max(widest, ResnetValues(cells, in, out));
    if (level > 0) {
      constexpr std::uint64_t kQuarters = 4;
      cells *= kQuarters;
      widest = std::max(widest, cells * out * 2 + cells / kQuarters * out);
    }
    in = out;
  }
  return widest;
}

Result<std::uint64_t> WeightValues(Part part, const std::string& place) {
  WEFT_ASSIGN_OR_RETURN(const PartTensors tensors, PartTensors::Open(part, place));
  std::uint64_t values = 0;
  for (const auto& [name, tensor] : tensors.tensors()) {
    std::uint64_t count = 1;
    for (const std::int64_t side : tensor.held.tensor.shape) {
      count *= static_cast<std::uint64_t>(side);
    }
    values += count;
  }
  return values;
}

// Of a step with so many frames a pass, or of a picture that is decoded.
std::uint64_t Used(const ModelMemory& memory, int anchors, int frames) {
  return memory.weights + Unsigned(anchors) * memory.anchor +
         std::max(memory.autoencoder, Unsigned(frames) * memory.frame);
}

}  // namespace

Result<ModelMemory> EstimateMemory(const ModelOptions& options, int width, int height) {
  WEFT_ASSIGN_OR_RETURN(const ModelConfigs configs, ReadModelConfigs(options));
  const std::uint64_t bytes = BytesOf(options.data_type);
  const int rows = height / configs.vae.factor();
  const int columns = width / configs.vae.factor();

  ModelMemory memory;
  WEFT_ASSIGN_OR_RETURN(memory.weights, WeightValues(Part::kUnet, options.model));
  WEFT_ASSIGN_OR_RETURN(const std::uint64_t text, WeightValues(Part::kTextEncoder, options.model));
  WEFT_ASSIGN_OR_RETURN(const std::uint64_t vae, WeightValues(Part::kVae, VaePlace(options)));
  memory.weights += text + vae;
  if (options.device == "cpu" && options.data_type == DataType::kFloat32) {
    // winograd_conv.h keeps 16 values of each 9, in most of an autoencoder.
    constexpr std::uint64_t kTaps = 9;
    constexpr std::uint64_t kMorePoints = 7;
    memory.weights += vae * kMorePoints / kTaps;
  }
  const TrunkValues unet = ValuesOf(configs.unet.trunk, rows, columns);
  std::uint64_t frame = unet.skips + unet.widest;
  for (std::size_t net = 0; net < configs.controlnets.size(); ++net) {
    WEFT_ASSIGN_OR_RETURN(const std::uint64_t values,
                          WeightValues(Part::kControlNet, options.controlnets[net]));
    memory.weights += values;
    // Its residuals wait, as large as the skips, while the others run.
    frame += ValuesOf(configs.controlnets[net].trunk, rows, columns).skips;
  }
  memory.weights *= bytes;
  memory.frame = Times(kTrunkHeadroom, kSides * frame * bytes);
  memory.anchor = kSides * unet.keys_values * bytes;
  const bool tiled = IsTiled(rows, columns);
  const auto side = [tiled](int cells) {
    return tiled ? std::min(cells, static_cast<int>(kTileCells)) : cells;
  };
  // In float32 whatever the type: that of its norms, whose pictures are the largest.
  memory.autoencoder = Times(kAutoencoderHeadroom,
                             DecoderValues(configs.vae, side(rows), side(columns)) * sizeof(float));
  return memory;
}

int LargestMicroBatch(const ModelMemory& memory, int anchors, std::uint64_t budget) {
  int frames = 1;
  while (2 * frames <= kMicroBatchMax && Used(memory, anchors, 2 * frames) <= budget) {
    frames *= 2;
  }
  return frames;
}

std::uint64_t RoomForAnchors(const ModelMemory& memory,
                             int anchors,
                             int micro_batch,
                             std::uint64_t budget) {
  const std::uint64_t used = Used(memory, anchors, micro_batch);
  return used < budget ? (budget - used) / 2 : 0;
}

}  // namespace weft::models
