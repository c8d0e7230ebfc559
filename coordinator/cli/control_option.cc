#include "coordinator/cli/control_option.h"

#include <algorithm>
#include <array>
#include <set>

#include "coordinator/cli/job_fields.h"
#include "coordinator/cli/option_values.h"

namespace weft::cli {
namespace {

struct KindName {
  const char* name;
  v1::ControlKind kind;
  bool from_source;  // Are there maps without maps=?
};

constexpr std::array kKinds = {
    KindName{"softedge", v1::CONTROL_KIND_SOFT_EDGE, true},
    KindName{"tile", v1::CONTROL_KIND_TILE, true},
    KindName{"depth", v1::CONTROL_KIND_DEPTH, false},
    KindName{"openpose", v1::CONTROL_KIND_OPENPOSE, false},
    KindName{"canny", v1::CONTROL_KIND_CANNY, false},
    KindName{"lineart", v1::CONTROL_KIND_LINEART, false},
};
constexpr NumberRange kScale{.min = 0, .max = 2};
constexpr NumberRange kPart{.min = 0, .max = 1};

tl::unexpected<Error> Wrong(const std::string& what) {
  return Failure(ErrorCode::kInvalidArgument, what);
}

struct Setting {
  std::string name;
  std::string value;
  bool has_value = false;  // Was there a "="?
};

// "a=1,b=2"; a part without "=" has no value.
std::vector<Setting> Settings(const std::string& text) {
  std::vector<Setting> settings;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const std::size_t equals = std::min(part.find('='), part.size());
    settings.push_back({part.substr(0, equals), part.substr(std::min(equals + 1, part.size())),
                        equals < part.size()});
    begin = end + 1;
  }
  return settings;
}

Result<double> Number(const Setting& setting, const std::string& what, NumberRange range) {
  Result<double> number = ParseNumber(setting.value, range);
  if (!number) {
    return Failure(Error(number.error().code(), what + " " + number.error().message()));
  }
  return number;
}

const KindName* KindNamed(const std::string& name) {
  for (const KindName& kind : kKinds) {
    if (name == kind.name) {
      return &kind;
    }
  }
  return nullptr;
}

Status SetSteady(const Setting& setting, v1::Control& control) {
  const Result<bool> steady = setting.has_value ? ParseSwitch(setting.value) : true;
  if (!steady) {
    return Wrong("steady " + steady.error().message());
  }
  if (*steady && control.kind() != v1::CONTROL_KIND_DEPTH) {
    return Wrong("steady is for depth, whose maps have a mean that means something");
  }
  control.set_steady(*steady);
  return {};
}

Status Set(const Setting& setting, v1::Control& control) {
  if (setting.name == "net" || setting.name == "maps") {
    if (setting.value.empty()) {
      return Wrong(setting.name + " must name a file");
    }
    (setting.name == "net" ? control.mutable_net_path() : control.mutable_maps_path())
        ->assign(setting.value);
    return {};
  }
  if (setting.name == "start" || setting.name == "end") {
    WEFT_ASSIGN_OR_RETURN(const double part, Number(setting, setting.name, kPart));
    setting.name == "start" ? control.set_start(part) : control.set_end(part);
    return {};
  }
  if (setting.name == "steady") {
    return SetSteady(setting, control);
  }
  return Wrong("must go on with net=PATH, maps=CLIP, start=A, end=B or steady, not \"" +
               setting.name + "\"; a path cannot hold a comma");
}

}  // namespace

Result<v1::Control> ParseControl(const std::string& text) {
  const std::vector<Setting> settings = Settings(text);
  const Setting& first = settings.front();
  const KindName* const kind = KindNamed(first.name);
  if (kind == nullptr || !first.has_value) {
    return Wrong(
        "must be KIND=SCALE[,net=PATH][,maps=CLIP][,start=A][,end=B][,steady] with KIND softedge, "
        "tile, depth, openpose, canny or lineart, not \"" +
        text + "\"");
  }
  v1::Control control;
  control.set_kind(kind->kind);
  control.set_end(1);
  WEFT_ASSIGN_OR_RETURN(const double scale, Number(first, first.name + "'s scale", kScale));
  control.set_scale(scale);
  std::set<std::string> seen;
  for (std::size_t i = 1; i < settings.size(); ++i) {
    if (!seen.insert(settings[i].name).second) {
      return Wrong("gives " + settings[i].name + " twice");
    }
    WEFT_RETURN_IF_ERROR(Set(settings[i], control));
  }
  if (control.start() >= control.end()) {
    return Wrong("must have its start below its end, not \"" + text + "\"");
  }
  if (!kind->from_source && control.maps_path().empty()) {
    return Wrong(first.name +
                 " needs maps=CLIP, a clip of control maps; only those of softedge and tile are "
                 "made from the source");
  }
  return control;
}

std::string WithAbsolutePaths(const std::string& control, const std::string& folder) {
  std::string text;
  for (const Setting& setting : Settings(control)) {
    const bool is_path =
        !setting.value.empty() && (setting.name == "net" || setting.name == "maps");
    text += (text.empty() ? "" : ",") + setting.name;
    if (setting.has_value) {
      text += "=" + (is_path ? AbsolutePath(setting.value, folder) : setting.value);
    }
  }
  return text;
}

Result<std::string> ControlText(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string kind;
  std::string scale = "1";
  std::string rest;
  for (const auto& [key, value] : entries) {
    if (key == "kind") {
      kind = value;
    } else if (key == "scale") {
      scale = value;
    } else if (key == "net" || key == "maps" || key == "start" || key == "end" || key == "steady") {
      rest.append(",").append(key).append("=").append(value);
    } else {
      return Wrong("there is no \"" + key +
                   "\" of a control; there are kind, scale, net, maps, start, end, steady");
    }
  }
  if (kind.empty()) {
    return Wrong("lacks its kind, such as {kind: tile, scale: 0.6}");
  }
  return kind + "=" + scale + rest;
}

}  // namespace weft::cli
