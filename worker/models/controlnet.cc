#include "worker/models/controlnet.h"

namespace weft::models {

at::Tensor ControlNet::Condition(const at::Tensor& maps) const {
  at::Tensor x = maps;
  for (std::size_t i = 0; i + 1 < condition.size(); ++i) {
    x = condition[i](x);
    at::silu_(x);
  }
  return condition.back()(x);
}

Skips ControlNet::operator()(const UnetInput& input, const at::Tensor& condition_there) const {
  const BlockContext context =
      trunk.Context({input.sample, input.timesteps, input.prompt, nullptr});
  at::Tensor x = trunk.conv_in(input.sample);
  const std::int64_t sides = x.size(0) / condition_there.size(0);
  const std::vector<at::Tensor> copies(static_cast<std::size_t>(sides), condition_there);
  x.add_(sides == 1 ? condition_there : at::cat(copies));
  Skips skips = trunk.Down(x, context);
  for (std::size_t i = 0; i < down.size(); ++i) {
    skips.down[i] = Pointwise(down[i], skips.down[i]);
  }
  skips.mid = Pointwise(mid, skips.mid);
  return skips;
}

namespace {

std::vector<Conv> TakeCondition(Weights& weights, const ControlNetConfig& config) {
  const std::string name = "controlnet_cond_embedding";
  const std::vector<int>& widths = config.condition_widths;
  std::vector<Conv> convs = {
      TakeConv(weights, name + ".conv_in", config.condition_channels, widths.front())};
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    const std::string block = name + ".blocks.";
    convs.push_back(TakeConv(weights, block + std::to_string(2 * i), widths[i], widths[i]));
    convs.push_back(TakeConv(weights, block + std::to_string(2 * i + 1), widths[i], widths[i + 1]));
    convs.back().stride = 2;
  }
  convs.push_back(
      TakeConv(weights, name + ".conv_out", widths.back(), config.trunk.channels.front()));
  return convs;
}

}  // namespace

Result<ControlNet> LoadControlNet(const ControlNetConfig& config, Weights weights) {
  int layers = 0;
  ControlNet net;
  net.trunk = TakeTrunk(weights, config.trunk, layers);
  net.condition = TakeCondition(weights, config);
  std::vector<int> skip_widths = {config.trunk.channels.front()};
  for (std::size_t level = 0; level < config.trunk.channels.size(); ++level) {
    const bool last = level + 1 == config.trunk.channels.size();
    const int count = config.trunk.layers[level] + (last ? 0 : 1);
    skip_widths.insert(skip_widths.end(), static_cast<std::size_t>(count),
                       config.trunk.channels[level]);
  }
  for (std::size_t i = 0; i < skip_widths.size(); ++i) {
    net.down.push_back(TakePointwise(weights, "controlnet_down_blocks." + std::to_string(i),
                                     skip_widths[i], skip_widths[i]));
  }
  net.mid = TakePointwise(weights, "controlnet_mid_block", skip_widths.back(), skip_widths.back());
  WEFT_RETURN_IF_ERROR(weights.Finish());
  return net;
}

}  // namespace weft::models
