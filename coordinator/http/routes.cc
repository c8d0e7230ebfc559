#include "coordinator/http/routes.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>
#include <vector>

#include <google/protobuf/util/json_util.h>

#include "common/checksum.h"
#include "common/error.h"
#include "common/log/log.h"
#include "common/wire/error_wire.h"
#include "common/wire/log_wire.h"
#include "coordinator/http/metrics.h"
#include "coordinator/view/view_json.h"
#include "coordinator/view/view_words.h"

namespace weft::coordinator {
namespace {

using Json = nlohmann::ordered_json;
using Answer = v1::FromCoordinator;

constexpr unsigned kOk = 200;
constexpr unsigned kCreated = 201;
constexpr unsigned kBadRequest = 400;
constexpr unsigned kForbidden = 403;
constexpr unsigned kNotFound = 404;
constexpr unsigned kWrongMethod = 405;
constexpr unsigned kConflict = 409;
constexpr unsigned kWrongType = 415;
constexpr unsigned kCannotServe = 422;
constexpr unsigned kInternal = 500;
constexpr unsigned kUnavailable = 503;
constexpr unsigned kNoSpace = 507;

unsigned StatusOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotFound:
      return kNotFound;
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kFailedPrecondition:
      return kConflict;
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kUnsupported:
    case ErrorCode::kResourceExhausted:
      return kCannotServe;
    case ErrorCode::kNoSpace:
      return kNoSpace;
    case ErrorCode::kUnavailable:
      return kUnavailable;
    default:
      return kInternal;
  }
}

HttpReply Refused(const v1::RequestRefused& refused) {
  const Error error = FromWire(refused.error());
  return Problem(StatusOf(error.code()), std::string(Name(error.code())), error.message());
}

// A question whose answer has one shape, or is a refusal.
Question Ask(v1::ToCoordinator message, std::function<HttpReply(const Answer&)> reply) {
  return {std::move(message), [reply = std::move(reply)](const Answer& answer) {
            return answer.has_request_refused() ? Refused(answer.request_refused()) : reply(answer);
          }};
}

Route BadRequest(const std::string& detail) {
  return Problem(kBadRequest, "bad request", detail);
}

// What stands in the place of {job} or {worker} in a path, and the query.
struct Asked {
  const HttpRequest& request;
  const Target& target;
  std::string name;
};

std::string Query(const Asked& asked, const std::string& name) {
  const auto value = asked.target.query.find(name);
  return value == asked.target.query.end() ? "" : value->second;
}

