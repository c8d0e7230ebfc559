// Stylized key frames of a deflicker job: whether they belong to its clip, and which is which.

#pragma once

#include <cstdint>
#include <vector>

#include "common/result.h"
#include "weft/v1/job.pb.h"
#include "worker/media/frame_source.h"

namespace weft::worker {

// True for a job that makes its video from key frames.
bool TakesKeys(const v1::JobSpec& job);

// Facts of both clips of such a job.
struct KeyClips {
  const v1::JobSpec& job;
  const media::ClipFacts& clip;  // The clean one.
  const media::ClipFacts& keys;
};

// ok, or kInvalidArgument: the keys are neither as many as job.key_frames nor as many as the clip's
// frames; or they have another size and the job does not align them, or another shape. Names both
// files and what each of them has.
Status CheckKeys(const KeyClips& clips);

// The key frames by number from the job's first frame, ascending.
// kInvalidArgument: one lies outside of the job; says which.
Result<std::vector<std::uint32_t>> KeyNumbers(const v1::JobSpec& job, const v1::Clip& clip);

// Where key frame `frame` (a number of the input, one of job.key_frames) lies in the keys' clip.
// REQUIRES: CheckKeys() holds.
std::uint32_t IndexOfKey(const KeyClips& clips, std::uint32_t frame);

}  // namespace weft::worker
