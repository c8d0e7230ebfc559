#include "coordinator/core/kept_look.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "common/storage/look_place.h"
#include "common/storage/result_place.h"
#include "common/wire/ids_wire.h"
#include "coordinator/core/result_keep.h"
#include "coordinator/core/task_message.h"

namespace weft::coordinator {

Status CheckKeptLook(const v1::SubmitJob& request, const Floor& floor) {
  const auto place = ParseLookUrl(request.spec().look_path());
  if (!place.has_value()) {
    return {};
  }
  const Job* const source = floor.jobs.Find({place->job});
  if (source == nullptr) {
    return Failure(ErrorCode::kNotFound,
                   "look_path: there is no job " + place->job + " to take anchors from");
  }
  if (source->terms.user() != request.terms().user()) {
    return Failure(ErrorCode::kPermissionDenied, "look_path: the anchors of job " + place->job +
                                                     " are those of '" + source->terms.user() +
                                                     "', and the job is that of '" +
                                                     request.terms().user() + "'");
  }
  if (!IsResultUrl(source->spec.save_look_path())) {
    return Failure(ErrorCode::kFailedPrecondition,
                   "look_path: job " + place->job + " saves no anchors with its result");
  }
  const auto& after = request.terms().after();
  const bool waits = std::find(after.begin(), after.end(), place->job) != after.end();
  if (IsOpen(source->state) && !waits) {
    return Failure(ErrorCode::kInvalidArgument,
                   "look_path: job " + place->job + " has not ended; wait for it (after)");
  }
  if (!IsOpen(source->state) && !HasResult(*source, floor)) {
    return Failure(ErrorCode::kFailedPrecondition,
                   "look_path: the result of job " + place->job +
                       ", with its anchors, is not kept, or not any more");
  }
  return {};
}

namespace {

// The list of the result with the anchors that the job's first task reads. Nothing: it reads none,
// or that result is not kept any more.
std::optional<v1::Input> KeptLookOf(const Task& task, const Job& job, const Floor& floor) {
  const auto place = ParseLookUrl(job.spec.look_path());
  const bool is_first = task.id.stage == Stage::kProbe && task.id.round == kProbeIndex;
  const Job* const source = place.has_value() && is_first ? floor.jobs.Find({place->job}) : nullptr;
  if (source == nullptr) {
    return std::nullopt;
  }
  const auto output = ParseResultUrl(source->spec.output_path());
  auto result = ResultOf(*source, floor);
  if (!output || !result.has_value() || !result->has_index()) {
    return std::nullopt;
  }
  v1::Input input;
  input.set_stage(ToWire(Stage::kAssemble));
  input.set_name(output->IndexName());
  *input.mutable_blob() = std::move(*result->mutable_index());
  return input;
}

}  // namespace

void FillAssignment(const Task& task, const Job& job, const Floor& floor, v1::Task& wire) {
  FillTask(task, job, floor.tasks, wire);
  if (auto look = KeptLookOf(task, job, floor); look.has_value()) {
    *wire.add_inputs() = *std::move(look);
  }
}

}  // namespace weft::coordinator
