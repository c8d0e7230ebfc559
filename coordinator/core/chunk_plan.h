// How a job is cut: chunks of frames, rounds of steps, and every task with what it reads. A pure
// function of the specification and of what the probe found; nothing of it is stored.
//
//   probe ─► annotate(chunk) ─► anchor(group) ─► denoise(chunk, 0) ─► denoise(chunk, 1) …
//         ─► finish(chunk) ─► encode(group of pictures) ─► assemble
// Chunks that exchange nothing (v1::EXCHANGE_NONE) read no other chunk until they are finished.
// Where whole scenes are brought to one measure, annotate and finish have rounds before that
// (statistics_plan.h).
// annotate exists only for jobs with controls, anchor only for jobs whose frames attend to anchors.
// Where frames attend jointly (windows, patterns), a round has as many steps as the specification
// says, or else the clip (exchange_choice.h), or one; it begins with what the round before left of
// the chunk and of the frames around it. A deflicker job (v1::JobKind) is
// probe ─► finish(chunk) ─► encode(group) ─► assemble: it has no rounds and no latents.
//
// The probe of a long clip is several tasks (probe_plan.h): the plan grows when the first of them
// is done, and again when the probe is.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/ids.h"
#include "common/plan/frames.h"
#include "common/plan/rounds.h"
#include "common/result.h"
#include "weft/v1/job.pb.h"

namespace weft::coordinator {

// Where in its job a task stands.
struct TaskPlace {
  Stage stage = Stage::kProbe;
  std::uint32_t chunk = 0;
  std::uint32_t round = 0;
};

// An output of another task of the job.
struct PlannedInput {
  TaskPlace from;
  std::string name;
};

// The output of a denoising that no task reads: people look at it until the job is done. A worker
// that could not draw it leaves it out.
inline constexpr const char* kPreview = "preview";

struct PlannedOutput {
  std::string name;
  std::uint64_t bytes = 0;  // An estimate.
};

struct PlannedTask {
  TaskPlace place = {};
  FrameRange core = {};  // What it produces; all frames where a stage has no chunks.
  FrameRange halo = {};  // What it reads; the core when it smooths nothing.
  std::vector<std::uint32_t> anchor_frames =
      {};  // Ascending. Anchor: the first, and the group's own. Denoise: those attended to.
  // Ascending. Denoise: frames outside of the core that its frames attend to in the round's steps,
  // directly or by way of others.
  std::vector<std::uint32_t> context_frames = {};
  std::vector<PlannedInput> inputs = {};  // Without duplicates.
  std::vector<PlannedOutput> outputs = {};
  double weight = 0;         // Work, in units of one UNet pass over one frame.
  bool checks_seam = false;  // Its frames are those of other chunks (common/plan/seam_checks.h).
};

struct JobPlan {
  std::uint32_t frame_count = 0;       // 0 before the probe is done.
  std::vector<FrameRange> chunks;      // Cores, in order, without gaps.
  std::vector<Round> rounds;           // Of denoise; none for a deflicker job.
  std::vector<std::uint32_t> anchors;  // Ascending; empty when no frame attends to any.
  std::vector<PlannedTask> tasks;      // Each after all that it reads.
  // The first so many of them are the probe's. All others exist only once these are done, and these
  // but the first only once that is, so that none need name them as inputs.
  std::size_t probe_tasks = 1;
};

// The task without which the i-th of the plan does not exist. REQUIRES: i > 0.
inline const PlannedTask& Before(std::size_t i, const JobPlan& plan) {
  return plan.tasks[i < plan.probe_tasks ? 0 : plan.probe_tasks - 1];
}

// A plan of more tasks than this is refused; so is one with a task that reads or brings more than
// fits into one control message.
inline constexpr std::uint64_t kPlannedTasksMax = 2'000'000;
inline constexpr std::size_t kTaskBlobsMax = 11'000;
// A new one is also refused where its tasks attend to more frames beside their own, altogether: the
// plan lists them, and a coordinator holds many plans;
inline constexpr std::uint64_t kContextFramesMax = 60'000'000;
// and where it has larger tensors: a Protobuf message ends at 2 GiB, and has more than the numbers.
inline constexpr std::uint64_t kTensorBytesMax = (std::uint64_t{1} << 31) - (1 << 20);

// REQUIRES: CheckSpec(spec) and CheckClip(clip) hold.
// kInvalidArgument: more tasks, or more blobs for one task, than the limits above allow.
//
// A window of 0 smooths nothing: then smoothing steps do not end rounds.
Result<JobPlan> PlanJob(const v1::JobSpec& spec, const v1::Clip& clip);

// The same, of a job that has no plan yet. kInvalidArgument: also for the limits of new ones.
Result<JobPlan> PlanNewJob(const v1::JobSpec& spec, const v1::Clip& clip);

}  // namespace weft::coordinator
