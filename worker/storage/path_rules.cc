#include "worker/storage/path_rules.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/wire/job_objects.h"

namespace weft::worker {
namespace {

namespace fs = std::filesystem;

bool IsAbsolute(const std::string& path) {
  return !path.empty() && path.front() == '/';
}

std::string WithoutSlash(std::string path) {
  while (path.size() > 1 && path.back() == '/') {
    path.pop_back();
  }
  return path;
}

bool LiesIn(const std::string& path, const std::string& folder) {
  const bool begins = path.compare(0, folder.size(), folder) == 0;
  return begins && (folder == "/" || path.size() == folder.size() || path[folder.size()] == '/');
}

// Whatever the job names; also what is no file here.
std::vector<std::string*> PathsOf(v1::JobSpec& job) {
  std::vector<std::string*> paths = FilesOf(job);
  for (std::string* const path : ModelPathsOf(job)) {
    paths.push_back(path);
  }
  paths.push_back(job.mutable_output_path());
  paths.push_back(job.mutable_save_look_path());
  return paths;
}

std::string Mapped(const std::string& path, const std::vector<PathMap>& maps) {
  const PathMap* longest = nullptr;
  for (const PathMap& map : maps) {
    const bool is_longer = longest == nullptr || map.from.size() > longest->from.size();
    longest = LiesIn(path, map.from) && is_longer ? &map : longest;
  }
  if (longest == nullptr) {
    return path;
  }
  const std::string rest = path.substr(longest->from == "/" ? 0 : longest->from.size());
  return longest->to == "/" && !rest.empty() ? rest : longest->to + rest;
}

Status CheckRoots(const std::string& named,
                  const std::string& path,
                  const std::vector<std::string>& roots) {
  std::error_code failure;
  const std::string real = fs::weakly_canonical(path, failure).string();
  const bool is_open = !failure && std::any_of(roots.begin(), roots.end(), [&](const auto& root) {
    std::error_code unknown;  // Such as a root on a storage that is away: nothing lies there.
    const std::string folder = fs::weakly_canonical(root, unknown).string();
    return !unknown && !folder.empty() && LiesIn(real, WithoutSlash(folder));
  });
  if (is_open) {
    return {};
  }
  std::string list;
  for (const std::string& root : roots) {
    list += (list.empty() ? "" : ", ") + root;
  }
  return Failure(
      ErrorCode::kPermissionDenied,
      named + (real == named ? "" : ", here " + real + ",") +
          " lies in none of the folders that are open to jobs on this worker (root): " + list);
}

}  // namespace

Result<PathMap> ParsePathMap(const std::string& text) {
  const std::size_t middle = text.find('=');
  PathMap map;
  if (middle != std::string::npos) {
    map = {WithoutSlash(text.substr(0, middle)), WithoutSlash(text.substr(middle + 1))};
  }
  if (!IsAbsolute(map.from) || !IsAbsolute(map.to)) {
    return Failure(ErrorCode::kInvalidArgument,
                   text + " is not FROM=TO with two absolute paths, such as /srv/weft=/mnt/weft");
  }
  return map;
}

Result<v1::Task> Locate(v1::Task task, const PathRules& rules) {
  for (std::string* const path : PathsOf(*task.mutable_job())) {
    if (!IsAbsolute(*path)) {
      continue;  // Of another kind, or not set: paths of jobs are absolute.
    }
    const std::string named = std::exchange(*path, Mapped(*path, rules.maps));
    if (!rules.roots.empty()) {
      WEFT_RETURN_IF_ERROR(CheckRoots(named, *path, rules.roots));
    }
  }
  return task;
}

}  // namespace weft::worker
