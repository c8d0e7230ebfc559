// Low-rank additions to a model's weights (Hu et al., "LoRA", eq. 3): W + weight * (alpha / rank) *
// up * down. Reads the files and finds the layers they mean; lora_merge.h computes.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "worker/models/part_tensors.h"

namespace weft::models {

// A file to add, and how much of it.
struct LoraOption {
  std::string path;  // .safetensors
  double weight = 1.0;
};

// What one file adds to one weight.
struct LoraTerm {
  double weight = 1.0;
  HeldTensor down;                  // [rank, in] or [rank, in, k, k]
  std::optional<HeldTensor> mid;    // [rank, rank, k, k]; then down is [rank, in, 1, 1].
  HeldTensor up;                    // [out, rank] or [out, rank, 1, 1]
  std::optional<HeldTensor> alpha;  // One number; without it, alpha is the rank.
};

// By the name of the weight, as diffusers spells it; in the order of the files.
using LoraTerms = std::map<std::string, std::vector<LoraTerm>>;

struct LoraMerges {
  LoraTerms unet;
  LoraTerms text;
};

// Reads files of kohya's scripts and LyCORIS' LoCon (lora_unet_…, lora_te_…), of diffusers old and
// new and of PEFT (unet.…, text_encoder.…); their modules named as in diffusers or as in LDM.
//
// kInvalidArgument: names the file and every key that fits no layer, has no counterpart, or whose
// shape is not the layer's.  Else as OpenTensors().
Result<LoraMerges> ReadLoras(const std::vector<LoraOption>& options,
                             const PartTensors& unet,
                             const PartTensors& text);

}  // namespace weft::models
