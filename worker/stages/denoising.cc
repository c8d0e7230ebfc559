#include "worker/stages/denoising.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "common/noise.h"
#include "common/plan/rounds.h"
#include "common/wire/overlap_wire.h"
#include "worker/stages/blobs.h"
#include "worker/stages/job_clip.h"
#include "worker/stages/job_sampler.h"
#include "worker/stages/look.h"

namespace weft::worker {
namespace {

// The noise that every frame begins with is stream 0 of the job's seed; what step i adds is stream
// 1 + i.
constexpr std::uint32_t kStartStream = 0;
constexpr std::uint32_t kStepStreams = 1;

FrameRange CoreOf(std::uint32_t chunk, const v1::Task& task) {
  const std::uint32_t size = task.job().chunk_frames();
  return {chunk * size, std::min((chunk + 1) * size, task.clip().frame_count())};
}

// Whose output holds the frame: the task's own frames are its chunk's, also where they are others'
// as well, as of seam checks.
struct Holder {
  std::uint32_t chunk = 0;
  FrameRange core;
};

Holder HolderOf(std::uint32_t frame, const v1::Task& task) {
  const FrameRange own = ToRange(task.chunk().core());
  const std::uint32_t chunk = frame / task.job().chunk_frames();
  return own.Contains(frame) ? Holder{task.chunk().index(), own}
                             : Holder{chunk, CoreOf(chunk, task)};
}

// What the chunk brought; of all of `frames`.
Result<Latents> FetchChunk(const v1::Task& task,
                           const ChunkOutput& output,
                           std::uint32_t chunk,
                           FrameRange frames,
                           BlobStore& blobs) {
  WEFT_ASSIGN_OR_RETURN(const std::string blob,
                        FetchInput(task, {output.stage, chunk, output.round, output.name}, blobs));
  WEFT_ASSIGN_OR_RETURN(Latents latents, UnpackLatents(blob));
  if (latents.frames != static_cast<int>(frames.size())) {
    return Failure(ErrorCode::kDataLoss,
                   "latents of chunk " + std::to_string(chunk) + ": wrong number of frames");
  }
  return latents;
}

// The output `name` of the annotate tasks, a map for each of `frames`.
Result<std::vector<ControlMap>> ControlsOf(const v1::Task& task,
                                           const std::string& name,
                                           const std::vector<std::uint32_t>& frames,
                                           StageContext& context) {
  std::vector<ControlMap> controls;
  std::map<std::uint32_t, std::vector<ControlMap>> by_chunk;
  for (const std::uint32_t frame : frames) {
    const std::uint32_t chunk = frame / task.job().chunk_frames();
    if (by_chunk.count(chunk) == 0) {
      WEFT_ASSIGN_OR_RETURN(const std::string blob,
                            FetchInput(task, {Stage::kAnnotate, chunk, 0, name}, context.blobs));
      WEFT_ASSIGN_OR_RETURN(by_chunk[chunk], UnpackControls(blob));
    }
    const std::size_t index = frame - CoreOf(chunk, task).begin;
    if (index >= by_chunk[chunk].size()) {
      return Failure(ErrorCode::kDataLoss,
                     name + " of chunk " + std::to_string(chunk) + ": too few frames");
    }
    controls.push_back(by_chunk[chunk][index]);
  }
  return controls;
}

// Clips that were probed before they held the number belong to jobs that name it.
std::uint32_t MicroBatch(const v1::Task& task) {
  const std::uint32_t chosen = task.clip().micro_batch();
  return std::max(chosen > 0 ? chosen : task.job().micro_batch(), 1U);
}

void AddWeighted(const Latents& frame, double weight, std::vector<double>* sum) {
  sum->resize(frame.values.size());
  std::transform(frame.values.begin(), frame.values.end(), sum->begin(), sum->begin(),
                 [&](float value, double so_far) { return so_far + weight * value; });
}

// like: of the same size.
void AppendFrame(const std::vector<double>& values, const Latents& like, Latents* joined) {
  Latents frame = Slice(like, 0, 1);
  std::transform(values.begin(), values.end(), frame.values.begin(),
                 [](double value) { return static_cast<float>(value); });
  Append(frame, joined);
}

}  // namespace

Result<Denoising> Denoising::Prepare(const v1::Task& task, StageContext& context) {
  WEFT_ASSIGN_OR_RETURN(const WarmModel::Ready ready, context.model.For(task.job()));
  ready.model->UseMicroBatch(static_cast<int>(MicroBatch(task)));
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<models::Sampler> sampler,
                        SamplerOf(task.job(), ready.model->schedule()));
  Denoising denoising(task, std::move(sampler), ready);
  denoising.first_step_ = static_cast<int>(FirstStep(task.job().steps(), task.job().strength()));
  if (!task.job().look_path().empty()) {
    WEFT_ASSIGN_OR_RETURN(denoising.look_, FetchLook(task, context.blobs));
  }
  return denoising;
}

Result<Latents> Denoising::Start(const std::vector<std::uint32_t>& frames,
                                 StageContext& context) const {
  if (task_->job().strength() >= 1.0) {
    return NoiseOnly(frames.size());
  }
  std::vector<Frame> padded;
  for (const std::uint32_t frame : frames) {
    WEFT_ASSIGN_OR_RETURN(const Frame source,
                          ReadFrame(task_->job(), task_->clip(), frame, context.clip));
    padded.push_back(Pad(source, task_->clip()));
  }
  WEFT_ASSIGN_OR_RETURN(const Latents clean, ready_.model->Encode(padded));
  return sampler_->AddNoise(clean, Noise(kStartStream), first_step_);
}

