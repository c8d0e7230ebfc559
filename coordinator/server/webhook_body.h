// What other programs are told of a job.
//
//   {"event":"job.failed","job":"j-51aa…","name":"neon","user":"ada","state":"failed",
//    "output":"/srv/weft/neon.mp4","error":"…","time":"2024-05-01T12:00:00.123Z"}

#pragma once

#include <cstdint>
#include <string>

#include "coordinator/core/job_table.h"

namespace weft::coordinator {

// event: see Note::event. "error" is there where the job failed.
std::string WebhookBody(const std::string& event, const Job& job, std::uint64_t unix_ms);

}  // namespace weft::coordinator