// 0 where it is not there; nothing where it is no number.
std::optional<std::uint64_t> Number(const Asked& asked, const std::string& name) {
  const std::string text = Query(asked, name);
  constexpr std::size_t kDigitsMax = 18;
  if (text.size() > kDigitsMax || text.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  return text.empty() ? 0 : std::stoull(text);
}

Json Page(const char* name, Json items, const std::string& cursor) {
  Json page = {{name, std::move(items)}};
  if (!cursor.empty()) {
    page["next_cursor"] = cursor;
  }
  return page;
}

std::string CursorOf(std::uint64_t next) {
  return next == 0 ? "" : std::to_string(next);
}

Route ListJobs(const Asked& asked) {
  v1::ToCoordinator message;
  v1::ListJobs& list = *message.mutable_list_jobs();
  const auto limit = Number(asked, "limit");
  const auto cursor = Number(asked, "cursor");
  const auto state = JobStateNamed(Query(asked, "state"));
  if (!limit.has_value() || !cursor.has_value()) {
    return BadRequest("limit and cursor must be numbers");
  }
  if (!state.has_value() && !Query(asked, "state").empty()) {
    return BadRequest("there is no state \"" + Query(asked, "state") + "\"");
  }
  list.set_limit(static_cast<std::uint32_t>(std::min<std::uint64_t>(*limit, UINT32_MAX)));
  list.set_before(*cursor);
  list.set_match(Query(asked, "match"));
  if (!Query(asked, "user").empty()) {
    list.set_user(Query(asked, "user"));
  }
  if (state.has_value()) {
    list.add_states(*state);
  }
  return Ask(std::move(message), [](const Answer& answer) {
    Json jobs = Json::array();
    for (const v1::JobSummary& job : answer.job_list().jobs()) {
      jobs.push_back(ToJson(job));
    }
    return JsonReply(kOk, Page("jobs", std::move(jobs), CursorOf(answer.job_list().next())));
  });
}

// Absent, or of the wrong kind: as if it were empty; what must be there is checked by the farm.
std::string Text(const Json& body, const char* name) {
  const auto value = body.find(name);
  return value != body.end() && value->is_string() ? value->get<std::string>() : "";
}

Route SubmitJob(const Asked& asked) {
  const Json body = Json::parse(asked.request.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object() || !body.contains("specification")) {
    return BadRequest("the body must be a JSON object with a \"specification\"");
  }
  const std::string key = asked.request.Header("idempotency-key");
  if (key.empty()) {
    return BadRequest("the header Idempotency-Key is missing: the same key makes the same job");
  }
  v1::ToCoordinator message;
  v1::SubmitJob& submit = *message.mutable_submit_job();
  const auto parsed = google::protobuf::util::JsonStringToMessage(Dump(body["specification"]),
                                                                  submit.mutable_spec());
  if (!parsed.ok()) {
    return Problem(kCannotServe, "invalid argument",
                   "specification: " + std::string(parsed.message()));
  }
  submit.set_client_token(key);
  submit.mutable_terms()->set_name(Text(body, "name"));
  submit.mutable_terms()->set_user(Text(body, "user"));
  if (body.contains("priority") && body["priority"].is_number_unsigned()) {
    submit.mutable_terms()->set_priority(body["priority"].get<std::uint32_t>());
  }
  if (body.contains("tags") && body["tags"].is_array()) {
    for (const Json& tag : body["tags"]) {
      submit.mutable_terms()->add_tags(tag.is_string() ? tag.get<std::string>() : "");
    }
  }
  return Ask(std::move(message), [](const Answer& answer) {
    const v1::JobSubmitted& submitted = answer.job_submitted();
    HttpReply reply = JsonReply(submitted.existed() ? kOk : kCreated,
                                {{"job", submitted.job()}, {"existed", submitted.existed()}});
    reply.headers["Location"] = "/api/v1/jobs/" + submitted.job();
    return reply;
  });
}

Route ShowJob(const Asked& asked) {
  v1::ToCoordinator message;
  message.mutable_show_job()->set_job(asked.name);
  return Ask(std::move(message),
             [](const Answer& answer) { return JsonReply(kOk, ToJson(answer.job_details())); });
}

Route ListTasks(const Asked& asked) {
  const auto limit = Number(asked, "limit");
  const auto cursor = Number(asked, "cursor");
  const auto state = TaskStateNamed(Query(asked, "state"));
  if (!limit.has_value() || !cursor.has_value()) {
    return BadRequest("limit and cursor must be numbers");
  }
  if (!state.has_value() && !Query(asked, "state").empty()) {
    return BadRequest("there is no state \"" + Query(asked, "state") + "\"");
  }
  v1::ToCoordinator message;
  v1::ListTasks& list = *message.mutable_list_tasks();
  list.set_job(asked.name);
  list.set_limit(static_cast<std::uint32_t>(std::min<std::uint64_t>(*limit, UINT32_MAX)));
  list.set_skip(static_cast<std::uint32_t>(std::min<std::uint64_t>(*cursor, UINT32_MAX)));
  if (state.has_value()) {
    list.add_states(*state);
  }
  return Ask(std::move(message), [](const Answer& answer) {
    Json tasks = Json::array();
    for (const v1::TaskSummary& task : answer.task_list().tasks()) {
      tasks.push_back(ToJson(task));
    }
    return JsonReply(kOk, Page("tasks", std::move(tasks), CursorOf(answer.task_list().next())));
  });
}

Route ReadLog(const Asked& asked) {
  const auto offset = Number(asked, "offset");
  const auto attempt = Number(asked, "attempt");
  const auto level = LogLevelNamed(Query(asked, "level"));
  if (!offset.has_value() || !attempt.has_value()) {
    return BadRequest("offset and attempt must be numbers");
  }
  if (!level.has_value() && !Query(asked, "level").empty()) {
    return BadRequest("level must be debug, info, warning or error");
  }
  v1::ToCoordinator message;
  v1::ReadLog& read = *message.mutable_read_log();
  read.set_job(asked.name);
  read.set_offset(*offset);
  read.set_attempt(static_cast<std::uint32_t>(std::min<std::uint64_t>(*attempt, UINT32_MAX)));
  read.set_task(Query(asked, "task"));
  read.set_contains(Query(asked, "contains"));
  if (level.has_value()) {
    read.set_least(ToWire(*level));
  }
  return Ask(std::move(message), [](const Answer& answer) {
    const v1::LogPage& page = answer.log_page();
    Json records = Json::array();
    for (const v1::LogRecord& record : page.records()) {
      records.push_back(ToJson(record));
    }
    return JsonReply(kOk, {{"records", std::move(records)},
                           {"next_offset", page.next()},
                           {"at_end", page.at_end()},
                           {"missing_bytes", page.missing_bytes()}});
  });
}

HttpReply StateReply(const Answer& answer) {
  return JsonReply(kOk, {{"job", answer.job_status().job()},
                         {"state", JobStateName(answer.job_status().state())}});
}

Route PauseJob(const Asked& asked) {
  v1::ToCoordinator message;
  message.mutable_pause_job()->set_job(asked.name);
  return Ask(std::move(message), StateReply);
}

Route ResumeJob(const Asked& asked) {
  v1::ToCoordinator message;
  message.mutable_resume_job()->set_job(asked.name);
  return Ask(std::move(message), StateReply);
}

Route CancelJob(const Asked& asked) {
  v1::ToCoordinator message;
  message.mutable_cancel_job()->set_job(asked.name);
  return Ask(std::move(message), StateReply);
}

Route RetryJob(const Asked& asked) {
  v1::ToCoordinator message;
  message.mutable_retry_job()->set_job(asked.name);
  return Ask(std::move(message), StateReply);
}

Route PrioritizeJob(const Asked& asked) {
  const Json body = Json::parse(asked.request.body, nullptr, /*allow_exceptions=*/false);
  constexpr std::uint32_t kPriorityMax = 100;
  if (!body.is_object() || !body.contains("priority") || !body["priority"].is_number_unsigned() ||
      body["priority"].get<std::uint64_t>() > kPriorityMax) {
    return BadRequest("the body must be a JSON object with a \"priority\" of 0 to 100");
  }
  v1::ToCoordinator message;
  message.mutable_prioritize_job()->set_job(asked.name);
  message.mutable_prioritize_job()->set_priority(body["priority"].get<std::uint32_t>());
  return Ask(std::move(message), StateReply);
}

Route ListWorkers(const Asked& asked) {
  const auto limit = Number(asked, "limit");
  if (!limit.has_value()) {
    return BadRequest("limit must be a number");
  }
  v1::ToCoordinator message;
  message.mutable_list_workers()->set_after(Query(asked, "cursor"));
  message.mutable_list_workers()->set_limit(
      static_cast<std::uint32_t>(std::min<std::uint64_t>(*limit, UINT32_MAX)));
  return Ask(std::move(message), [](const Answer& answer) {
    Json workers = Json::array();
    for (const v1::WorkerSummary& worker : answer.worker_list().workers()) {
      workers.push_back(ToJson(worker));
    }
    return JsonReply(kOk, Page("workers", std::move(workers), answer.worker_list().next()));
  });
}

Route Drain(const Asked& asked, bool undo) {
  v1::ToCoordinator message;
  message.mutable_drain_worker()->set_worker(asked.name);
  message.mutable_drain_worker()->set_undo(undo);
  return Ask(std::move(message), [](const Answer& answer) {
    return JsonReply(kOk, {{"worker", answer.worker_drained().worker()},
                           {"drained", answer.worker_drained().draining()}});
  });
}

Route DrainWorker(const Asked& asked) {
  return Drain(asked, false);
}

Route UndrainWorker(const Asked& asked) {
  return Drain(asked, true);
}

// A worker runs one task at a time: as many are of use as there are tasks to run.
Route ShowScaling(const Asked& /*asked*/) {
  v1::ToCoordinator message;
  message.mutable_show_farm();
  return Ask(std::move(message), [](const Answer& answer) {
    Json classes = Json::array();
    for (const v1::Demand& demand : answer.farm_status().demands()) {
      Json one = {{"device", demand.device().empty() ? "any" : demand.device()},
                  {"tags", demand.tags()},
                  {"tasks_ready", demand.ready()},
                  {"tasks_running", demand.running()},
                  {"desired_workers", demand.ready() + demand.running()}};
      if (demand.device_memory_bytes() > 0) {
        one["device_memory_bytes"] = demand.device_memory_bytes();
      }
      if (demand.data_type() != v1::DATA_TYPE_UNSPECIFIED) {
        one["data_type"] = DataTypeName(demand.data_type());
      }
      classes.push_back(std::move(one));
    }
    return JsonReply(kOk, {{"classes", std::move(classes)}});
  });
}

Route StreamEvents(const Asked& asked) {
  const std::string last = asked.request.Header("last-event-id");
  constexpr std::size_t kDigitsMax = 18;
  if (last.empty()) {
    return EventStream{.from_end = true};
  }
  if (last.size() > kDigitsMax || last.find_first_not_of("0123456789") != std::string::npos) {
    return BadRequest("Last-Event-ID must be the id of an event");
  }
  return EventStream{.offset = std::stoull(last)};
}

Route ShowHealth(const Asked& /*asked*/) {
  return HttpReply{.content_type = "text/plain; charset=utf-8", .body = "ok\n"};
}

Route ShowReadiness(const Asked& /*asked*/) {
  v1::ToCoordinator message;
  message.mutable_show_farm();
  return Ask(std::move(message), [](const Answer& answer) {
    const std::string& held = answer.farm_status().held();
    return held.empty() ? HttpReply{.content_type = "text/plain; charset=utf-8", .body = "ready\n"}
                        : Problem(kUnavailable, "held back", held);
  });
}

Route ShowMetrics(const Asked& /*asked*/) {
  v1::ToCoordinator message;
  message.mutable_show_farm();
  return Ask(std::move(message), [](const Answer& answer) {
    return HttpReply{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                     .body = MetricsText(answer.farm_status())};
  });
}

struct Entry {
  std::string_view method;
  std::string_view path;  // {} stands for one name.
  Route (*route)(const Asked& asked);
};

constexpr std::array<Entry, 18> kEntries = {{
    {"GET", "/healthz", ShowHealth},
    {"GET", "/readyz", ShowReadiness},
    {"GET", "/metrics", ShowMetrics},
    {"GET", "/api/v1/jobs", ListJobs},
    {"POST", "/api/v1/jobs", SubmitJob},
    {"GET", "/api/v1/jobs/{}", ShowJob},
    {"GET", "/api/v1/jobs/{}/tasks", ListTasks},
    {"GET", "/api/v1/jobs/{}/log", ReadLog},
    {"POST", "/api/v1/jobs/{}/pause", PauseJob},
    {"POST", "/api/v1/jobs/{}/resume", ResumeJob},
    {"POST", "/api/v1/jobs/{}/cancel", CancelJob},
    {"POST", "/api/v1/jobs/{}/retry", RetryJob},
    {"PUT", "/api/v1/jobs/{}/priority", PrioritizeJob},
    {"GET", "/api/v1/workers", ListWorkers},
    {"POST", "/api/v1/workers/{}/drain", DrainWorker},
    {"POST", "/api/v1/workers/{}/undrain", UndrainWorker},
    {"GET", "/api/v1/scaling", ShowScaling},
    {"GET", "/api/v1/events", StreamEvents},
}};

// The name that stands for {}, "" where there is none; nothing where the path is another.
std::optional<std::string> Match(std::string_view pattern, const std::string& path) {
  const std::size_t gap = pattern.find("{}");
  if (gap == std::string_view::npos) {
    return path == pattern ? std::optional<std::string>("") : std::nullopt;
  }
  const std::string_view before = pattern.substr(0, gap);
  const std::string_view after = pattern.substr(gap + 2);
  if (path.size() <= before.size() + after.size() || path.compare(0, gap, before) != 0 ||
      path.compare(path.size() - after.size(), after.size(), after) != 0) {
    return std::nullopt;
  }
  const std::string name = path.substr(gap, path.size() - before.size() - after.size());
  return name.find('/') == std::string::npos ? Decoded(name) : std::nullopt;
}

// A page of another site, open in somebody's browser, may not command the farm.
bool ComesFromElsewhere(const HttpRequest& request) {
  const std::string origin = request.Header("origin");
  return !origin.empty() && origin != "http://" + request.Header("host");
}

bool HasJson(const HttpRequest& request) {
  return request.body.empty() ||
         request.Header("content-type").compare(0, 16, "application/json") == 0;
}

}  // namespace

