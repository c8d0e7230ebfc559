// How LoRA files spell which layer a tensor belongs to, and as what.

#pragma once

#include <optional>
#include <string>

namespace weft::models {

enum class LoraRole { kDown, kMid, kUp, kAlpha };

struct LoraKey {
  bool text = false;   // Of the text encoder; else of the UNet.
  std::string module;  // With "_" for ".": down_blocks_0_attentions_0_proj_in.
  LoraRole role = LoraRole::kDown;
};

// Nothing where the key is of no known form (LoHa, LoKr, DoRA, a second text encoder, …).
std::optional<LoraKey> ParseLoraKey(const std::string& key);

}  // namespace weft::models
