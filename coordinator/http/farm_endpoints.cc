// Of workers and of the farm as a whole.

#include <utility>

#include "coordinator/http/endpoints.h"
#include "coordinator/http/metrics.h"
#include "coordinator/http/process_metrics.h"
#include "coordinator/view/view_json.h"
#include "coordinator/view/view_words.h"

namespace weft::coordinator {
namespace {

using Json = nlohmann::ordered_json;
using Answer = v1::FromCoordinator;

constexpr unsigned kOk = 200;
constexpr unsigned kUnavailable = 503;

Route Drain(const Asked& asked, bool undo) {
  v1::ToCoordinator message;
  message.mutable_drain_worker()->set_worker(asked.name);
  message.mutable_drain_worker()->set_undo(undo);
  return Ask(std::move(message), [](const Answer& answer) {
    return JsonReply(kOk, {{"worker", answer.worker_drained().worker()},
                           {"drained", answer.worker_drained().draining()},
                           {"connected", !answer.worker_drained().is_away()}});
  });
}

}  // namespace

Route ListWorkers(const Asked& asked) {
  const auto limit = Number(asked, "limit");
  if (!limit.has_value()) {
    return BadRequest("limit must be a number");
  }
  v1::ToCoordinator message;
  message.mutable_list_workers()->set_after(Query(asked, "cursor"));
  message.mutable_list_workers()->set_limit(Small(*limit));
  return Ask(std::move(message), [](const Answer& answer) {
    Json workers = Json::array();
    for (const v1::WorkerSummary& worker : answer.worker_list().workers()) {
      workers.push_back(ToJson(worker));
    }
    return JsonReply(kOk, Page("workers", std::move(workers), answer.worker_list().next()));
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
                     .body = MetricsText(answer.farm_status()) + ProcessMetricsText()};
  });
}

}  // namespace weft::coordinator
