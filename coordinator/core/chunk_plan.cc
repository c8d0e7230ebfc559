#include "coordinator/core/chunk_plan.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include "common/plan/deep_halo.h"
#include "common/plan/lending.h"
#include "common/plan/statistics.h"
#include "common/storage/result_place.h"
#include "common/wire/attention_wire.h"
#include "coordinator/core/anchor_choice.h"
#include "coordinator/core/finish_plan.h"
#include "coordinator/core/job_cut.h"
#include "coordinator/core/job_kind.h"
#include "coordinator/core/object_plan.h"
#include "coordinator/core/probe_plan.h"
#include "coordinator/core/schedule.h"
#include "coordinator/core/statistics_plan.h"
#include "coordinator/core/task_cost.h"

namespace weft::coordinator {
namespace {

std::uint64_t CountTasks(const v1::JobSpec& spec, const v1::Clip& clip) {
  const std::uint64_t chunks =
      (clip.frame_count() + std::uint64_t{spec.chunk_frames()} - 1) / spec.chunk_frames();
  const std::uint64_t groups =  // At most.
      spec.group_frames() == 0 || spec.lossless()
          ? 0
          : clip.frame_count() / std::uint64_t{spec.group_frames()} +
                static_cast<std::uint64_t>(clip.scene_starts_size());
  const std::uint64_t made = chunks + spec.seam_checks();  // At most.
  const std::uint64_t others = groups + MeasuringTasks(spec, clip, made);
  if (IsDeflicker(spec)) {
    return made + others;
  }
  constexpr std::uint64_t kChunkStagesWithoutRounds = 2;  // Annotate and finish.
  return made * (RoundsOf(spec, clip).size() + kChunkStagesWithoutRounds) + others;
}

// Frames beside their own that denoising tasks attend to, altogether: a plan lists them.
std::uint64_t CountContext(const v1::JobSpec& spec, const v1::Clip& clip) {
  const auto joint = JointAttentionOf(spec);
  if (!joint || IsDeflicker(spec)) {
    return 0;
  }
  const std::uint32_t chunks = static_cast<std::uint32_t>(
      (clip.frame_count() + std::uint64_t{spec.chunk_frames()} - 1) / spec.chunk_frames());
  const std::uint32_t begin = chunks / 2 * spec.chunk_frames();  // The ends have less.
  std::vector<int> run(std::min(spec.chunk_frames(), clip.frame_count() - begin));
  std::iota(run.begin(), run.end(), static_cast<int>(begin));
  std::map<std::uint32_t, std::uint64_t> context;  // Of a task, by steps.
  std::uint64_t frames = 0;
  for (const Round& round : RoundsOf(spec, clip)) {
    const std::uint32_t steps = Evaluations(round);
    const auto [known, is_new] = context.try_emplace(steps, 0);
    if (is_new) {
      known->second =
          DeepHaloOf(*joint, run, static_cast<int>(clip.frame_count()), steps).read.size() -
          run.size();
    }
    frames += chunks * known->second;
  }
  return frames;
}

Status CheckContext(const v1::JobSpec& spec, const v1::Clip& clip) {
  if (const std::uint64_t frames = CountContext(spec, clip); frames > kContextFramesMax) {
    return Failure(ErrorCode::kInvalidArgument,
                   "the job's tasks attend to " + std::to_string(frames) +
                       " frames beside their own; longer chunks, a smaller window, a larger stride "
                       "or shorter rounds (round_steps) make fewer");
  }
  return {};
}

// As planned.
Status CheckTensors(const PlannedTask& task) {
  const Stage stage = task.place.stage;
  const bool brings_files =
      stage == Stage::kFinish || stage == Stage::kEncode || stage == Stage::kAssemble;
  for (const PlannedOutput& output : task.outputs) {
    if (!brings_files && output.bytes > kTensorBytesMax) {
      return Failure(ErrorCode::kInvalidArgument,
                     Name(stage) + " would bring '" + output.name + "' of " +
                         std::to_string(output.bytes) + " bytes, and a tensor may have " +
                         std::to_string(kTensorBytesMax) + ": " +
                         (stage == Stage::kAnchor ? "take fewer anchors (anchor_spacing)"
                                                  : "take shorter chunks (chunk_frames)"));
    }
  }
  return {};
}

// Anchors of one task, besides the first. Each group computes the first one again, a sixteenth
// more; as a single task, the anchors of a film would keep all workers but one waiting for hours.
constexpr std::size_t kAnchorGroup = 16;

// Builds the tasks stage by stage, each after those it reads.
class Planner {
 public:
  Planner(const v1::JobSpec& spec, const v1::Clip& clip)
      : spec_(spec),
        clip_(clip),
        cut_(spec, clip),
        cost_(spec, clip),
        joint_(JointAttentionOf(spec)),
        statistics_(spec, cut_, cost_) {}

