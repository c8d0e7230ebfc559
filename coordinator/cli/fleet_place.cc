#include "coordinator/cli/fleet_place.h"

#include <filesystem>
#include <system_error>
#include <vector>

#include "common/settings/settings_file.h"

namespace weft::cli {
namespace {

void FillIn(std::string& field, const std::optional<std::string>& value) {
  if (field.empty() && value.has_value()) {
    field = *value;
  }
}

// Empty: there is no home.
std::string ClientFile(const Environment& environment) {
  if (const auto folder = environment("XDG_CONFIG_HOME"); folder.has_value() && !folder->empty()) {
    return *folder + "/weft/client.yaml";
  }
  const auto home = environment("HOME");
  return home.has_value() && !home->empty() ? *home + "/.config/weft/client.yaml" : "";
}

Status FillInFrom(const std::string& file, FleetPlace& place) {
  std::error_code error;
  if (file.empty() || !std::filesystem::exists(file, error)) {
    return {};
  }
  WEFT_ASSIGN_OR_RETURN(const std::vector<Setting> settings, ReadSettings(file));
  for (const Setting& setting : settings) {
    std::string* field = nullptr;
    if (setting.name == "coordinator") {
      field = &place.coordinator;
    } else if (setting.name == "keys") {
      field = &place.curve.keys;
    } else if (setting.name == "server-key") {
      field = &place.curve.server;
    }
    if (field == nullptr || setting.values.size() != 1) {
      return Failure(ErrorCode::kInvalidArgument,
                     setting.place +
                         ": a client's file has coordinator, keys and server-key, each "
                         "with one value; not " +
                         setting.name);
    }
    FillIn(*field, setting.values.front());
  }
  return {};
}

}  // namespace

Result<FleetPlace> CompletePlace(FleetPlace place, const Environment& environment) {
  FillIn(place.coordinator, environment("WEFT_COORDINATOR"));
  FillIn(place.curve.keys, environment("WEFT_KEYS"));
  FillIn(place.curve.server, environment("WEFT_SERVER_KEY"));
  const std::string file = ClientFile(environment);
  WEFT_RETURN_IF_ERROR(FillInFrom(file, place));
  if (place.coordinator.empty()) {
    return Failure(ErrorCode::kInvalidArgument,
                   "where is the coordinator? Say --coordinator tcp://HOST:7733, set "
                   "WEFT_COORDINATOR, or write \"coordinator: tcp://HOST:7733\" into " +
                       (file.empty() ? "~/.config/weft/client.yaml" : file));
  }
  return place;
}

}  // namespace weft::cli
