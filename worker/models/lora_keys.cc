#include "worker/models/lora_keys.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace weft::models {
namespace {

struct Ending {
  std::string_view text;
  LoraRole role;
};

// A longer ending stands before the one it ends with.
constexpr std::array<Ending, 15> kEndings = {{
    {".lora_down.weight", LoraRole::kDown},
    {".lora_mid.weight", LoraRole::kMid},
    {".lora_up.weight", LoraRole::kUp},
    {".lora_A.weight", LoraRole::kDown},
    {".lora_B.weight", LoraRole::kUp},
    {".lora_A.default.weight", LoraRole::kDown},
    {".lora_B.default.weight", LoraRole::kUp},
    {".lora_linear_layer.down.weight", LoraRole::kDown},
    {".lora_linear_layer.up.weight", LoraRole::kUp},
    {".lora.down.weight", LoraRole::kDown},
    {".lora.up.weight", LoraRole::kUp},
    {"_lora.down.weight", LoraRole::kDown},  // attn1.processor.to_q_lora
    {"_lora.up.weight", LoraRole::kUp},
    {"_lora.alpha", LoraRole::kAlpha},
    {".alpha", LoraRole::kAlpha},
}};

struct Beginning {
  std::string_view text;
  bool text_encoder;
};

constexpr std::array<Beginning, 7> kBeginnings = {{
    {"lora_unet_", false},
    {"lora_te_", true},
    {"lora_te1_", true},
    {"unet.", false},
    {"text_encoder.", true},
    {"model.diffusion_model.", false},
    {"diffusion_model.", false},
}};

bool TakeBeginning(std::string& text, std::string_view beginning) {
  const bool there = text.compare(0, beginning.size(), beginning) == 0;
  text.erase(0, there ? beginning.size() : 0);
  return there;
}

bool TakeEnding(std::string& text, std::string_view ending) {
  const bool there = text.size() > ending.size() &&
                     text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
  text.resize(text.size() - (there ? ending.size() : 0));
  return there;
}

void Replace(std::string& text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at != std::string::npos) {
    text.replace(at, from.size(), to);
  }
}

// diffusers once called the text encoder's projections as the UNet's.
void RenameOldText(std::string& module) {
  Replace(module, "self_attn.to_q", "self_attn.q_proj");
  Replace(module, "self_attn.to_k", "self_attn.k_proj");
  Replace(module, "self_attn.to_v", "self_attn.v_proj");
  Replace(module, "self_attn.to_out", "self_attn.out_proj");
}

}  // namespace

std::optional<LoraKey> ParseLoraKey(const std::string& key) {
  LoraKey parsed;
  std::string module = key;
  const auto ending = std::find_if(kEndings.begin(), kEndings.end(), [&](const Ending& known) {
    return TakeEnding(module, known.text);
  });
  if (ending == kEndings.end()) {
    return std::nullopt;
  }
  parsed.role = ending->role;

  constexpr std::string_view kPeft = "base_model.model.";
  TakeBeginning(module, kPeft);
  const auto beginning =
      std::find_if(kBeginnings.begin(), kBeginnings.end(),
                   [&](const Beginning& known) { return TakeBeginning(module, known.text); });
  TakeBeginning(module, kPeft);
  constexpr std::string_view kTextModel = "text_model.";
  parsed.text = beginning != kBeginnings.end()
                    ? beginning->text_encoder
                    : module.compare(0, kTextModel.size(), kTextModel) == 0;
  Replace(module, ".processor.", ".");
  if (parsed.text) {
    RenameOldText(module);
  }
  std::replace(module.begin(), module.end(), '.', '_');
  parsed.module = std::move(module);
  return parsed;
}

}  // namespace weft::models
