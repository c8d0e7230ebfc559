// The names and shapes of Stable Diffusion checkpoints as their authors published them, as
// safetensors headers without the gigabytes behind them: one sparse file each.

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/worker/models/safetensors_writer.h"

namespace weft::models {

// Collects shapes; Write() puts the tensors, of two-byte elements, one behind the other.
class HeaderWriter {
 public:
  void Add(const std::string& name, const std::vector<std::int64_t>& shape) {
    shapes[name] = shape;
  }
  void AddLayer(const std::string& name, const std::vector<std::int64_t>& shape) {
    Add(name + ".weight", shape);
    Add(name + ".bias", {shape.front()});
  }
  // The data is a hole in the file.
  void Write(const std::string& path) const {
    nlohmann::json header = nlohmann::json::object();
    std::uint64_t end = 0;
    for (const auto& [name, shape] : shapes) {
      std::uint64_t bytes = 2;
      for (const std::int64_t side : shape) {
        bytes *= static_cast<std::uint64_t>(side);
      }
      header[name] = Entry("F16", shape, end, end + bytes);
      end += bytes;
    }
    if (!metadata.is_null()) {
      header["__metadata__"] = metadata;
    }
    WriteSafetensors(path, header.dump(), "");
    std::filesystem::resize_file(path, std::filesystem::file_size(path) + end);
  }

