// What a farm looks like, for programs. Names and shapes are a promise: fields may be added, none
// changes its meaning. Times are RFC 3339, UTC; what is not known is left out.

#pragma once

#include <nlohmann/json.hpp>

#include "weft/v1/log.pb.h"
#include "weft/v1/view.pb.h"

namespace weft::coordinator {

nlohmann::ordered_json ToJson(const v1::JobSummary& job);
// The summary's fields, and: stages, notes, log (the end of a failed task's), specification, tags,
// after.
nlohmann::ordered_json ToJson(const v1::JobDetails& details);
nlohmann::ordered_json ToJson(const v1::TaskSummary& task);
nlohmann::ordered_json ToJson(const v1::WorkerSummary& worker);
nlohmann::ordered_json ToJson(const v1::LogRecord& record);

// One line. Bytes that are no UTF-8 are replaced.
std::string Dump(const nlohmann::ordered_json& json);

}  // namespace weft::coordinator