  JobPlan Build() {
    plan_ = PlanProbe(spec_, &clip_);
    plan_.frame_count = clip_.frame_count();
    plan_.chunks = cut_.Chunks();
    if (!IsDeflicker(spec_)) {
      AddRender();
    }
    FinishPlan(spec_, cut_, cost_, plan_.rounds).AddTasks(plan_.tasks);
    plan_.tasks.push_back(Assembling());
    return std::move(plan_);
  }

 private:
  void ReadControls(const std::set<std::uint32_t>& chunks, PlannedTask& task) const {
    if (spec_.controls().empty()) {
      return;
    }
    for (const std::uint32_t chunk : chunks) {
      for (int control = 0; control < spec_.controls_size(); ++control) {
        task.inputs.push_back({{Stage::kAnnotate, chunk, 0}, ControlName(control)});
      }
    }
  }

  // Everything that comes before a chunk can be finished.
  void AddRender() {
    plan_.rounds = RoundsOf(spec_, clip_);
    if (spec_.anchors_attended() > 0 && !joint_ && spec_.look_path().empty()) {
      plan_.anchors = AnchorsOf(spec_, clip_);
    }
    AddAnnotate();
    AddAnchor();
    AddDenoise();
  }

  void AddAnnotate() {
    statistics_.MeasureMaps(plan_.tasks);
    for (std::uint32_t chunk = 0; chunk < cut_.ChunkCount() && !spec_.controls().empty(); ++chunk) {
      const FrameRange core = plan_.chunks[chunk];
      PlannedTask task{.place = {Stage::kAnnotate, chunk, 0}, .core = core, .halo = core};
      for (int control = 0; control < spec_.controls_size(); ++control) {
        const std::uint64_t bytes = core.size() * cost_.ControlBytes(spec_.controls(control));
        task.outputs.push_back({ControlName(control), bytes});
      }
      task.weight = cost_.AnnotateWork(core.size());
      statistics_.ReadMaps(task);
      plan_.tasks.push_back(std::move(task));
    }
  }

  // Anchors attend to themselves and to the first, so that a group of them is complete with it.
  void AddAnchor() {
    for (std::size_t begin = 0; begin < plan_.anchors.size(); begin += kAnchorGroup) {
      const std::size_t end = std::min(begin + kAnchorGroup, plan_.anchors.size());
      plan_.tasks.push_back(Anchor(begin, end));
    }
  }

  [[nodiscard]] PlannedTask Anchor(std::size_t begin, std::size_t end) const {
    const auto group = static_cast<std::uint32_t>(begin / kAnchorGroup);
    PlannedTask task{
        .place = {Stage::kAnchor, group, 0}, .core = cut_.Whole(), .halo = cut_.Whole()};
    const Round schedule = WholeSchedule(spec_);
    const std::uint64_t steps = schedule.last_step - schedule.first_step;
    if (group > 0) {
      task.anchor_frames.push_back(plan_.anchors.front());
    }
    for (std::size_t i = begin; i < end; ++i) {
      task.anchor_frames.push_back(plan_.anchors[i]);
      task.outputs.push_back({AnchorName(plan_.anchors[i]), steps * cost_.LatentBytes()});
    }
    if (group == 0 && IsResultUrl(spec_.save_look_path())) {
      task.outputs.push_back({kLook, (end - begin) * steps * cost_.LatentBytes()});
    }
    std::set<std::uint32_t> chunks;
    for (const std::uint32_t anchor : task.anchor_frames) {
      chunks.insert(cut_.ChunkOf(anchor));
    }
    ReadControls(chunks, task);
    task.weight = cost_.AnchorWork(static_cast<std::uint32_t>(task.anchor_frames.size()), schedule);
    return task;
  }

  // The group that brings the anchor.
  [[nodiscard]] std::uint32_t GroupOf(std::uint32_t anchor) const {
    const auto found = std::lower_bound(plan_.anchors.begin(), plan_.anchors.end(), anchor);
    return static_cast<std::uint32_t>((found - plan_.anchors.begin()) / kAnchorGroup);
  }

