#include "tests/golden/control_uses.h"

#include <initializer_list>
#include <string>
#include <utility>

namespace weft::golden {
namespace {

using nlohmann::json;

// The first of these parameters that is there.
json FirstOf(const GoldenCase& golden, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    json value = golden.Parameter(name);
    if (!value.is_null()) {
      return value;
    }
  }
  return {};
}

// One value stands for a list of it.
json ItemAt(const json& values, std::size_t i) {
  return values.is_array() ? values.at(i) : values;
}

std::string NameOf(const json& net) {
  if (!net.is_object()) {
    return net.get<std::string>();
  }
  return net.contains("name") ? net["name"].get<std::string>() : net.at("file").get<std::string>();
}

at::Tensor MapsOf(const GoldenCase& golden, std::size_t i) {
  const std::string numbered = "in.controlnet_cond." + std::to_string(i);
  return golden.Floats(i == 0 && !golden.Has(numbered) ? "in.controlnet_cond" : numbered);
}

}  // namespace

Result<std::vector<ControlUse>> ControlsOf(const GoldenCase& golden, ModelFolder& model) {
  json nets = FirstOf(golden, {"controlnets", "controlnet"});
  const bool has_maps = golden.Has("in.controlnet_cond") || golden.Has("in.controlnet_cond.0");
  if (nets.is_null() && !has_maps) {
    return std::vector<ControlUse>();
  }
  if (nets.is_null()) {
    nets = "controlnet";
  }
  if (!nets.is_array()) {
    nets = json::array({nets});
  }
  const json scales =
      FirstOf(golden, {"conditioning_scales", "conditioning_scale", "controlnet_scale", "scale"});
  const json ranges = golden.Parameter("control_guidance");
  std::vector<ControlUse> controls;
  for (std::size_t i = 0; i < nets.size(); ++i) {
    ControlUse use;
    WEFT_ASSIGN_OR_RETURN(use.net, model.Control(NameOf(nets[i])));
    use.condition = MapsOf(golden, i);
    if (nets[i].is_object() && nets[i].contains("scale")) {
      use.scale = nets[i]["scale"].get<double>();
    } else if (!scales.is_null()) {
      use.scale = ItemAt(scales, i).get<double>();
    }
    if (!ranges.is_null()) {
      use.start = ItemAt(ranges.at(0), i).get<double>();
      use.end = ItemAt(ranges.at(1), i).get<double>();
    }
    controls.push_back(std::move(use));
  }
  return controls;
}

}  // namespace weft::golden
