// What the endpoints of routes.h are made of.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "coordinator/http/message.h"
#include "coordinator/http/routes.h"

namespace weft::coordinator {

// A request that has found its endpoint.
struct Asked {
  const HttpRequest& request;
  const Target& target;
  std::string name;  // What stands in the place of {job} or {worker} in the path.
};

// A question whose answer has one shape, or is a refusal.
Question Ask(v1::ToCoordinator message,
             std::function<HttpReply(const v1::FromCoordinator& answer)> reply);

Route BadRequest(const std::string& detail);

// What the body holds. A discarded value: it is not JSON, or nested deeper than anything of ours:
// who prints such a value would need a stack as deep.
nlohmann::ordered_json BodyOf(const Asked& asked);

// Of the query; empty where it is not there.
std::string Query(const Asked& asked, const std::string& name);

// Of the query; 0 where it is not there, nothing where it is no number.
std::optional<std::uint64_t> Number(const Asked& asked, const std::string& name);

// The greatest that fits, for what is greater.
std::uint32_t Small(std::uint64_t number);

// cursor: empty on the last page.
nlohmann::ordered_json Page(const char* name,
                            nlohmann::ordered_json items,
                            const std::string& cursor);
// Empty for 0.
std::string CursorOf(std::uint64_t next);

// ---- the endpoints

Route ListJobs(const Asked& asked);
Route SubmitJob(const Asked& asked);
Route ShowJob(const Asked& asked);
Route ListTasks(const Asked& asked);
Route ReadLog(const Asked& asked);
Route PauseJob(const Asked& asked);
Route ResumeJob(const Asked& asked);
Route CancelJob(const Asked& asked);
Route DropResult(const Asked& asked);
Route ForgetJob(const Asked& asked);
Route RetryJob(const Asked& asked);
Route PrioritizeJob(const Asked& asked);
Route ListWorkers(const Asked& asked);
Route DrainWorker(const Asked& asked);
Route UndrainWorker(const Asked& asked);
Route ShowScaling(const Asked& asked);
Route StreamEvents(const Asked& asked);
Route ShowHealth(const Asked& asked);
Route ShowReadiness(const Asked& asked);
Route ShowMetrics(const Asked& asked);

}  // namespace weft::coordinator
