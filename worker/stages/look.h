// Looks: the anchors of one job in a file, for the frames of another to attend to
// (weft/v1/look.proto).

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/blob_store.h"
#include "common/result.h"
#include "weft/v1/look.pb.h"
#include "weft/v1/task.pb.h"
#include "worker/frame/frame.h"
#include "worker/frame/latents.h"

namespace weft::worker {

// Anchors as the model takes them.
struct LookAnchors {
  std::vector<std::uint32_t> frames;
  std::vector<Latents> before_step;               // Of each anchor: x before every step.
  std::vector<std::vector<ControlMap>> controls;  // [ControlNet][anchor]; empty without any.
};

// What a file with them holds: those of the first group. kInvalidArgument: 2 GiB or more.
Result<std::string> PackLook(const v1::Task& task, const LookAnchors& anchors);

// Reads job.look_path, and keeps job.anchors_attended of its anchors, evenly chosen, the first
// among them; all if there are not more. kInvalidArgument: it is no look, or one of another size,
// schedule or number of ControlNets than the job's; says what differs.  kUnavailable: there is no
// such file (yet).
Result<v1::Look> LoadLook(const v1::JobSpec& job, const v1::Clip& clip);

// What the job's probe loaded. kDataLoss: it is damaged.
Result<v1::Look> FetchLook(const v1::Task& task, BlobStore& blobs);
constexpr char kLookOutput[] = "look";  // Of the probe, or of anchors that are kept with a result.

// kDataLoss: the look is damaged.
Result<LookAnchors> AnchorsOf(const v1::Look& look);

}  // namespace weft::worker
