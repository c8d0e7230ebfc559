#include "worker/models/model_cost.h"

#include <algorithm>
#include <string>
#include <vector>

#include "worker/models/model_config.h"

namespace weft::models {
namespace {

constexpr double kKernel = 9.0;  // 3 x 3
constexpr double kPromptTokens = 77.0;

struct Grid {
  int width = 0;
  int height = 0;

  [[nodiscard]] double cells() const { return static_cast<double>(width) * height; }
  // A convolution of stride 2 and padding 1.
  [[nodiscard]] Grid Halved() const { return {(width + 1) / 2, (height + 1) / 2}; }
  [[nodiscard]] Grid Doubled() const { return {width * 2, height * 2}; }
};

double Conv(double cells, double in, double out) {
  return cells * in * out * kKernel;
}

double Resnet(double cells, double in, double out) {
  const double shortcut = in == out ? 0.0 : cells * in * out;
  return Conv(cells, in, out) + Conv(cells, out, out) + shortcut;
}

// Counts a UNet's or ControlNet's evaluation.
class TrunkCount {
 public:
  TrunkCount(const UnetTrunkConfig& config, Grid latent) : config_(config), grid_(latent) {}

  // conv_in, the way down, and the middle.
  void Down() {
    total += Conv(grid_.cells(), config_.in_channels, config_.channels.front());
    skips_.push_back({grid_, config_.channels.front()});
    int in = config_.channels.front();
    for (std::size_t level = 0; level < config_.channels.size(); ++level) {
      const int out = config_.channels[level];
      for (int layer = 0; layer < config_.layers[level]; ++layer) {
        total += Resnet(grid_.cells(), layer == 0 ? in : out, out);
        if (config_.down_attention[level]) {
          Transformer(level);
        }
        skips_.push_back({grid_, out});
      }
      if (level + 1 < config_.channels.size()) {
        grid_ = grid_.Halved();
        total += Conv(grid_.cells(), out, out);
        skips_.push_back({grid_, out});
      }
      in = out;
    }
    total += 2.0 * Resnet(grid_.cells(), in, in);
    Transformer(config_.channels.size() - 1);
  }

  void Up(const UnetConfig& config) {
    int in = config_.channels.back();
    for (std::size_t block = 0; block < config_.channels.size(); ++block) {
      const std::size_t level = config_.channels.size() - 1 - block;
      const int out = config_.channels[level];
      for (int layer = 0; layer <= config_.layers[level]; ++layer) {
        total += Resnet(grid_.cells(), in + skips_.back().channels, out);
        skips_.pop_back();
        in = out;
        if (config.up_attention[block]) {
          Transformer(level);
        }
      }
      if (level > 0) {
        grid_ = skips_.back().grid;
        total += Conv(grid_.cells(), out, out);
      }
    }
    total += Conv(grid_.cells(), in, config.out_channels);
  }

  // The ControlNet's 1 x 1 convolutions on every skip, and its reading of the control map.
  void Control(const ControlNetConfig& config, Grid pixels) {
    for (const Skip& skip : skips_) {
      total += skip.grid.cells() * skip.channels * skip.channels;
    }
    total += grid_.cells() * config_.channels.back() * config_.channels.back();
    double in = config.condition_channels;
    for (const int out : config.condition_widths) {
      total += Conv(pixels.cells(), in, out);
      if (out != config.condition_widths.back()) {
        total += Conv(pixels.cells(), out, out);
        pixels = pixels.Halved();
      }
      in = out;
    }
    total += Conv(pixels.cells(), in, config_.channels.front());
  }

  double total = 0.0;
  double per_anchor = 0.0;

 private:
  struct Skip {
    Grid grid;
    int channels = 0;
  };