  static std::string AnchorName(std::uint32_t anchor) { return "anchor/" + std::to_string(anchor); }

  void AddDenoise() {
    std::vector<std::vector<std::uint32_t>> attended;
    for (std::uint32_t chunk = 0; chunk < cut_.ChunkAndCheckCount(); ++chunk) {
      attended.push_back(AnchorsAttendedBy(cut_.Rendered(chunk), plan_.anchors, spec_, clip_));
    }
    for (std::uint32_t round = 0; round < plan_.rounds.size(); ++round) {
      for (std::uint32_t chunk = 0; chunk < cut_.ChunkAndCheckCount(); ++chunk) {
        plan_.tasks.push_back(Denoise(chunk, round, attended[chunk]));
      }
    }
  }

  [[nodiscard]] PlannedTask Denoise(std::uint32_t chunk,
                                    std::uint32_t round,
                                    const std::vector<std::uint32_t>& attended) const {
    const FrameRange core = cut_.Rendered(chunk);
    const Round& steps = plan_.rounds[round];
    PlannedTask task{.place = {Stage::kDenoise, chunk, round},
                     .core = core,
                     .halo = core,
                     .checks_seam = cut_.IsCheck(chunk)};
    double passes = core.size();
    if (RunsUnet(steps)) {
      task.anchor_frames = attended;
      passes = joint_ ? Attend(core, steps, task) : passes;
      ReadConditions(task);
    }
    if (!spec_.look_path().empty()) {
      task.inputs.push_back({{Stage::kProbe, 0, kProbeIndex}, kLook});
    }
    const std::vector<std::uint32_t> lent = cut_.Lent(chunk);
    task.weight = cost_.DenoiseWork(passes, steps);
    ReadRoundBefore(lent, task);
    BringRound(lent, task);
    return task;
  }

  // What the round begins with.
  void ReadRoundBefore(const std::vector<std::uint32_t>& lent, PlannedTask& task) const {
    const auto [stage, chunk, round] = task.place;
    const TaskPlace before{stage, chunk, round - 1};
    if (plan_.rounds[round].smooth_step.has_value()) {
      task.halo = cut_.Overlaps() ? task.core : cut_.Halo(task.core);
      task.inputs.push_back({before, "latents"});
      task.inputs.push_back({before, "x0"});
      cut_.ReadPictures(before, lent, task);
      task.weight += TaskCost::SmoothWork(task.core.size()) +
                     TaskCost::DecodeWork(task.core.size() - lent.size());
    } else if (round > 0) {
      for (const std::uint32_t read : ChunksRead(chunk, task)) {
        task.inputs.push_back({{stage, read, round - 1}, "latents"});
      }
    }
  }

  void BringRound(const std::vector<std::uint32_t>& lent, PlannedTask& task) const {
    const bool predicts = plan_.rounds[task.place.round].predict_step.has_value();
    const bool ends = task.place.round + 1 == plan_.rounds.size();
    const std::uint64_t latents = task.core.size() * cost_.LatentBytes();
    task.outputs.push_back({"latents", latents});
    if (predicts) {
      task.outputs.push_back({"x0", latents});
    }
    if (predicts || (ends && spec_.final_pass())) {
      for (const std::uint32_t frame : lent) {
        task.outputs.push_back({PictureName(frame), cost_.PictureBytes()});
      }
      task.weight += TaskCost::DecodeWork(lent.size());
    }
    if (spec_.previews() && !task.checks_seam) {
      task.outputs.push_back({kPreview, cost_.PreviewBytes()});
    }
  }

  // Sets what the core's frames attend to, in all of the round's steps. Returns how many frames
  // pass through the UNet in a step, on average; some of them more than once.
  double Attend(FrameRange core, const Round& round, PlannedTask& task) const {
    std::vector<int> run(core.size());
    std::iota(run.begin(), run.end(), static_cast<int>(core.begin));
    const std::uint32_t steps = Evaluations(round);
    const DeepHalo deep = DeepHaloOf(*joint_, run, static_cast<int>(clip_.frame_count()), steps);
    for (const int read : deep.read) {
      const auto frame = static_cast<std::uint32_t>(read);
      if (!core.Contains(frame)) {
        task.context_frames.push_back(frame);
      }
    }
    task.halo = RunAround(core, task.context_frames);
    return deep.passes / steps;
  }

