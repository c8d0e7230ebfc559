// Models of this machine, their parts and ControlNets, that are handed in with a job.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/result.h"
#include "weft/v1/job.pb.h"

namespace weft::cli {

struct ModelFile {
  std::string name;  // As seen from the folder that the place lies in.
  std::string path;
};

// What a model is read from: a file, with what lies beside it, or a folder. Of a diffusers folder
// only the parts that Weft reads. kInvalidArgument: something cannot be read; names it.
Result<std::vector<ModelFile>> FilesOfModel(const std::string& place);

// Has all files of the job's models handed in, each place once, and names them in the job.
// hand_in: says what jobs call a file then.  Errors: its own, and those above.
Status UploadModels(v1::JobSpec& job,
                    const std::function<Result<std::string>(const std::string& path)>& hand_in);

}  // namespace weft::cli
