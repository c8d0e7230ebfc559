#include "coordinator/view/view_json.h"

#include <google/protobuf/util/json_util.h>

#include "common/ids.h"
#include "common/log/log.h"
#include "common/wire/log_wire.h"
#include "coordinator/view/view_words.h"

namespace weft::coordinator {
namespace {

using Json = nlohmann::ordered_json;

Json SpecificationOf(const v1::JobSpec& spec) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  // A message of ours is always printable, unless a string in it is no UTF-8.
  if (!google::protobuf::util::MessageToJsonString(spec, &text, options).ok()) {
    return nullptr;
  }
  return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

void AddTime(Json& json, const char* key, std::uint64_t unix_ms) {
  if (unix_ms > 0) {
    json[key] = TimeStamp(unix_ms);
  }
}

}  // namespace

Json ToJson(const v1::JobSummary& job) {
  Json json = {{"job", job.job()},
               {"name", job.name()},
               {"user", job.user()},
               {"kind", KindName(job.kind())},
               {"state", JobStateName(job.state())},
               {"priority", job.priority()},
               {"fraction", job.fraction()},
               {"frames_done", job.frames_done()},
               {"tasks_running", job.tasks_running()}};
  if (job.frames_total() > 0) {
    json["frames_total"] = job.frames_total();
  }
  if (job.has_eta_seconds()) {
    json["eta_seconds"] = job.eta_seconds();
  }
  if (!job.error().empty()) {
    json["error"] = job.error();
  }
  AddTime(json, "submitted", job.submitted_unix_ms());
  AddTime(json, "ended", job.ended_unix_ms());
  json["output"] = job.output_path();
  return json;
}

Json ToJson(const v1::JobDetails& details) {
  Json json = ToJson(details.summary());
  const v1::JobStatus& status = details.status();
  if (status.has_error()) {
    json["error"] = status.error().message();
  }
  json["tags"] = details.terms().tags();
  json["after"] = details.terms().after();
  json["stages"] = Json::array();
  for (const v1::StageProgress& stage : status.stages()) {
    json["stages"].push_back({{"stage", Name(static_cast<Stage>(stage.stage()))},
                              {"tasks_done", stage.tasks_done()},
                              {"tasks_running", stage.tasks_running()},
                              {"tasks_total", stage.tasks_total()}});
  }
  json["notes"] = status.notes();
  if (!status.log().empty()) {
    json["log"] = status.log();
  }
  if (details.has_result()) {
    AddTime(json["result"], "kept_until", details.result().kept_until_unix_ms());
    json["result"]["is_kept"] = details.result().has_index();
  }
  json["specification"] = SpecificationOf(details.spec());
  return json;
}

Json ToJson(const v1::TaskSummary& task) {
  Json json = {{"task", TaskName(task.task())}, {"state", TaskStateName(task.state())},
               {"ready", task.ready()},         {"attempt", task.attempt()},
               {"failures", task.failures()},   {"fraction", task.fraction()}};
  if (!task.worker().empty()) {
    json["worker"] = task.worker();
  }
  if (task.frame_count() > 0) {
    json["frames"] = FramesOf(task);
    json["checks_seam"] = task.checks_seam();
  }
  return json;
}

Json ToJson(const v1::WorkerSummary& worker) {
  Json json = {{"worker", worker.worker()},
               {"state", WorkerStateName(worker)},
               {"connected", worker.connected()},
               {"drained", worker.drained()}};
  if (!worker.connected()) {
    return json;
  }
  json["device"] = worker.device();
  if (worker.device_memory_bytes() > 0) {
    json["device_memory_bytes"] = worker.device_memory_bytes();
  }
  json["data_types"] = Json::array();
  for (const int type : worker.data_types()) {
    json["data_types"].push_back(DataTypeName(static_cast<v1::DataType>(type)));
  }
  json["tags"] = worker.tags();
  json["build"] = worker.build();
  if (!worker.warm_model().empty()) {
    json["warm_model"] = worker.warm_model();
  }
  if (worker.has_task()) {
    json["job"] = worker.task().job();
    json["task"] = TaskName(worker.task());
    json["fraction"] = worker.fraction();
  }
  json["silent_seconds"] = static_cast<double>(worker.silent_ms()) / 1000;
  return json;
}

Json ToJson(const v1::LogRecord& record) {
  return Json::parse(JsonLine(FromWire(record)));
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace weft::coordinator
