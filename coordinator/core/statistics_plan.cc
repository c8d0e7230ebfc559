#include "coordinator/core/statistics_plan.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/plan/lending.h"
#include "common/plan/statistics.h"

namespace weft::coordinator {
namespace {

// Of a frame: sum and sum of squares of three channels.
constexpr std::uint64_t kFigureBytes = std::uint64_t{2} * 3 * sizeof(std::uint64_t);

bool HasSteadyMaps(const v1::JobSpec& spec) {
  return std::any_of(spec.controls().begin(), spec.controls().end(),
                     [](const v1::Control& control) { return control.steady(); });
}

}  // namespace

std::uint64_t MeasuringTasks(const v1::JobSpec& spec,
                             const v1::Clip& clip,
                             std::uint64_t chunk_count) {
  const std::uint64_t each = chunk_count + static_cast<std::uint64_t>(clip.scene_starts_size());
  return (HasSteadyMaps(spec) ? each : 0) + (spec.steady_colours() ? each : 0);
}

std::vector<int> StatisticsPlan::SteadyMaps() const {
  std::vector<int> numbers;
  for (int control = 0; control < spec_.controls_size(); ++control) {
    if (spec_.controls(control).steady()) {
      numbers.push_back(control);
    }
  }
  return numbers;
}

void StatisticsPlan::AddScenes(Stage stage,
                               const std::vector<int>& numbers,
                               std::vector<PlannedTask>& tasks) const {
  for (std::uint32_t scene = 0; scene < cut_.SceneCount(); ++scene) {
    const FrameRange frames = cut_.Scene(scene);
    PlannedTask task{.place = {stage, scene, kSceneRound}, .core = frames, .halo = frames};
    for (const int number : numbers) {
      cut_.ReadChunks(frames, {stage, 0, kMeasureRound}, StatisticsName(number).c_str(), task);
      task.outputs.push_back({SceneName(number), kFigureBytes});
    }
    task.weight = TaskCost::kProbeWork;
    tasks.push_back(std::move(task));
  }
}

void StatisticsPlan::ReadScenes(int number, PlannedTask& task) const {
  for (std::uint32_t scene = cut_.SceneOf(task.core.begin);
       scene <= cut_.SceneOf(task.core.end - 1); ++scene) {
    task.inputs.push_back({{task.place.stage, scene, kSceneRound}, SceneName(number)});
  }
}

void StatisticsPlan::MeasureMaps(std::vector<PlannedTask>& tasks) const {
  const std::vector<int> numbers = SteadyMaps();
  if (numbers.empty()) {
    return;
  }
  for (std::uint32_t chunk = 0; chunk < cut_.ChunkCount(); ++chunk) {
    const FrameRange core = cut_.Chunks()[chunk];
    PlannedTask task{.place = {Stage::kAnnotate, chunk, kMeasureRound}, .core = core, .halo = core};
    for (const int control : numbers) {
      const std::uint64_t bytes = core.size() * cost_.ControlBytes(spec_.controls(control));
      task.outputs.push_back({ControlName(control), bytes});
      task.outputs.push_back({StatisticsName(control), core.size() * kFigureBytes});
    }
    task.weight = TaskCost::ReadWork(core.size());
    tasks.push_back(std::move(task));
  }
  AddScenes(Stage::kAnnotate, numbers, tasks);
}

void StatisticsPlan::ReadMaps(PlannedTask& annotate) const {
  for (const int control : SteadyMaps()) {
    annotate.inputs.push_back(
        {{Stage::kAnnotate, annotate.place.chunk, kMeasureRound}, ControlName(control)});
    ReadScenes(control, annotate);
  }
}

void StatisticsPlan::AddFinishing(std::vector<PlannedTask> finishing,
                                  std::vector<PlannedTask>& tasks) const {
  for (PlannedTask& task : finishing) {
    if (!spec_.steady_colours()) {
      break;
    }
    PlannedTask measuring = task;
    measuring.place.round = kMeasureRound;
    measuring.outputs = {{StatisticsName(0), task.core.size() * kFigureBytes}};
    measuring.weight -= TaskCost::EncodeWork(task.core.size());
    task.halo = task.core;
    task.inputs.clear();
    for (std::uint32_t frame = task.core.begin; frame < task.core.end; ++frame) {
      measuring.outputs.push_back({PictureName(frame), cost_.PictureBytes()});
      task.inputs.push_back({measuring.place, PictureName(frame)});
    }
    tasks.push_back(std::move(measuring));
    ReadScenes(0, task);
    task.weight = TaskCost::EncodeWork(task.core.size());
  }
  if (spec_.steady_colours()) {
    AddScenes(Stage::kFinish, {0}, tasks);
  }
  std::move(finishing.begin(), finishing.end(), std::back_inserter(tasks));
}

}  // namespace weft::coordinator
