#include "worker/models/stored_tensors.h"

#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "worker/models/json_text.h"

namespace weft::models {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view kIndexEnding = ".index.json";
constexpr std::string_view kFp16IndexEnding = ".index.fp16.json";
constexpr std::size_t kIndexBytesMax = 64'000'000;

bool EndsWith(const std::string& text, std::string_view ending) {
  return text.size() >= ending.size() &&
         text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

tl::unexpected<Error> Invalid(const std::string& path, const std::string& message) {
  return Failure(ErrorCode::kInvalidArgument, path + ": " + message);
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
  WEFT_ASSIGN_OR_RETURN(const json index, ReadJsonObject(path, kIndexBytesMax));
  const auto map = index.find("weight_map");
  if (map == index.end() || !map->is_object()) {
    return Invalid(path, "has no \"weight_map\" of tensors to files");
  }
  std::map<std::string, std::string> files;
  for (const auto& [tensor, name] : map->items()) {
    const std::string shard = name.is_string() ? name.get<std::string>() : std::string();
    if (shard.empty() || fs::path(shard).filename() != shard || shard == "." || shard == "..") {
      return Invalid(path, "weight_map: " + tensor + " is not in a file beside the index");
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
      return Invalid(
          path, std::string("weight_map: ").append(name).append(": has no tensor ").append(tensor));
    }
    stored.tensors.insert(std::move(held));
  }
  for (const auto& [name, shard] : shards) {
    if (!shard.tensors.empty()) {
      return Invalid(path, "weight_map: lacks tensor " + shard.tensors.begin()->first +
                               ", which is in " + name);
    }
  }
  if (!shards.empty()) {
    stored.metadata = shards.begin()->second.metadata;
  }
  return stored;
}

// Of the folder's pickle files, the first by name; empty where there is none.
std::string FirstPickle(const std::string& folder) {
  std::string first;
  std::error_code failure;
  auto entry = fs::directory_iterator(folder, failure);
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
    const std::string kind = entry->path().extension().string();
    const std::string path = entry->path().string();
    const bool pickle = kind == ".bin" || kind == ".ckpt" || kind == ".pt" || kind == ".pth";
    if (pickle && (first.empty() || path < first)) {
      first = path;
    }
  }
  return first;
}

}  // namespace

Result<std::set<std::string>> ShardsOf(const std::string& path) {
  WEFT_ASSIGN_OR_RETURN(const auto files, ReadIndex(path));
  std::set<std::string> shards;
  for (const auto& [tensor, name] : files) {
    shards.insert(name);
  }
  return shards;
}

Result<StoredTensors> OpenTensors(const std::string& path) {
  if (!EndsWith(path, kIndexEnding) && !EndsWith(path, kFp16IndexEnding)) {
    return OpenOne(path);
  }
  return OpenShards(path);
}

Result<std::string> FindWeights(const std::string& folder, const std::string& stem) {
  for (const char* ending : {".safetensors", ".fp16.safetensors", ".safetensors.index.json",
                             ".safetensors.index.fp16.json", ".fp16.safetensors.index.json"}) {
    const fs::path path = fs::path(folder) / std::string(stem).append(ending);
    std::error_code ignored;
    if (fs::exists(path, ignored)) {
      return path.string();
    }
  }
  const std::string pickle = FirstPickle(folder);
  if (!pickle.empty()) {
    return pickle;
  }
  return Failure(ErrorCode::kNotFound, folder + ": has neither " + stem + ".safetensors nor " +
                                           stem + ".fp16.safetensors nor an index of several");
}

}  // namespace weft::models
