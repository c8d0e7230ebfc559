#include "coordinator/core/overwrite_check.h"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace weft::coordinator {
namespace {

namespace fs = std::filesystem;

// Without a slash at its end.
std::string Normal(const std::string& path) {
  std::string normal = fs::path(path).lexically_normal().string();
  while (normal.size() > 1 && normal.back() == '/') {
    normal.pop_back();
  }
  return normal;
}

// The place itself, or something in it.
bool IsWithin(const std::string& path, const std::string& place) {
  const std::string normal = Normal(path);
  const std::string folder = Normal(place);
  const auto [ours, theirs] =
      std::mismatch(folder.begin(), folder.end(), normal.begin(), normal.end());
  return ours == folder.end() && (theirs == normal.end() || *theirs == '/');
}

Status CheckWritten(const char* field, const std::string& path, const v1::JobSpec& spec) {
  if (path.empty()) {
    return {};
  }
  for (const ReadPlace& place : PlacesRead(spec)) {
    if (IsWithin(path, place.path)) {
      return Failure(ErrorCode::kInvalidArgument,
                     std::string(field) + " is '" + path + "': " + place.what);
    }
  }
  return {};
}

}  // namespace

std::vector<ReadPlace> PlacesRead(const v1::JobSpec& spec) {
  std::vector<ReadPlace> places = {{spec.input_path(), "it is the input"},
                                   {spec.guide_path(), "it is the guide"},
                                   {spec.keys_path(), "it holds the key frames"},
                                   {spec.look_path(), "it holds the anchors that the job takes"},
                                   {spec.model_path(), "it is the model or in its folder"},
                                   {spec.vae_path(), "it is the VAE"},
                                   {spec.tokenizer_path(), "it is in the tokenizer's folder"}};
  for (const v1::Control& control : spec.controls()) {
    places.push_back({control.maps_path(), "it holds control maps"});
    places.push_back({control.net_path(), "it is a ControlNet or in its folder"});
  }
  for (const v1::Lora& lora : spec.loras()) {
    places.push_back({lora.path(), "it is a LoRA"});
  }
  for (const std::string& path : spec.embedding_paths()) {
    places.push_back({path, "it is an embedding"});
  }
  places.erase(std::remove_if(places.begin(), places.end(),
                              [](const ReadPlace& place) { return place.path.empty(); }),
               places.end());
  return places;
}

Status CheckOverwrites(const v1::JobSpec& spec) {
  WEFT_RETURN_IF_ERROR(CheckWritten("output_path", spec.output_path(), spec));
  WEFT_RETURN_IF_ERROR(CheckWritten("save_look_path", spec.save_look_path(), spec));
  if (!spec.save_look_path().empty() &&
      Normal(spec.save_look_path()) == Normal(spec.output_path())) {
    return Failure(ErrorCode::kInvalidArgument,
                   "save_look_path is '" + spec.save_look_path() + "': it is the output");
  }
  return {};
}

}  // namespace weft::coordinator