  std::map<std::string, std::vector<std::int64_t>> shapes;
  nlohmann::json metadata;
};

// What tells Stable Diffusion 1 from 2.
struct SdVersion {
  std::int64_t context = 768;
  bool linear_projection = false;
};

inline void AddResnet(HeaderWriter& w, const std::string& name, std::int64_t in, std::int64_t out) {
  w.AddLayer(name + ".in_layers.0", {in});
  w.AddLayer(name + ".in_layers.2", {out, in, 3, 3});
  w.AddLayer(name + ".emb_layers.1", {out, 1280});
  w.AddLayer(name + ".out_layers.0", {out});
  w.AddLayer(name + ".out_layers.3", {out, out, 3, 3});
  if (in != out) {
    w.AddLayer(name + ".skip_connection", {out, in, 1, 1});
  }
}

inline void AddTransformer(HeaderWriter& w,
                           const std::string& name,
                           std::int64_t width,
                           const SdVersion& version) {
  const std::vector<std::int64_t> projection = version.linear_projection
                                                   ? std::vector<std::int64_t>{width, width}
                                                   : std::vector<std::int64_t>{width, width, 1, 1};
  w.AddLayer(name + ".norm", {width});
  w.AddLayer(name + ".proj_in", projection);
  w.AddLayer(name + ".proj_out", projection);
  const std::string block = name + ".transformer_blocks.0.";
  for (const std::string attention : {"attn1", "attn2"}) {
    const std::int64_t context = attention == "attn1" ? width : version.context;
    w.Add(block + attention + ".to_q.weight", {width, width});
    w.Add(block + attention + ".to_k.weight", {width, context});
    w.Add(block + attention + ".to_v.weight", {width, context});
    w.AddLayer(block + attention + ".to_out.0", {width, width});
  }
  w.AddLayer(block + "ff.net.0.proj", {8 * width, width});
  w.AddLayer(block + "ff.net.2", {width, 4 * width});
  for (const std::string norm : {"norm1", "norm2", "norm3"}) {
    w.AddLayer(block + norm, {width});
  }
}

// input_blocks.0 to 11 and middle_block, as in v1-inference.yaml: model_channels 320, channel_mult
// 1, 2, 4, 4, num_res_blocks 2, attention at the three finer levels.
inline void AddSdTrunk(HeaderWriter& w, const std::string& root, const SdVersion& version) {
  w.AddLayer(root + "time_embed.0", {1280, 320});
  w.AddLayer(root + "time_embed.2", {1280, 1280});
  const std::string in = root + "input_blocks.";
  w.AddLayer(in + "0.0", {320, 4, 3, 3});
  const std::vector<std::vector<std::int64_t>> resnets = {
      {1, 320, 320},  {2, 320, 320},   {4, 320, 640},    {5, 640, 640},
      {7, 640, 1280}, {8, 1280, 1280}, {10, 1280, 1280}, {11, 1280, 1280}};
  for (const auto& resnet : resnets) {
    const std::string block = in + std::to_string(resnet[0]);
    AddResnet(w, block + ".0", resnet[1], resnet[2]);
    if (resnet[0] < 9) {
      AddTransformer(w, block + ".1", resnet[2], version);
    }
  }
  w.AddLayer(in + "3.0.op", {320, 320, 3, 3});
  w.AddLayer(in + "6.0.op", {640, 640, 3, 3});
  w.AddLayer(in + "9.0.op", {1280, 1280, 3, 3});
  AddResnet(w, root + "middle_block.0", 1280, 1280);
  AddTransformer(w, root + "middle_block.1", 1280, version);
  AddResnet(w, root + "middle_block.2", 1280, 1280);
}

inline void AddSdUnet(HeaderWriter& w, const SdVersion& version) {
  const std::string root = "model.diffusion_model.";
  AddSdTrunk(w, root, version);
  const std::string out = root + "output_blocks.";
  const std::vector<std::vector<std::int64_t>> resnets = {
      {2560, 1280}, {2560, 1280}, {2560, 1280}, {2560, 1280}, {2560, 1280}, {1920, 1280},
      {1920, 640},  {1280, 640},  {960, 640},   {960, 320},   {640, 320},   {640, 320}};
  for (std::size_t i = 0; i < resnets.size(); ++i) {
    const std::string block = out + std::to_string(i);
    AddResnet(w, block + ".0", resnets[i][0], resnets[i][1]);
    if (i >= 3) {
      AddTransformer(w, block + ".1", resnets[i][1], version);
    }
  }
  w.AddLayer(out + "2.1.conv", {1280, 1280, 3, 3});
  w.AddLayer(out + "5.2.conv", {1280, 1280, 3, 3});
  w.AddLayer(out + "8.2.conv", {640, 640, 3, 3});
  w.AddLayer(root + "out.0", {320});
  w.AddLayer(root + "out.2", {4, 320, 3, 3});
}

inline void AddVaeResnet(HeaderWriter& w,
                         const std::string& name,
                         std::int64_t in,
                         std::int64_t out) {
  w.AddLayer(name + ".norm1", {in});
  w.AddLayer(name + ".conv1", {out, in, 3, 3});
  w.AddLayer(name + ".norm2", {out});
  w.AddLayer(name + ".conv2", {out, out, 3, 3});
  if (in != out) {
    w.AddLayer(name + ".nin_shortcut", {out, in, 1, 1});
  }
}

inline void AddVaeMiddle(HeaderWriter& w, const std::string& half) {
  AddVaeResnet(w, half + ".mid.block_1", 512, 512);
  AddVaeResnet(w, half + ".mid.block_2", 512, 512);
  const std::string attention = half + ".mid.attn_1.";
  w.AddLayer(attention + "norm", {512});
  for (const std::string layer : {"q", "k", "v", "proj_out"}) {
    w.AddLayer(attention + layer, {512, 512, 1, 1});
  }
}

// ch 128, ch_mult 1, 2, 4, 4, num_res_blocks 2. Each level's channels before and in it.
inline void AddVaeEncoder(HeaderWriter& w, const std::string& half) {
  const std::vector<std::vector<std::int64_t>> levels = {
      {128, 128}, {128, 256}, {256, 512}, {512, 512}};
  w.AddLayer(half + ".conv_in", {128, 3, 3, 3});
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const std::string down = half + ".down." + std::to_string(i);
    const std::int64_t width = levels[i][1];
    AddVaeResnet(w, down + ".block.0", levels[i][0], width);
    AddVaeResnet(w, down + ".block.1", width, width);
    if (i + 1 < levels.size()) {
      w.AddLayer(down + ".downsample.conv", {width, width, 3, 3});
    }
  }
  AddVaeMiddle(w, half);
  w.AddLayer(half + ".norm_out", {512});
  w.AddLayer(half + ".conv_out", {8, 512, 3, 3});
}

// The same levels, numbered alike; it enters at the last.
inline void AddVaeDecoder(HeaderWriter& w, const std::string& half) {
  const std::vector<std::vector<std::int64_t>> levels = {
      {256, 128}, {512, 256}, {512, 512}, {512, 512}};
  w.AddLayer(half + ".conv_in", {512, 4, 3, 3});
  AddVaeMiddle(w, half);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const std::string up = half + ".up." + std::to_string(i);
    const std::int64_t width = levels[i][1];
    AddVaeResnet(w, up + ".block.0", levels[i][0], width);
    AddVaeResnet(w, up + ".block.1", width, width);
    AddVaeResnet(w, up + ".block.2", width, width);
    if (i > 0) {
      w.AddLayer(up + ".upsample.conv", {width, width, 3, 3});
    }
  }
  w.AddLayer(half + ".norm_out", {128});
  w.AddLayer(half + ".conv_out", {3, 128, 3, 3});
}

inline void AddSdVae(HeaderWriter& w, const std::string& root) {
  AddVaeEncoder(w, root + "encoder");
  AddVaeDecoder(w, root + "decoder");
  w.AddLayer(root + "quant_conv", {8, 8, 1, 1});
  w.AddLayer(root + "post_quant_conv", {4, 4, 1, 1});
}