models::Guidance Denoising::GuidanceAt(int step) const {
  models::Guidance guidance = ready_.guidance;
  guidance.control_scales = ControlScalesAt(task_->job(), std::move(guidance.control_scales),
                                            step - first_step_, steps_to_run());
  return guidance;
}

std::vector<float> Denoising::StepNoise(int step) const {
  if (!sampler_->adds_noise()) {
    return {};
  }
  return Noise(kStepStreams + static_cast<std::uint32_t>(step));
}

std::uint32_t Denoising::SmallerMicroBatch() const {
  const auto now = static_cast<std::uint32_t>(ready_.model->micro_batch());
  return now < MicroBatch(*task_) ? now : 0;
}

std::vector<float> Denoising::Noise(std::uint32_t stream) const {
  const v1::Clip& clip = task_->clip();
  const std::size_t cells =
      static_cast<std::size_t>(clip.padded_size().width() / clip.vae_factor()) *
      (clip.padded_size().height() / clip.vae_factor());
  const auto channels = static_cast<std::size_t>(ready_.model->latent_channels());
  const std::uint64_t seed = look_ ? look_->seed() : task_->job().seed();
  return GaussianNoise(seed, stream, channels * cells);
}

Latents Denoising::NoiseOnly(std::size_t frame_count) const {
  const v1::Clip& clip = task_->clip();
  Latents latents{.frames = static_cast<int>(frame_count),
                  .channels = ready_.model->latent_channels(),
                  .height = static_cast<int>(clip.padded_size().height() / clip.vae_factor()),
                  .width = static_cast<int>(clip.padded_size().width() / clip.vae_factor()),
                  .values = {}};
  std::vector<float> noise = Noise(kStartStream);
  for (float& value : noise) {
    value = static_cast<float>(static_cast<double>(value) * sampler_->initial_sigma());
  }
  for (std::size_t frame = 0; frame < frame_count; ++frame) {
    latents.values.insert(latents.values.end(), noise.begin(), noise.end());
  }
  return latents;
}

Result<std::vector<std::vector<ControlMap>>> Denoising::Controls(
    const std::vector<std::uint32_t>& frames, StageContext& context) const {
  if (task_->job().controls_size() == 0) {
    return {};
  }
  std::vector<std::vector<ControlMap>> controls;
  for (int net = 0; net < task_->job().controls_size(); ++net) {
    WEFT_ASSIGN_OR_RETURN(controls.emplace_back(),
                          ControlsOf(*task_, "control/" + std::to_string(net), frames, context));
  }
  return controls;
}

Result<Latents> FetchOwn(const v1::Task& task,
                         const ChunkOutput& output,
                         FrameRange frames,
                         BlobStore& blobs) {
  return FetchChunk(task, output, task.chunk().index(), frames, blobs);
}

Result<Latents> FetchFaded(const v1::Task& task,
                           const ChunkOutput& output,
                           FrameRange range,
                           BlobStore& blobs) {
  const Overlap overlap = OverlapOf(task.job(), task.clip()).value();
  std::map<std::uint32_t, Latents> by_chunk;
  Latents joined;
  for (const std::uint32_t frame : FrameNumbers(range)) {
    std::vector<double> sum;
    for (const Share& share : SharesOf(frame, overlap)) {
      const FrameRange rendered = RenderedBy(share.chunk, overlap);
      if (by_chunk.count(share.chunk) == 0) {
        WEFT_ASSIGN_OR_RETURN(by_chunk[share.chunk],
                              FetchChunk(task, output, share.chunk, rendered, blobs));
      }
      AddWeighted(Slice(by_chunk[share.chunk], frame - rendered.begin, 1), share.weight, &sum);
    }
    AppendFrame(sum, by_chunk.begin()->second, &joined);
  }
  return joined;
}

Result<Latents> FetchFrames(const v1::Task& task,
                            const ChunkOutput& output,
                            const std::vector<std::uint32_t>& frames,
                            BlobStore& blobs) {
  std::map<std::uint32_t, Latents> by_chunk;
  Latents joined;
  for (const std::uint32_t frame : frames) {
    const auto [chunk, core] = HolderOf(frame, task);
    if (by_chunk.count(chunk) == 0) {
      WEFT_ASSIGN_OR_RETURN(by_chunk[chunk], FetchChunk(task, output, chunk, core, blobs));
    }
    Append(Slice(by_chunk[chunk], frame - core.begin, 1), &joined);
  }
  return joined;
}

std::vector<int> AnchorNumbers(const v1::JobSpec& job, const std::vector<std::uint32_t>& frames) {
  std::vector<int> numbers;
  const auto& given = job.anchor_frames();
  const std::uint32_t spacing = std::max(job.anchor_spacing(), 1U);
  for (const std::uint32_t frame : frames) {
    const auto place = std::lower_bound(given.begin(), given.end(), frame) - given.begin();
    numbers.push_back(given.empty() ? static_cast<int>(frame / spacing) : static_cast<int>(place));
  }
  return numbers;
}

std::vector<std::uint32_t> FrameNumbers(FrameRange range) {
  std::vector<std::uint32_t> frames(range.size());
  std::iota(frames.begin(), frames.end(), range.begin);
  return frames;
}

}  // namespace weft::worker
