// Which of this machine's files jobs may name, and under which names they lie here.

#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "weft/v1/task.pb.h"

namespace weft::worker {

// What begins with `from`, in a job, begins with `to` on this machine. Absolute; whole names count:
// "/srv" is no beginning of "/srv2".
struct PathMap {
  std::string from;
  std::string to;
};

struct PathRules {
  std::vector<PathMap> maps;       // The one with the longest `from` counts.
  std::vector<std::string> roots;  // Of this machine; none: jobs may name any file.
};

// "FROM=TO". kInvalidArgument: it is not of that form, or one of both is not absolute.
Result<PathMap> ParsePathMap(const std::string& text);

// The task, with the paths of its job as they are here. s3:// and weft:// stay as they are.
// kPermissionDenied: one of them lies in none of the roots, links followed; says which.
Result<v1::Task> Locate(v1::Task task, const PathRules& rules);

}  // namespace weft::worker