// CLIP ViT-L/14 as transformers stores it.
inline void AddSd1Text(HeaderWriter& w, const std::string& root) {
  w.Add(root + "embeddings.token_embedding.weight", {49408, 768});
  w.Add(root + "embeddings.position_embedding.weight", {77, 768});
  w.Add(root + "embeddings.position_ids", {1, 77});
  for (int i = 0; i < 12; ++i) {
    const std::string layer = root + "encoder.layers." + std::to_string(i);
    const std::string attention = layer + ".self_attn.";
    for (const std::string name : {"q_proj", "k_proj", "v_proj", "out_proj"}) {
      w.AddLayer(attention + name, {768, 768});
    }
    w.AddLayer(layer + ".layer_norm1", {768});
    w.AddLayer(layer + ".layer_norm2", {768});
    w.AddLayer(layer + ".mlp.fc1", {3072, 768});
    w.AddLayer(layer + ".mlp.fc2", {768, 3072});
  }
  w.AddLayer(root + "final_layer_norm", {768});
}

// OpenCLIP ViT-H/14: 24 layers, of which Stable Diffusion 2 uses 23.
inline void AddSd2Text(HeaderWriter& w, std::int64_t width = 1024, int layers = 24) {
  const std::string root = "cond_stage_model.model.";
  w.Add(root + "token_embedding.weight", {49408, width});
  w.Add(root + "positional_embedding", {77, width});
  w.Add(root + "text_projection", {width, width});
  w.Add(root + "logit_scale", {});
  for (int i = 0; i < layers; ++i) {
    const std::string layer = root + "transformer.resblocks." + std::to_string(i);
    w.Add(layer + ".attn.in_proj_weight", {3 * width, width});
    w.Add(layer + ".attn.in_proj_bias", {3 * width});
    w.AddLayer(layer + ".attn.out_proj", {width, width});
    w.AddLayer(layer + ".ln_1", {width});
    w.AddLayer(layer + ".ln_2", {width});
    w.AddLayer(layer + ".mlp.c_fc", {4 * width, width});
    w.AddLayer(layer + ".mlp.c_proj", {width, 4 * width});
  }
  w.AddLayer(root + "ln_final", {width});
}

inline void AddSdLeftovers(HeaderWriter& w) {
  for (const std::string name :
       {"betas", "alphas_cumprod", "alphas_cumprod_prev", "sqrt_alphas_cumprod",
        "sqrt_one_minus_alphas_cumprod", "log_one_minus_alphas_cumprod",
        "sqrt_recip_alphas_cumprod", "sqrt_recipm1_alphas_cumprod", "posterior_variance",
        "posterior_log_variance_clipped", "posterior_mean_coef1", "posterior_mean_coef2",
        "logvar"}) {
    w.Add(name, {1000});
  }
  w.Add("model_ema.decay", {});
  w.Add("model_ema.diffusion_modelout2bias", {4});
}

inline void WriteSd15(const std::string& path) {
  HeaderWriter w;
  AddSdUnet(w, {});
  AddSdVae(w, "first_stage_model.");
  AddSd1Text(w, "cond_stage_model.transformer.text_model.");
  AddSdLeftovers(w);
  w.Write(path);
}

inline void WriteSd21(const std::string& path, const nlohmann::json& metadata = nullptr) {
  HeaderWriter w;
  AddSdUnet(w, {1024, true});
  AddSdVae(w, "first_stage_model.");
  AddSd2Text(w);
  AddSdLeftovers(w);
  w.metadata = metadata;
  w.Write(path);
}

// control_v11…: input_hint_block of 16, 16, 32, 32, 96, 96, 256 channels.
inline void WriteSd15ControlNet(const std::string& path, const std::string& root) {
  HeaderWriter w;
  AddSdTrunk(w, root, {});
  const std::vector<std::int64_t> hint = {3, 16, 16, 32, 32, 96, 96, 256, 320};
  for (std::size_t i = 0; i + 1 < hint.size(); ++i) {
    w.AddLayer(root + "input_hint_block." + std::to_string(2 * i), {hint[i + 1], hint[i], 3, 3});
  }
  const std::vector<std::int64_t> skips = {320, 320,  320,  320,  640,  640,
                                           640, 1280, 1280, 1280, 1280, 1280};
  for (std::size_t i = 0; i < skips.size(); ++i) {
    w.AddLayer(root + "zero_convs." + std::to_string(i) + ".0", {skips[i], skips[i], 1, 1});
  }
  w.AddLayer(root + "middle_block_out.0", {1280, 1280, 1, 1});
  w.Write(path);
}

}  // namespace weft::models
