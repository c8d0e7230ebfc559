#include "coordinator/core/finish_plan.h"

#include <utility>

#include "common/plan/lending.h"
#include "common/plan/picture_runs.h"
#include "coordinator/core/job_kind.h"

namespace weft::coordinator {
namespace {

constexpr const char* kSegment = "segment";

}  // namespace

FinishPlan::FinishPlan(const v1::JobSpec& spec,
                       const JobCut& cut,
                       const TaskCost& cost,
                       const std::vector<Round>& rounds)
    : spec_(spec),
      cut_(cut),
      cost_(cost),
      rounds_(rounds),
      smooths_(IsDeflicker(spec) || (spec.final_pass() && spec.window() > 0)) {}

void FinishPlan::AddTasks(std::vector<PlannedTask>& tasks) const {
  std::vector<PlannedTask> finishing;
  for (std::uint32_t chunk = 0; chunk < cut_.ChunkAndCheckCount(); ++chunk) {
    finishing.push_back(cut_.IsCheck(chunk) ? FinishCheck(chunk) : Finish(chunk));
  }
  StatisticsPlan(spec_, cut_, cost_).AddFinishing(std::move(finishing), tasks);
  AddEncode(tasks);
}

PlannedTask FinishPlan::Begun(std::uint32_t chunk, FrameRange core) const {
  PlannedTask task{.place = {Stage::kFinish, chunk, 0}, .core = core, .halo = core};
  task.weight = TaskCost::EncodeWork(core.size());
  if (smooths_) {
    task.halo = cut_.Halo(core);
    task.weight += TaskCost::SmoothWork(core.size());
  }
  return task;
}

PlannedTask FinishPlan::Finish(std::uint32_t chunk) const {
  PlannedTask task = Begun(chunk, cut_.Chunks()[chunk]);
  ReadRendered(task);
  for (const FrameRange run : PictureRuns(task.core, cut_.Groups())) {
    task.outputs.push_back({RunName(run), run.size() * cost_.RunBytes()});
  }
  if (cut_.Groups().empty()) {
    task.outputs.push_back({kSegment, task.core.size() * cost_.SegmentBytes()});
  }
  BringChecked(task);
  return task;
}

PlannedTask FinishPlan::FinishCheck(std::uint32_t chunk) const {
  const std::uint32_t border = cut_.CheckOf(chunk).border;
  PlannedTask task = Begun(chunk, {border - 1, border + 1});
  task.checks_seam = true;
  if (cut_.Overlaps()) {
    task.halo = cut_.Rendered(chunk);
  }
  ReadRendered(task);
  BringChecked(task);
  return task;
}

// Frames beside borders that are checked, for the report.
void FinishPlan::BringChecked(PlannedTask& finish) const {
  for (const std::uint32_t frame : FramesChecked(finish.core, cut_.Checks())) {
    finish.outputs.push_back({PictureName(frame), cost_.PictureBytes()});
  }
}

// A deflicker job's frames come straight from its clips.
void FinishPlan::ReadRendered(PlannedTask& finish) const {
  if (rounds_.empty()) {
    return;
  }
  const auto last_round = static_cast<std::uint32_t>(rounds_.size() - 1);
  const TaskPlace from{Stage::kDenoise, finish.place.chunk, last_round};
  if (cut_.Overlaps() && !finish.checks_seam) {
    ReadFaded(from, finish);
    return;
  }
  finish.inputs.push_back({from, "latents"});
  const std::vector<std::uint32_t> lent =
      smooths_ ? cut_.Lent(finish.place.chunk) : std::vector<std::uint32_t>();
  cut_.ReadPictures(from, lent, finish);
  const FrameRange decoded = cut_.Overlaps() ? finish.halo : finish.core;
  finish.weight += TaskCost::DecodeWork(decoded.size() - lent.size());
}

void FinishPlan::ReadFaded(TaskPlace from, PlannedTask& finish) const {
  const std::uint32_t first = SharesOf(finish.halo.begin, *cut_.Overlaps()).front().chunk;
  const std::uint32_t last = SharesOf(finish.halo.end - 1, *cut_.Overlaps()).back().chunk;
  cut_.ReadChunks({cut_.Chunks()[first].begin, cut_.Chunks()[last].end}, from, "latents", finish);
  finish.weight += TaskCost::DecodeWork(finish.halo.size());
}

void FinishPlan::AddEncode(std::vector<PlannedTask>& tasks) const {
  std::uint32_t number = 0;
  for (const FrameRange group : cut_.Groups()) {
    PlannedTask task{.place = {Stage::kEncode, number++, 0}, .core = group, .halo = group};
    for (std::uint32_t chunk = cut_.ChunkOf(group.begin); chunk <= cut_.ChunkOf(group.end - 1);
         ++chunk) {
      for (const FrameRange run : PictureRuns(cut_.Chunks()[chunk], {group})) {
        task.inputs.push_back({{Stage::kFinish, chunk, 0}, RunName(run)});
      }
    }
    task.outputs.push_back({kSegment, group.size() * cost_.SegmentBytes()});
    task.weight = TaskCost::EncodeWork(group.size());
    tasks.push_back(std::move(task));
  }
}

void FinishPlan::ReadFinished(const JobCut& cut, PlannedTask& assemble) {
  for (std::uint32_t group = 0; group < cut.Groups().size(); ++group) {
    assemble.inputs.push_back({{Stage::kEncode, group, 0}, kSegment});
  }
  if (cut.Groups().empty()) {
    cut.ReadChunks(cut.Whole(), {Stage::kFinish, 0, 0}, kSegment, assemble);
  }
  for (const std::uint32_t frame : FramesChecked(cut.Whole(), cut.Checks())) {
    assemble.inputs.push_back({{Stage::kFinish, cut.ChunkOf(frame), 0}, PictureName(frame)});
  }
  std::uint32_t chunk = cut.ChunkCount();
  for (const SeamCheck& check : cut.Checks()) {
    for (const std::uint32_t frame : {check.border - 1, check.border}) {
      assemble.inputs.push_back({{Stage::kFinish, chunk, 0}, PictureName(frame)});
    }
    ++chunk;
  }
}

}  // namespace weft::coordinator
