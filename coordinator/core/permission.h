// What guests of each role may say to the coordinator.

#pragma once

#include <optional>
#include <string>

#include "common/guest.h"
#include "coordinator/core/job_table.h"
#include "weft/v1/envelope.pb.h"

namespace weft::coordinator {

// Why the guest may not say this; nothing when it may. Messages of unknown kinds are everybody's:
// they are answered as such.
std::optional<std::string> FindObjection(const Guest& guest,
                                         const v1::ToCoordinator& message,
                                         const JobTable& jobs);

// Whether only workers say such things.
bool IsOfWorkers(const v1::ToCoordinator& message);

// Jobs and files of guests who submit are theirs, whomever they name.
void Sign(const Guest& guest, v1::ToCoordinator& message);

}  // namespace weft::coordinator
