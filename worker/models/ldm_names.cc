#include "worker/models/ldm_names.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace weft::models {
namespace {

// More than any model has, and few enough to list.
constexpr int kNumberedMax = 1000;

using Spellings = std::vector<std::pair<const char*, const char*>>;

std::string Number(const std::string& name, int number) {
  return name + "." + std::to_string(number);
}

void Append(std::vector<NamePair>& pairs,
            const std::string& ldm,
            const std::string& diffusers,
            const Spellings& inside) {
  for (const auto& [theirs, ours] : inside) {
    pairs.push_back({ldm + "." + theirs, diffusers + "." + ours});
  }
}

void AppendResnet(std::vector<NamePair>& pairs,
                  const std::string& ldm,
                  const std::string& diffusers) {
  Append(pairs, ldm, diffusers,
         {{"in_layers.0", "norm1"},
          {"in_layers.2", "conv1"},
          {"emb_layers.1", "time_emb_proj"},
          {"out_layers.0", "norm2"},
          {"out_layers.3", "conv2"},
          {"skip_connection", "conv_shortcut"}});
}

// Time embedding, conv_in, the way down and the middle.
std::vector<NamePair> TrunkNames(const TrunkLayout& layout) {
  std::vector<NamePair> pairs = {{"time_embed.0", "time_embedding.linear_1"},
                                 {"time_embed.2", "time_embedding.linear_2"},
                                 {"input_blocks.0.0", "conv_in"}};
  int block = 1;
  for (std::size_t level = 0; level < layout.layers.size(); ++level) {
    const std::string name = Number("down_blocks", static_cast<int>(level));
    for (int i = 0; i < layout.layers[level]; ++i, ++block) {
      AppendResnet(pairs, Number("input_blocks", block) + ".0", Number(name + ".resnets", i));
      pairs.push_back({Number("input_blocks", block) + ".1", Number(name + ".attentions", i)});
    }
    if (level + 1 < layout.layers.size()) {
      pairs.push_back({Number("input_blocks", block++) + ".0.op", name + ".downsamplers.0.conv"});
    }
  }
  AppendResnet(pairs, "middle_block.0", "mid_block.resnets.0");
  pairs.push_back({"middle_block.1", "mid_block.attentions.0"});
  AppendResnet(pairs, "middle_block.2", "mid_block.resnets.1");
  return pairs;
}

void AppendVaeResnet(std::vector<NamePair>& pairs,
                     const std::string& ldm,
                     const std::string& diffusers) {
  pairs.push_back({ldm + ".nin_shortcut", diffusers + ".conv_shortcut"});
  pairs.push_back({ldm, diffusers});
}

void AppendVaeMiddle(std::vector<NamePair>& pairs, const std::string& half) {
  AppendVaeResnet(pairs, half + ".mid.block_1", half + ".mid_block.resnets.0");
  AppendVaeResnet(pairs, half + ".mid.block_2", half + ".mid_block.resnets.1");
  Append(pairs, half + ".mid.attn_1", half + ".mid_block.attentions.0",
         {{"norm", "group_norm"},
          {"q", "to_q"},
          {"k", "to_k"},
          {"v", "to_v"},
          {"proj_out", "to_out.0"}});
  pairs.push_back({half + ".norm_out", half + ".conv_norm_out"});
}

std::string LookUp(const std::map<std::string, std::string>& names, const std::string& name) {
  for (std::size_t length = name.size(); length != std::string::npos && length > 0;
       length = name.rfind('.', length - 1)) {
    const auto found = names.find(name.substr(0, length));
    if (found != names.end()) {
      return found->second + name.substr(length);
    }
  }
  return name;
}

}  // namespace

bool AnyBegins(const Names& names, const std::string& beginning) {
  const auto first = names.lower_bound(beginning);
  return first != names.end() && first->compare(0, beginning.size(), beginning) == 0;
}

int CountNumbered(const Names& names, const std::string& beginning) {
  int count = 0;
  for (auto name = names.lower_bound(beginning);
       name != names.end() && name->compare(0, beginning.size(), beginning) == 0; ++name) {
    int number = 0;
    std::size_t at = beginning.size();
    while (at < name->size() && std::isdigit(static_cast<unsigned char>((*name)[at])) != 0 &&
           number < kNumberedMax) {
      number = 10 * number + ((*name)[at] - '0');
      ++at;
    }
    if (at > beginning.size() && number < kNumberedMax) {
      count = std::max(count, number + 1);
    }
  }
  return count;
}

TrunkLayout LayoutOfLdm(const Names& names) {
  TrunkLayout layout;
  const int blocks = CountNumbered(names, "input_blocks.");
  layout.layers = {0};
  for (int i = 1; i < blocks; ++i) {
    if (AnyBegins(names, Number("input_blocks", i) + ".0.op.")) {
      layout.layers.push_back(0);
    } else {
      ++layout.layers.back();
    }
  }
  int block = 0;
  for (std::size_t level = layout.layers.size(); level-- > 0;) {
    bool attention = false;
    for (int i = 0; i <= layout.layers[level]; ++i, ++block) {
      attention = attention ||
                  AnyBegins(names, Number("output_blocks", block) + ".1.transformer_blocks.") ||
                  AnyBegins(names, Number("output_blocks", block) + ".1.norm.");
    }
    layout.up_attention.push_back(attention);
  }
  return layout;
}

