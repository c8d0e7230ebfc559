// Which of the jobs that are handed in together wait for which.

#pragma once

#include <string>
#include <vector>

#include "weft/v1/client.pb.h"

namespace weft::cli {

// Adds to the terms of each job the ids of those that it starts after: of the nearest ones further
// up that have the names in `after`, and of the one further up that saves the anchors it attends
// to. What no job further up is called is taken for an id.
//
// after: as many as jobs.  jobs: with their names and client tokens.
void SetOrder(const std::vector<std::vector<std::string>>& after, std::vector<v1::SubmitJob>& jobs);

}  // namespace weft::cli
