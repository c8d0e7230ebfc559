// Whether what a job writes would take the place of what it reads.

#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "weft/v1/job.pb.h"

namespace weft::coordinator {

// A file or a folder that a job reads.
struct ReadPlace {
  std::string path;
  std::string what;  // In words: "it is the input".
};

// None of the paths is empty.
std::vector<ReadPlace> PlacesRead(const v1::JobSpec& spec);

// By their names alone; links are followed where the files are.
// kInvalidArgument: a path that the job writes is one that it reads, lies in a folder that it
// reads, or is written twice.
Status CheckOverwrites(const v1::JobSpec& spec);

}  // namespace weft::coordinator
