#include "worker/runner/attempt_fields.h"

namespace weft::worker {

LogFields FieldsOf(const AttemptId& attempt) {
  return {.job = attempt.task.job.value,
          .chunk = attempt.task.chunk,
          .round = attempt.task.round,
          .task = Name(attempt.task),
          .attempt = attempt.number,
          .epoch = attempt.epoch};
}

}  // namespace weft::worker
