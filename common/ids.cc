#include "common/ids.h"

#include "common/plan/statistics.h"

namespace weft {

std::string Name(Stage stage) {
  switch (stage) {
    case Stage::kProbe:
      return "probe";
    case Stage::kAnnotate:
      return "annotate";
    case Stage::kAnchor:
      return "anchor";
    case Stage::kDenoise:
      return "denoise";
    case Stage::kFinish:
      return "finish";
    case Stage::kEncode:
      return "encode";
    case Stage::kAssemble:
      return "assemble";
  }
  return "unknown stage";
}

std::string Name(const TaskId& task) {
  std::string stage = Name(task.stage);
  switch (task.stage) {
    case Stage::kProbe:
      return task.round == kProbeIndex  ? stage
             : task.round == kProbeJoin ? stage + " join"
                                        : stage + " part " + std::to_string(task.chunk);
    case Stage::kAnnotate:
    case Stage::kFinish:  // Round 0 alone, but for jobs that measure whole scenes first.
      return stage + (task.round == kSceneRound ? " scene " : " ") + std::to_string(task.chunk) +
             (task.round == kMeasureRound ? " measure" : "");
    case Stage::kAnchor:  // Most jobs have one.
      return task.chunk == 0 ? stage : stage + " " + std::to_string(task.chunk);
    case Stage::kEncode:
      return stage + " " + std::to_string(task.chunk);
    case Stage::kDenoise:
      return stage + " " + std::to_string(task.chunk) + "." + std::to_string(task.round);
    default:
      return stage;
  }
}

}  // namespace weft
