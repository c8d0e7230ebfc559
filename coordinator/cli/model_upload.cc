#include "coordinator/cli/model_upload.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <string_view>
#include <system_error>

#include "common/file_stamps.h"
#include "common/storage/model_place.h"
#include "common/storage/sha256_sum.h"
#include "common/storage/upload_place.h"
#include "common/wire/job_objects.h"
#include "worker/models/stored_tensors.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

// Whether a file of a diffusers folder, as seen from there, is one that Weft reads: others have a
// checker of what pictures show, as large as the model.
bool IsRead(const std::string& name) {
  constexpr std::array<std::string_view, 6> kParts = {"unet",      "vae",       "text_encoder",
                                                      "tokenizer", "scheduler", "controlnet"};
  const std::size_t slash = name.find('/');
  return slash == std::string::npos ||
         std::find(kParts.begin(), kParts.end(), std::string_view(name).substr(0, slash)) !=
             kParts.end();
}

// Whether a file beside `whole` belongs to it: its configuration, or a shard of its weights.
bool IsBeside(const std::string& seen, const fs::path& whole, const std::set<std::string>& shards) {
  const std::string configuration = whole.stem().string() + ".config/";
  return shards.count(seen) > 0 || seen.rfind(configuration, 0) == 0;
}

// At its end, where it would leave no name.
fs::path WithoutSlash(const fs::path& place) {
  return place.has_filename() ? place : place.parent_path();
}

}  // namespace

Result<std::vector<ModelFile>> FilesOfModel(const std::string& place) {
  std::error_code ignored;
  const fs::path whole = WithoutSlash(place);
  const std::string name = whole.filename().string();
  const bool is_folder = fs::is_directory(whole, ignored);
  const bool is_diffusers = fs::is_regular_file(whole / "model_index.json", ignored);
  WEFT_ASSIGN_OR_RETURN(const FileStamps stamps, StampsOf(whole.string()));
  std::set<std::string> shards;
  if (!is_folder && whole.extension() == ".json") {
    WEFT_ASSIGN_OR_RETURN(shards, models::ShardsOf(whole.string()));
  }
  std::map<std::string, std::string> files;
  for (const auto& [seen, stamp] : stamps) {
    if (is_folder && (!is_diffusers || IsRead(seen))) {
      files[(fs::path(name) / seen).string()] = (whole / seen).string();
    } else if (!is_folder && seen.empty()) {
      files[name] = whole.string();
    } else if (!is_folder && IsBeside(seen, whole, shards)) {
      files[seen] = (whole.parent_path() / seen).string();
    }
  }
  std::vector<ModelFile> list;
  list.reserve(files.size());
  for (const auto& [file, where] : files) {
    if (!IsNameInPlace(file) || fs::file_size(where, ignored) == 0) {
      return Failure(ErrorCode::kInvalidArgument,
                     where + ": cannot be handed in: it is empty, hidden, or lies too deep");
    }
    list.push_back({file, where});
  }
  return list;
}

Status UploadModels(v1::JobSpec& job,
                    const std::function<Result<std::string>(const std::string& path)>& hand_in) {
  std::map<std::string, std::string> urls;  // By place.
  for (std::string* const place : ModelPathsOf(job)) {
    if (const auto known = urls.find(*place); known != urls.end()) {
      *place = known->second;
      continue;
    }
    WEFT_ASSIGN_OR_RETURN(const std::vector<ModelFile> files, FilesOfModel(*place));
    v1::HandedInModel model;
    Sha256Sum sum;
    for (const ModelFile& file : files) {
      v1::ModelPart& part = *model.add_parts();
      part.set_name(file.name);
      WEFT_ASSIGN_OR_RETURN(*part.mutable_url(), hand_in(file.path));
      WEFT_ASSIGN_OR_RETURN(const UploadPlace there, ParseUploadUrl(part.url()));
      for (const std::string& line : {file.name, there.sha256}) {
        sum.Add(line);
        sum.Add("\n");
      }
    }
    model.set_url(ModelPlace{sum.Take(), WithoutSlash(*place).filename().string()}.Url());
    urls[*place] = model.url();
    *place = model.url();
    *job.add_models() = std::move(model);
  }
  return {};
}

}  // namespace weft::cli