  // The core, and what of the context lies side by side with it.
  static FrameRange RunAround(FrameRange core, const std::vector<std::uint32_t>& context) {
    FrameRange run = core;
    for (auto before = context.rbegin(); before != context.rend(); ++before) {
      run.begin -= *before + 1 == run.begin ? 1 : 0;
    }
    for (const std::uint32_t after : context) {
      run.end += after == run.end ? 1 : 0;
    }
    return run;
  }

  // The chunks of the task's own frames and of those that they attend to at the same step.
  [[nodiscard]] std::set<std::uint32_t> ChunksRead(std::uint32_t chunk,
                                                   const PlannedTask& task) const {
    std::set<std::uint32_t> chunks{chunk};
    for (const std::uint32_t frame : task.context_frames) {
      chunks.insert(cut_.ChunkOf(frame));
    }
    return chunks;
  }

  // What the UNet sees besides the latents: controls of its own frames, of those that they attend
  // to, and of the anchors, whose keys and values it computes again, and the anchors' latents.
  void ReadConditions(PlannedTask& task) const {
    std::set<std::uint32_t> chunks;
    for (std::uint32_t own = cut_.ChunkOf(task.core.begin); own <= cut_.ChunkOf(task.core.end - 1);
         ++own) {
      chunks.insert(own);
    }
    for (const auto* frames : {&task.context_frames, &task.anchor_frames}) {
      for (const std::uint32_t frame : *frames) {
        chunks.insert(cut_.ChunkOf(frame));
      }
    }
    ReadControls(chunks, task);
    for (const std::uint32_t anchor : task.anchor_frames) {
      task.inputs.push_back({{Stage::kAnchor, GroupOf(anchor), 0}, AnchorName(anchor)});
    }
  }

  [[nodiscard]] PlannedTask Assembling() const {
    PlannedTask task{.place = {Stage::kAssemble, 0, 0}, .core = cut_.Whole(), .halo = cut_.Whole()};
    FinishPlan::ReadFinished(cut_, task);
    if (IsResultUrl(spec_.save_look_path()) && !plan_.anchors.empty()) {
      task.inputs.push_back({{Stage::kAnchor, 0, 0}, kLook});
    }
    if (const auto result = ParseResultUrl(spec_.output_path()); result) {
      task.outputs.push_back({result->IndexName(), 0});  // And pieces, as many as it takes.
    }
    task.weight = cost_.AssembleWork(clip_.frame_count());
    return task;
  }

  const v1::JobSpec& spec_;
  const v1::Clip& clip_;
  const JobCut cut_;
  const TaskCost cost_;
  const std::optional<FrameAttention> joint_;
  const StatisticsPlan statistics_;
  JobPlan plan_;
};

}  // namespace

Result<JobPlan> PlanJob(const v1::JobSpec& spec, const v1::Clip& clip) {
  // Before anything is made of them.
  if (const std::uint64_t tasks = CountTasks(spec, clip); tasks > kPlannedTasksMax) {
    return Failure(ErrorCode::kInvalidArgument,
                   "the job falls into " + std::to_string(tasks) +
                       " tasks; longer chunks or fewer smooth_steps make fewer");
  }
  WEFT_RETURN_IF_ERROR(CheckAnchorFrames(spec, clip));
  JobPlan plan = Planner(spec, clip).Build();
  ReadObjects(spec, plan);
  for (const PlannedTask& task : plan.tasks) {
    if (std::max(task.inputs.size(), task.outputs.size()) > kTaskBlobsMax) {
      return Failure(ErrorCode::kInvalidArgument,
                     Name(task.place.stage) + " would read or bring more than " +
                         std::to_string(kTaskBlobsMax) +
                         " blobs; longer chunks, a smaller window, a larger anchor_spacing or "
                         "group_frames, or no steady_colours make fewer");
    }
  }
  return plan;
}

Result<JobPlan> PlanNewJob(const v1::JobSpec& spec, const v1::Clip& clip) {
  WEFT_RETURN_IF_ERROR(CheckContext(spec, clip));
  WEFT_ASSIGN_OR_RETURN(JobPlan plan, PlanJob(spec, clip));
  for (const PlannedTask& task : plan.tasks) {
    WEFT_RETURN_IF_ERROR(CheckTensors(task));
  }
  return plan;
}

}  // namespace weft::coordinator
