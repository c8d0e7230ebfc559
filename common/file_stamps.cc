#include "common/file_stamps.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <sys/stat.h>

namespace weft {
namespace {

namespace fs = std::filesystem;

// A diffusers folder has a few dozen files; one that has more than this is something else.
constexpr std::size_t kModelFilesMax = 1000;
constexpr int kModelDepthMax = 3;

tl::unexpected<Error> CannotRead(const fs::path& path, const std::error_code& error) {
  return Failure(ErrorCode::kInvalidArgument,
                 "cannot read " + path.string() + ": " + error.message());
}

Status AddFile(const std::string& name, const fs::path& path, FileStamps& stamps) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    return CannotRead(path, std::error_code(errno, std::generic_category()));
  }
  char changed[48];
  std::snprintf(changed, sizeof(changed), "%lld.%09lld",
                static_cast<long long>(found.st_mtim.tv_sec),
                static_cast<long long>(found.st_mtim.tv_nsec));
  stamps[name] = std::to_string(found.st_size) + " bytes, changed at " + changed;
  return {};
}

bool IsModelFile(const fs::directory_entry& entry) {
  const std::string kind = entry.path().extension().string();
  std::error_code ignored;
  return (kind == ".json" || kind == ".txt" || kind == ".safetensors") &&
         entry.is_regular_file(ignored);
}

// origin: what names are seen from.
Status AddFolder(const fs::path& folder, const fs::path& origin, FileStamps& stamps) {
  std::error_code error;
  auto walk = fs::recursive_directory_iterator(
      folder, fs::directory_options::follow_directory_symlink, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    if (walk.depth() >= kModelDepthMax) {
      walk.disable_recursion_pending();
    }
    if (IsModelFile(*walk)) {
      const std::string name = walk->path().lexically_relative(origin).string();
      WEFT_RETURN_IF_ERROR(AddFile(name, walk->path(), stamps));
    }
    if (stamps.size() > kModelFilesMax) {
      return Failure(ErrorCode::kInvalidArgument,
                     "too many files for a model folder: " + folder.string());
    }
  }
  return error ? Status(CannotRead(folder, error)) : Status();
}

}  // namespace

Result<FileStamps> StampsOf(const std::string& place) {
  FileStamps stamps;
  std::error_code ignored;
  if (fs::is_directory(place, ignored)) {
    WEFT_RETURN_IF_ERROR(AddFolder(place, place, stamps));
    return stamps;
  }
  WEFT_RETURN_IF_ERROR(AddFile("", place, stamps));
  if (fs::path(place).extension() == ".json") {
    // An index of weights, which lie in files beside it.
    const fs::path folder = fs::path(place).parent_path();
    WEFT_RETURN_IF_ERROR(AddFolder(folder, folder, stamps));
  }
  const fs::path beside = fs::path(place).replace_extension(".config");
  if (fs::is_directory(beside, ignored)) {
    WEFT_RETURN_IF_ERROR(AddFolder(beside, beside.parent_path(), stamps));
  }
  return stamps;
}

}  // namespace weft
