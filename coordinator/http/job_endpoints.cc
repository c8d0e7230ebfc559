// Of jobs: list, submit, show, tasks, log, orders.

#include <utility>

#include <google/protobuf/util/json_util.h>

#include "common/log/log.h"
#include "common/wire/log_wire.h"
#include "coordinator/http/endpoints.h"
#include "coordinator/view/view_json.h"
#include "coordinator/view/view_words.h"

namespace weft::coordinator {
namespace {

using Json = nlohmann::ordered_json;
using Answer = v1::FromCoordinator;

constexpr unsigned kOk = 200;
constexpr unsigned kCreated = 201;
constexpr unsigned kCannotServe = 422;

// What of the terms is of the wrong kind; empty where all is well.
std::string WrongTerm(const Json& body) {
  for (const char* name : {"name", "user"}) {
    if (body.contains(name) && !body[name].is_string()) {
      return std::string(name) + " must be a string";
    }
  }
  constexpr std::uint64_t kPriorityMax = 100;
  if (body.contains("priority") && (!body["priority"].is_number_unsigned() ||
                                    body["priority"].get<std::uint64_t>() > kPriorityMax)) {
    return "priority must be 0 to 100";
  }
  for (const char* name : {"tags", "after"}) {
    if (body.contains(name) && !body[name].is_array()) {
      return std::string(name) + " must be a list";
    }
  }
  return "";
}

// Empty where it is not there.
std::string Text(const Json& body, const char* name) {
  const auto value = body.find(name);
  return value != body.end() && value->is_string() ? value->get<std::string>() : "";
}

HttpReply StateReply(const Answer& answer) {
  return JsonReply(kOk, {{"job", answer.job_status().job()},
                         {"state", JobStateName(answer.job_status().state())}});
}

}  // namespace

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
  list.set_limit(Small(*limit));
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

Route SubmitJob(const Asked& asked) {
  const Json body = BodyOf(asked);
  if (!body.is_object() || !body.contains("specification")) {
    return BadRequest("the body must be a JSON object with a \"specification\"");
  }
  if (const std::string wrong = WrongTerm(body); !wrong.empty()) {
    return BadRequest(wrong);
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
  if (body.contains("priority")) {
    submit.mutable_terms()->set_priority(body["priority"].get<std::uint32_t>());
  }
  for (const Json& tag : body.value("tags", Json::array())) {
    submit.mutable_terms()->add_tags(tag.is_string() ? tag.get<std::string>() : "");
  }
  for (const Json& job : body.value("after", Json::array())) {
    submit.mutable_terms()->add_after(job.is_string() ? job.get<std::string>() : "");
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
  list.set_limit(Small(*limit));
  list.set_skip(Small(*cursor));
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
  read.set_attempt(Small(*attempt));
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

Route DropResult(const Asked& asked) {
  v1::ToCoordinator message;
  message.mutable_drop_result()->set_job(asked.name);
  return Ask(std::move(message), StateReply);
}

Route ForgetJob(const Asked& asked) {
  v1::ToCoordinator message;
  message.mutable_forget_job()->set_job(asked.name);
  return Ask(std::move(message), [](const Answer& answer) {
    return JsonReply(kOk, {{"job", answer.job_forgotten().job()}, {"forgotten", true}});
  });
}

Route PrioritizeJob(const Asked& asked) {
  const Json body = BodyOf(asked);
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

}  // namespace weft::coordinator
