#include "worker/models/lora.h"

#include <functional>
#include <numeric>
#include <utility>

#include "worker/models/lora_keys.h"

namespace weft::models {
namespace {

constexpr const char* kWeight = ".weight";
constexpr std::size_t kWeightLength = 7;

std::string Underscored(std::string name) {
  for (char& letter : name) {
    letter = letter == '.' ? '_' : letter;
  }
  return name;
}

std::int64_t Elements(const std::vector<std::int64_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

// A layer that has a matrix or kernels.
struct Target {
  std::string weight;  // Its tensor's name in diffusers' spelling.
  std::vector<std::int64_t> shape;
};

// The layers of a part by all the spellings a LoRA may use.
class Targets {
 public:
  Targets(const PartTensors& tensors, const NameMap& ldm) {
    for (const auto& [name, tensor] : tensors.tensors()) {
      const std::size_t module = name.size() < kWeightLength ? 0 : name.size() - kWeightLength;
      const std::vector<std::int64_t>& shape = tensor.held.tensor.shape;
      if (shape.size() < 2 || Elements(shape) == 0 ||
          name.compare(module, std::string::npos, kWeight) != 0) {
        continue;
      }
      const Target target{name, shape};
      targets_.emplace(Underscored(name.substr(0, module)), target);
      targets_.emplace(Underscored(ldm.ToLdm(name.substr(0, module))), target);
    }
  }

  [[nodiscard]] const Target* Find(const std::string& module) const {
    // "to_out" stands for its first and only layer, as in diffusers' oldest files.
    for (const std::string& spelling : {module, module + "_0"}) {
      const auto found = targets_.find(spelling);
      if (found != targets_.end()) {
        return &found->second;
      }
    }
    return nullptr;
  }

 private:
  std::map<std::string, Target> targets_;
};

// The tensors of one module, and the key of each.
struct Pieces {
  bool text = false;
  const Target* target = nullptr;
  std::map<LoraRole, std::pair<std::string, HeldTensor>> tensors;
};

// Why the pieces do not make an addition to the target; empty where they do.
std::string WhyNot(const Pieces& pieces) {
  const auto down = pieces.tensors.find(LoraRole::kDown);
  const auto up = pieces.tensors.find(LoraRole::kUp);
  const std::string& any = pieces.tensors.begin()->second.first;
  if (down == pieces.tensors.end() || up == pieces.tensors.end()) {
    return any + " has no counterpart";
  }
  const std::vector<std::int64_t>& in = down->second.second.tensor.shape;
  const std::vector<std::int64_t>& out = up->second.second.tensor.shape;
  const std::vector<std::int64_t>& whole = pieces.target->shape;
  const auto misshapen = [&](const std::pair<std::string, HeldTensor>& piece) {
    return piece.first + " has shape " + ShapeText(piece.second.tensor.shape) +
           ", which does not fit " + pieces.target->weight + " " + ShapeText(whole);
  };
  if (out.size() < 2 || out[0] != whole[0] || Elements(out) != out[0] * out[1]) {
    return misshapen(up->second);
  }
  const std::int64_t rank = out[1];
  const auto mid = pieces.tensors.find(LoraRole::kMid);
  const std::int64_t kernel = Elements(whole) / (whole[0] * whole[1]);
  const std::int64_t columns = mid == pieces.tensors.end() ? whole[1] * kernel : whole[1];
  if (rank < 1 || in.size() < 2 || in[0] != rank || Elements(in) != rank * columns) {
    return misshapen(down->second);
  }
  if (mid != pieces.tensors.end()) {
    const std::vector<std::int64_t>& middle = mid->second.second.tensor.shape;
    if (middle.size() < 2 || middle[0] != rank || middle[1] != rank ||
        Elements(middle) != rank * rank * kernel) {
      return misshapen(mid->second);
    }
  }
  const auto alpha = pieces.tensors.find(LoraRole::kAlpha);
  if (alpha != pieces.tensors.end() && Elements(alpha->second.second.tensor.shape) != 1) {
    return alpha->second.first + " is not one number";
  }
  return "";
}

LoraTerm TermOf(Pieces& pieces, double weight) {
  const auto take = [&](LoraRole role) -> std::optional<HeldTensor> {
    const auto found = pieces.tensors.find(role);
    return found == pieces.tensors.end() ? std::nullopt
                                         : std::optional(std::move(found->second.second));
  };
  return {weight, *take(LoraRole::kDown), take(LoraRole::kMid), *take(LoraRole::kUp),
          take(LoraRole::kAlpha)};
}

Status AddFile(const LoraOption& option,
               const Targets& unet,
               const Targets& text,
               LoraMerges& merges) {
  WEFT_ASSIGN_OR_RETURN(StoredTensors stored, OpenTensors(option.path));
  std::map<std::pair<bool, std::string>, Pieces> modules;  // By part and the target's name.
  std::vector<std::string> complaints;
  for (auto& [key, held] : stored.tensors) {
    const std::optional<LoraKey> parsed = ParseLoraKey(key);
    const Target* target = !parsed ? nullptr : (parsed->text ? text : unet).Find(parsed->module);
    if (target == nullptr) {
      complaints.push_back(key + " fits no layer of the model");
      continue;
    }
    Pieces& pieces = modules[{parsed->text, target->weight}];
    pieces.text = parsed->text;
    pieces.target = target;
    if (!pieces.tensors.emplace(parsed->role, std::pair(key, std::move(held))).second) {
      complaints.push_back(key + " is there twice, in another spelling");
    }
  }
  for (auto& [name, pieces] : modules) {
    const std::string why = WhyNot(pieces);
    if (!why.empty()) {
      complaints.push_back(why);
      continue;
    }
    LoraTerms& terms = pieces.text ? merges.text : merges.unet;
    terms[pieces.target->weight].push_back(TermOf(pieces, option.weight));
  }
  if (complaints.empty()) {
    return {};
  }
  std::string message = option.path + ": is not a LoRA for this model: ";
  for (std::size_t i = 0; i < complaints.size(); ++i) {
    message += (i == 0 ? "" : "; ") + complaints[i];
  }
  return Failure(ErrorCode::kInvalidArgument, message);
}

}  // namespace

Result<LoraMerges> ReadLoras(const std::vector<LoraOption>& options,
                             const PartTensors& unet,
                             const PartTensors& text) {
  LoraMerges merges;
  if (options.empty()) {
    return merges;
  }
  const Targets unet_targets(unet, NameMap(UnetNames(LayoutOfDiffusers(unet.names()))));
  const Targets text_targets(text, NameMap());
  for (const LoraOption& option : options) {
    WEFT_RETURN_IF_ERROR(AddFile(option, unet_targets, text_targets, merges));
  }
  return merges;
}

}  // namespace weft::models