Route RouteOf(const HttpRequest& request) {
  if (ComesFromElsewhere(request)) {
    return Problem(kForbidden, "forbidden", "requests of other sites' pages are not served");
  }
  const auto target = Parse(request.target);
  if (!target.has_value()) {
    return BadRequest("the target's escapes make no sense");
  }
  std::string allowed;
  for (const Entry& entry : kEntries) {
    const auto name = Match(entry.path, target->path);
    if (!name.has_value()) {
      continue;
    }
    if (entry.method != request.method) {
      allowed += (allowed.empty() ? "" : ", ") + std::string(entry.method);
      continue;
    }
    if (!HasJson(request)) {
      return Problem(kWrongType, "unsupported media type", "the body must be application/json");
    }
    return entry.route({request, *target, *name});
  }
  if (allowed.empty()) {
    return Problem(kNotFound, "not found", "there is nothing at " + target->path);
  }
  HttpReply reply = Problem(kWrongMethod, "method not allowed", "allowed: " + allowed);
  reply.headers["Allow"] = allowed;
  return reply;
}

HttpReply Unanswered() {
  return Problem(kUnavailable, "unavailable", "the farm does not answer; try again");
}

HttpReply Tagged(const HttpRequest& request, HttpReply reply) {
  if (request.method != "GET" || reply.status != kOk) {
    return reply;
  }
  const std::string tag = "\"" + std::to_string(Xxh3(reply.body)) + "\"";
  reply.headers["ETag"] = tag;
  if (request.Header("if-none-match") == tag) {
    constexpr unsigned kNotModified = 304;
    reply.status = kNotModified;
    reply.body.clear();
  }
  return reply;
}

}  // namespace weft::coordinator
