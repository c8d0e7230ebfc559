// What a job's frames depend on, as named texts. A state folder belongs to one set of facts; when
// another one comes, the difference can be told by name.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/result.h"
#include "weft/v1/job.pb.h"

namespace weft::cli {

using JobFacts = std::map<std::string, std::string>;

// Every field of `spec`, and the stamps (common/file_stamps.h) of the input, the guide, the model
// and all that the job adds to it. kInvalidArgument: a file cannot be read; names it.
Result<JobFacts> CollectFacts(const v1::JobSpec& spec);

// The client token of a job: 32 hexadecimal digits (XXH3, 128 bits), equal for equal facts.
std::string Token(const JobFacts& facts);

// One line for each fact that is not the same: "steps: 20, now 30".
std::vector<std::string> Differences(const JobFacts& before, const JobFacts& now);

}  // namespace weft::cli
