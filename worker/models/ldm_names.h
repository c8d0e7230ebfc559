// The names that Stable Diffusion's first code base (CompVis' "latent diffusion", LDM) gives its
// layers, as single-file models and original ControlNets have them, against those of diffusers.
//
// LDM numbers a UNet's blocks through: input_blocks.0 is conv_in, then come, level by level, the
// resnets (each with its transformer at ".1") and the downsampler (".0.op"); output_blocks run from
// the coarsest level, an upsampler is the last entry of its level's last block. A VAE counts the
// levels of its decoder from the finest one, diffusers from the coarsest.

#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace weft::models {

using Names = std::set<std::string>;

bool AnyBegins(const Names& names, const std::string& beginning);

// The largest number that follows `beginning` in any name, plus one; 0 where none does.
int CountNumbered(const Names& names, const std::string& beginning);

// A layer's name in both: whole, or its beginning up to a ".".
struct NamePair {
  std::string ldm;
  std::string diffusers;
};

// How many blocks a UNet or ControlNet has where.
struct TrunkLayout {
  std::vector<int> layers;         // Resnets of each level of the way down, from the finest.
  std::vector<bool> up_attention;  // Has the level transformers on the way up? From the coarsest.
};

// names: of a UNet or ControlNet, without the prefix of its part.
TrunkLayout LayoutOfLdm(const Names& names);
TrunkLayout LayoutOfDiffusers(const Names& names);

std::vector<NamePair> UnetNames(const TrunkLayout& layout);

// hint_convs: convolutions that read the control map.
std::vector<NamePair> ControlNetNames(const TrunkLayout& layout, int hint_convs);

std::vector<NamePair> VaeNames(int levels);

// OpenCLIP's text transformer, as Stable Diffusion 2 stores it. Its attn.in_proj_weight and
// attn.in_proj_bias are the query's, key's and value's on top of each other, so one name stands
// beside three.
std::vector<NamePair> OpenClipNames(int layers);

// Looks names up by their longest known beginning. Immutable; any thread.
class NameMap {
 public:
  NameMap() = default;
  explicit NameMap(const std::vector<NamePair>& pairs);

  // The name itself where no pair fits.
  [[nodiscard]] std::string ToDiffusers(const std::string& ldm) const;
  [[nodiscard]] std::string ToLdm(const std::string& diffusers) const;

 private:
  std::map<std::string, std::string> to_diffusers_;
  std::map<std::string, std::string> to_ldm_;
};

}  // namespace weft::models