TrunkLayout LayoutOfDiffusers(const Names& names) {
  TrunkLayout layout;
  const int levels = CountNumbered(names, "down_blocks.");
  for (int level = 0; level < levels; ++level) {
    layout.layers.push_back(CountNumbered(names, Number("down_blocks", level) + ".resnets."));
    layout.up_attention.push_back(AnyBegins(names, Number("up_blocks", level) + ".attentions."));
  }
  return layout;
}

std::vector<NamePair> UnetNames(const TrunkLayout& layout) {
  std::vector<NamePair> pairs = TrunkNames(layout);
  int block = 0;
  for (std::size_t number = 0; number < layout.layers.size(); ++number) {
    const std::size_t level = layout.layers.size() - 1 - number;
    const std::string name = Number("up_blocks", static_cast<int>(number));
    for (int i = 0; i <= layout.layers[level]; ++i, ++block) {
      AppendResnet(pairs, Number("output_blocks", block) + ".0", Number(name + ".resnets", i));
      pairs.push_back({Number("output_blocks", block) + ".1", Number(name + ".attentions", i)});
    }
    if (level > 0) {
      pairs.push_back({Number("output_blocks", block - 1) +
                           (layout.up_attention[number] ? ".2.conv" : ".1.conv"),
                       name + ".upsamplers.0.conv"});
    }
  }
  pairs.push_back({"out.0", "conv_norm_out"});
  pairs.push_back({"out.2", "conv_out"});
  return pairs;
}

std::vector<NamePair> ControlNetNames(const TrunkLayout& layout, int hint_convs) {
  std::vector<NamePair> pairs = TrunkNames(layout);
  const std::string hint = "controlnet_cond_embedding";
  for (int i = 0; i < hint_convs; ++i) {
    // Every other entry is an activation.
    pairs.push_back({Number("input_hint_block", 2 * i), i == 0 ? hint + ".conv_in"
                                                        : i + 1 == hint_convs
                                                            ? hint + ".conv_out"
                                                            : Number(hint + ".blocks", i - 1)});
  }
  int skips = static_cast<int>(layout.layers.size());  // conv_in, and a downsampler between levels.
  for (const int layers : layout.layers) {
    skips += layers;
  }
  for (int i = 0; i < skips; ++i) {
    pairs.push_back({Number("zero_convs", i) + ".0", Number("controlnet_down_blocks", i)});
  }
  pairs.push_back({"middle_block_out.0", "controlnet_mid_block"});
  return pairs;
}

std::vector<NamePair> VaeNames(int levels) {
  constexpr int kResnetsMax = 8;
  std::vector<NamePair> pairs;
  for (int level = 0; level < levels; ++level) {
    const std::string down = Number("encoder.down", level);
    const std::string down_block = Number("encoder.down_blocks", level);
    const std::string up = Number("decoder.up", level);
    const std::string up_block = Number("decoder.up_blocks", levels - 1 - level);
    for (int i = 0; i < kResnetsMax; ++i) {
      AppendVaeResnet(pairs, Number(down + ".block", i), Number(down_block + ".resnets", i));
      AppendVaeResnet(pairs, Number(up + ".block", i), Number(up_block + ".resnets", i));
    }
    pairs.push_back({down + ".downsample.conv", down_block + ".downsamplers.0.conv"});
    pairs.push_back({up + ".upsample.conv", up_block + ".upsamplers.0.conv"});
  }
  AppendVaeMiddle(pairs, "encoder");
  AppendVaeMiddle(pairs, "decoder");
  return pairs;
}

std::vector<NamePair> OpenClipNames(int layers) {
  std::vector<NamePair> pairs = {
      {"token_embedding", "text_model.embeddings.token_embedding"},
      {"positional_embedding", "text_model.embeddings.position_embedding.weight"},
      {"ln_final", "text_model.final_layer_norm"}};
  for (int i = 0; i < layers; ++i) {
    Append(pairs, Number("transformer.resblocks", i), Number("text_model.encoder.layers", i),
           {{"ln_1", "layer_norm1"},
            {"ln_2", "layer_norm2"},
            {"attn.in_proj_weight", "self_attn.q_proj.weight"},
            {"attn.in_proj_weight", "self_attn.k_proj.weight"},
            {"attn.in_proj_weight", "self_attn.v_proj.weight"},
            {"attn.in_proj_bias", "self_attn.q_proj.bias"},
            {"attn.in_proj_bias", "self_attn.k_proj.bias"},
            {"attn.in_proj_bias", "self_attn.v_proj.bias"},
            {"attn.out_proj", "self_attn.out_proj"},
            {"mlp.c_fc", "mlp.fc1"},
            {"mlp.c_proj", "mlp.fc2"}});
  }
  return pairs;
}

NameMap::NameMap(const std::vector<NamePair>& pairs) {
  for (const NamePair& pair : pairs) {
    to_diffusers_.emplace(pair.ldm, pair.diffusers);
    to_ldm_.emplace(pair.diffusers, pair.ldm);
  }
}

std::string NameMap::ToDiffusers(const std::string& ldm) const {
  return LookUp(to_diffusers_, ldm);
}

std::string NameMap::ToLdm(const std::string& diffusers) const {
  return LookUp(to_ldm_, diffusers);
}

}  // namespace weft::models
