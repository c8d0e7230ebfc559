#include "worker/models/stored_tensors.h"

#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

namespace weft::models {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view kIndexEnding = ".index.json";
constexpr std::string_view kFp16IndexEnding = ".index.fp16.json";
constexpr std::uintmax_t kIndexBytesMax = 64'000'000;

bool EndsWith(const std::string& text, std::string_view ending) {
  return text.size() >= ending.size() &&
         text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

Error Invalid(const std::string& message) {
  return {ErrorCode::kInvalidArgument, message};
}

Result<StoredTensors> OpenOne(const std::string& path) {
  WEFT_ASSIGN_OR_RETURN(auto opened, SafetensorsFile::Open(path));
  const std::shared_ptr<const SafetensorsFile> file = std::move(opened);
  StoredTensors stored;
  stored.path = path;
  stored.metadata = file->metadata();
  for (const auto& [name, tensor] : file->tensors()) {
    stored.tensors.emplace(name, HeldTensor{tensor, file});
  }
  return stored;
}

// The file of each tensor.
Result<std::map<std::string, std::string>> ReadIndex(const std::string& path) {
  std::error_code failure;
  const std::uintmax_t bytes = fs::file_size(path, failure);
  std::ifstream file(path, std::ios::binary);
  if (failure || !file) {
    return Failure(ErrorCode::kNotFound, "no such file, or it may not be read");
  }
  if (bytes > kIndexBytesMax) {
    return Failure(Invalid("is too large for an index"));
  }
  const json index = json::parse(file, nullptr, /*allow_exceptions=*/false);
  const auto map = index.is_object() ? index.find("weight_map") : index.end();
  if (!index.is_object() || map == index.end() || !map->is_object()) {
    return Failure(Invalid("has no \"weight_map\" of tensors to files"));
  }
  std::map<std::string, std::string> files;
  for (const auto& [tensor, name] : map->items()) {
    const std::string shard = name.is_string() ? name.get<std::string>() : std::string();
    if (shard.empty() || fs::path(shard).filename() != shard || shard == "." || shard == "..") {
      return Failure(Invalid("weight_map: " + tensor + " is not in a file beside the index"));
    }
    files.emplace(tensor, shard);
  }
  return files;
}

Result<StoredTensors> OpenShards(const std::string& path) {
  WEFT_ASSIGN_OR_RETURN(const auto files, ReadIndex(path));
  StoredTensors stored;
  stored.path = path;
  std::map<std::string, StoredTensors> shards;
  for (const auto& [tensor, name] : files) {
    auto shard = shards.find(name);
    if (shard == shards.end()) {
      WEFT_ASSIGN_OR_RETURN(auto opened, OpenOne((fs::path(path).parent_path() / name).string()));
      shard = shards.emplace(name, std::move(opened)).first;
    }
    auto held = shard->second.tensors.extract(tensor);
    if (held.empty()) {
      return Failure(Invalid("weight_map: " + name + " has no tensor " + tensor));
    }
    stored.tensors.insert(std::move(held));
  }
  for (const auto& [name, shard] : shards) {
    if (!shard.tensors.empty()) {
      return Failure(Invalid("weight_map: lacks tensor " + shard.tensors.begin()->first +
                             ", which is in " + name));
    }
  }
  if (!shards.empty()) {
    stored.metadata = shards.begin()->second.metadata;
  }
  return stored;
}

}  // namespace

Result<StoredTensors> OpenTensors(const std::string& path) {
  if (!EndsWith(path, kIndexEnding) && !EndsWith(path, kFp16IndexEnding)) {
    return OpenOne(path);
  }
  Result<StoredTensors> shards = OpenShards(path);
  if (!shards) {
    return Failure(shards.error().Within(path));
  }
  return shards;
}

Result<std::string> FindWeights(const std::string& folder, const std::string& stem) {
  for (const char* ending : {".safetensors", ".fp16.safetensors", ".safetensors.index.json",
                             ".safetensors.index.fp16.json", ".fp16.safetensors.index.json"}) {
    std::string path = folder + "/" + stem + ending;
    std::error_code ignored;
    if (fs::exists(path, ignored)) {
      return path;
    }
  }
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".bin" || extension == ".ckpt" || extension == ".pt" || extension == ".pth") {
      return entry.path().string();
    }
  }
  return Failure(ErrorCode::kNotFound, folder + ": has neither " + stem + ".safetensors nor " +
                                           stem + ".fp16.safetensors nor an index of several");
}

}  // namespace weft::models