  void Transformer(std::size_t level) {
    const double tokens = grid_.cells();
    const double width = config_.channels[level];
    const double context = config_.context_width[level];
    constexpr double kSelfProjections = 4.0;   // q, k, v, out
    constexpr double kCrossProjections = 2.0;  // q, out
    constexpr double kFeedForward = 12.0;      // GEGLU to 2 x 4, and 4 back
    const double block =
        tokens * width * width * (kSelfProjections + kCrossProjections + kFeedForward) +
        2.0 * tokens * tokens * width + 2.0 * tokens * kPromptTokens * width +
        2.0 * kPromptTokens * context * width;
    total += config_.transformer_depth[level] * block + 2.0 * tokens * width * width;
    per_anchor += config_.transformer_depth[level] * 2.0 * tokens * tokens * width;
  }

  const UnetTrunkConfig& config_;
  Grid grid_;
  std::vector<Skip> skips_;
};

double VaeMiddle(const VaeConfig& config, double cells) {
  const double width = config.channels.back();
  const double attention = 4.0 * cells * width * width + 2.0 * cells * cells * width;
  return 2.0 * Resnet(cells, width, width) + (config.mid_attention ? attention : 0.0);
}

double VaeEncode(const VaeConfig& config, Grid grid) {
  double in = config.channels.front();
  double total = Conv(grid.cells(), config.image_channels, in);
  for (std::size_t level = 0; level < config.channels.size(); ++level) {
    const double out = config.channels[level];
    for (int layer = 0; layer < config.layers; ++layer) {
      total += Resnet(grid.cells(), layer == 0 ? in : out, out);
    }
    if (level + 1 < config.channels.size()) {
      grid = {grid.width / 2, grid.height / 2};
      total += Conv(grid.cells(), out, out);
    }
    in = out;
  }
  return total + VaeMiddle(config, grid.cells()) +
         Conv(grid.cells(), in, 2.0 * config.latent_channels);
}

double VaeDecode(const VaeConfig& config, Grid grid) {
  double in = config.channels.back();
  double total = Conv(grid.cells(), config.latent_channels, in) + VaeMiddle(config, grid.cells());
  for (std::size_t level = config.channels.size(); level-- > 0;) {
    const double out = config.channels[level];
    for (int layer = 0; layer <= config.layers; ++layer) {
      total += Resnet(grid.cells(), layer == 0 ? in : out, out);
    }
    if (level > 0) {
      grid = grid.Doubled();
      total += Conv(grid.cells(), out, out);
    }
    in = out;
  }
  return total + Conv(grid.cells(), in, config.image_channels);
}

}  // namespace

ModelCost CostOf(const UnetConfig& unet, const VaeConfig& vae, int width, int height) {
  const Grid latent{width / vae.factor(), height / vae.factor()};
  TrunkCount unet_count(unet.trunk, latent);
  unet_count.Down();
  unet_count.Up(unet);
  ModelCost cost;
  cost.unet_step = unet_count.total;
  cost.unet_step_anchor = unet_count.per_anchor;
  cost.vae_encode = VaeEncode(vae, {width, height});
  cost.vae_decode = VaeDecode(vae, latent);
  return cost;
}

Result<ModelCost> EstimateCost(const ModelOptions& options, int width, int height) {
  const std::string& vae_place = options.vae.empty() ? options.model : options.vae;
  WEFT_ASSIGN_OR_RETURN(const VaeConfig vae, ReadVaeConfig(vae_place));
  WEFT_ASSIGN_OR_RETURN(const UnetConfig unet, ReadUnetConfig(options.model));
  ModelCost cost = CostOf(unet, vae, width, height);
  for (const std::string& place : options.controlnets) {
    WEFT_ASSIGN_OR_RETURN(const ControlNetConfig control, ReadControlNetConfig(place));
    TrunkCount count(control.trunk, {width / vae.factor(), height / vae.factor()});
    count.Down();
    count.Control(control, {width, height});
    cost.controlnet_steps.push_back(count.total);
  }
  return cost;
}

}  // namespace weft::models
