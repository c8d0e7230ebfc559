#include "worker/stages/look.h"

#include <fstream>
#include <utility>

#include "common/plan/rounds.h"
#include "worker/stages/blobs.h"

namespace weft::worker {
namespace {

constexpr std::uint32_t kLookVersion = 1;

// Everything but the anchors.
v1::Look LookOf(const v1::JobSpec& job, const v1::Clip& clip) {
  v1::Look look;
  look.set_version(kLookVersion);
  look.set_seed(job.seed());
  *look.mutable_padded_size() = clip.padded_size();
  look.set_steps(job.steps());
  look.set_first_step(FirstStep(job.steps(), job.strength()));
  look.set_sampler(job.sampler());
  look.set_timestep_spacing(job.timestep_spacing());
  look.set_karras_sigmas(job.karras_sigmas());
  return look;
}

Status Compare(const std::string& path,
               const std::string& what,
               const std::string& look,
               const std::string& job) {
  return look == job
             ? Status()
             : Failure(ErrorCode::kInvalidArgument, "anchors: those of " + path + " have " + what +
                                                        " " + look + ", this job has " + job);
}

std::string Text(const v1::Size& size) {
  return std::to_string(size.width()) + "x" + std::to_string(size.height());
}

Status CheckLook(const v1::Look& look, const v1::Look& own, const v1::JobSpec& job) {
  const std::string& path = job.look_path();
  WEFT_RETURN_IF_ERROR(Compare(path, "size", Text(look.padded_size()), Text(own.padded_size())));
  WEFT_RETURN_IF_ERROR(
      Compare(path, "steps", std::to_string(look.steps()), std::to_string(own.steps())));
  WEFT_RETURN_IF_ERROR(Compare(path, "a strength whose first step is",
                               std::to_string(look.first_step()),
                               std::to_string(own.first_step())));
  WEFT_RETURN_IF_ERROR(
      Compare(path, "sampler", v1::Sampler_Name(look.sampler()), v1::Sampler_Name(own.sampler())));
  WEFT_RETURN_IF_ERROR(Compare(path, "spacing", v1::TimestepSpacing_Name(look.timestep_spacing()),
                               v1::TimestepSpacing_Name(own.timestep_spacing())));
  WEFT_RETURN_IF_ERROR(Compare(path, "karras", std::to_string(int{look.karras_sigmas()}),
                               std::to_string(int{own.karras_sigmas()})));
  for (const v1::LookAnchor& anchor : look.anchors()) {
    WEFT_RETURN_IF_ERROR(Compare(path, "controls", std::to_string(anchor.controls_size()),
                                 std::to_string(job.controls_size())));
  }
  return {};
}

// `count` of them, evenly chosen, the first among them.
void KeepAnchors(int count, v1::Look& look) {
  const int all = look.anchors_size();
  if (count >= all) {
    return;
  }
  v1::Look kept = look;
  kept.clear_anchors();
  for (int i = 0; i < count; ++i) {
    *kept.add_anchors() = look.anchors(count == 1 ? 0 : i * (all - 1) / (count - 1));
  }
  look = std::move(kept);
}

}  // namespace

Result<std::string> PackLook(const v1::Task& task, const LookAnchors& anchors) {
  v1::Look look = LookOf(task.job(), task.clip());
  for (std::size_t i = 0; i < anchors.frames.size(); ++i) {
    v1::LookAnchor& anchor = *look.add_anchors();
    anchor.set_frame(anchors.frames[i]);
    WEFT_ASSIGN_OR_RETURN(*anchor.mutable_latents(), PackLatents(anchors.before_step[i]));
    for (const std::vector<ControlMap>& maps : anchors.controls) {
      WEFT_ASSIGN_OR_RETURN(*anchor.add_controls(), PackControls({maps[i]}));
    }
  }
  return Pack(look, {"the anchors that are saved", "take fewer (--anchor-spacing)"});
}

Result<v1::Look> LoadLook(const v1::JobSpec& job, const v1::Clip& clip) {
  std::ifstream file(job.look_path(), std::ios::binary);
  if (!file) {
    return Failure(ErrorCode::kUnavailable,
                   "anchors: " + job.look_path() +
                       " is not there yet, or cannot be read; the job that saves it brings it");
  }
  v1::Look look;
  if (!look.ParseFromIstream(&file) || look.version() != kLookVersion || look.anchors().empty()) {
    return Failure(ErrorCode::kInvalidArgument,
                   "anchors: " + job.look_path() + " is not what --save-anchors writes");
  }
  WEFT_RETURN_IF_ERROR(CheckLook(look, LookOf(job, clip), job));
  KeepAnchors(static_cast<int>(job.anchors_attended()), look);
  return look;
}

Result<v1::Look> FetchLook(const v1::Task& task, BlobStore& blobs) {
  WEFT_ASSIGN_OR_RETURN(const std::string blob,
                        FetchInput(task, {Stage::kProbe, 0, 0, kLookOutput}, blobs));
  v1::Look look;
  if (!look.ParseFromString(blob)) {
    return Failure(ErrorCode::kDataLoss, "anchors: not a look");
  }
  return look;
}

Result<LookAnchors> AnchorsOf(const v1::Look& look) {
  LookAnchors anchors;
  for (const v1::LookAnchor& anchor : look.anchors()) {
    anchors.frames.push_back(anchor.frame());
    WEFT_ASSIGN_OR_RETURN(Latents latents, UnpackLatents(anchor.latents()));
    anchors.before_step.push_back(std::move(latents));
    anchors.controls.resize(static_cast<std::size_t>(anchor.controls_size()));
    for (int net = 0; net < anchor.controls_size(); ++net) {
      WEFT_ASSIGN_OR_RETURN(std::vector<ControlMap> map, UnpackControls(anchor.controls(net)));
      if (map.size() != 1) {
        return Failure(ErrorCode::kDataLoss, "a look holds other control maps than it should");
      }
      anchors.controls[static_cast<std::size_t>(net)].push_back(std::move(map.front()));
    }
  }
  return anchors;
}

}  // namespace weft::worker
