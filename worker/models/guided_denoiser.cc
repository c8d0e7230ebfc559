#include "worker/models/guided_denoiser.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <numeric>
#include <string>

#include "worker/models/batch_places.h"
#include "worker/models/torch_edge.h"

namespace weft::models {
namespace {

constexpr int kSides = FrameMemory::kSides;

tl::unexpected<Error> Invalid(const std::string& message) {
  return Failure(ErrorCode::kInvalidArgument, message);
}

std::size_t Volume(int a, int b, int c) {
  return static_cast<std::size_t>(a) * static_cast<std::size_t>(b) * static_cast<std::size_t>(c);
}

// Where `numbers`, ascending, holds `number`.
int PlaceOf(const std::vector<int>& numbers, int number) {
  return static_cast<int>(std::lower_bound(numbers.begin(), numbers.end(), number) -
                          numbers.begin());
}

void CopyFrame(const std::vector<float>& from, std::size_t at, Latents& to, int frame) {
  const std::size_t size = to.frame_size();
  std::copy_n(from.data() + at * size, size,
              to.values.data() + static_cast<std::size_t>(frame) * size);
}

// One step of a running mean: share is the new values' part of all the weight so far.
void Blend(const float* values, float share, int frame, Latents& mean) {
  const std::size_t size = mean.frame_size();
  float* to = mean.values.data() + static_cast<std::size_t>(frame) * size;
  for (std::size_t i = 0; i < size; ++i) {
    to[i] += (values[i] - to[i]) * share;
  }
}

bool SameText(const PromptEmbedding& a, const PromptEmbedding& b) {
  return a.tokens == b.tokens && a.width == b.width && a.values == b.values;
}

bool StrictlyAscending(const std::vector<int>& numbers) {
  return std::adjacent_find(numbers.begin(), numbers.end(), std::greater_equal<>()) ==
         numbers.end();
}

// One a frame of the input.
std::vector<int> NumbersOf(const StepInput& input) {
  std::vector<int> numbers = input.numbers;
  if (numbers.empty()) {
    numbers.resize(static_cast<std::size_t>(input.noisy.frames));
    std::iota(numbers.begin(), numbers.end(), 0);
  }
  return numbers;
}

// Where in the memories a batch of a chain leaves its last frame, next to the place that the batch
// before left its own in; frame 0 keeps place 0.
int OtherPlace(int place) {
  return place == 1 ? 2 : 1;
}

}  // namespace

Status GuidedDenoiser::Check(const StepInput& input,
                             const PromptEmbedding& prompts,
                             const Guidance& guidance) const {
  const Latents& noisy = input.noisy;
  if (noisy.frames < 1 || noisy.height < 1 || noisy.width < 1 ||
      noisy.channels != parts_.channels ||
      noisy.values.size() != static_cast<std::size_t>(noisy.frames) * noisy.frame_size()) {
    return Invalid("latents: their shape is not the model's, or their values do not fill it");
  }
  if (prompts.tokens < 1 || prompts.width != parts_.prompt_width ||
      prompts.values.size() != Volume(kSides, prompts.tokens, prompts.width)) {
    return Invalid("prompts: not encoded by this model");
  }
  if (!input.numbers.empty() &&
      (input.numbers.size() != static_cast<std::size_t>(noisy.frames) ||
       !std::is_sorted(input.numbers.begin(), input.numbers.end()) || input.numbers.front() < 0)) {
    return Invalid("numbers: one a frame, ascending, from 0 on, or none at all");
  }
  if (guidance.control_scales.size() < input.controls.size()) {
    return Invalid("control_scales: one for each ControlNet with control maps");
  }
  for (std::size_t net = 0; net < input.controls.size(); ++net) {
    if (guidance.control_scales[net] != 0.0) {
      WEFT_RETURN_IF_ERROR(CheckControls(input, net));
    }
  }
  return {};
}

Status GuidedDenoiser::CheckControls(const StepInput& input, std::size_t net) const {
  const Latents& noisy = input.noisy;
  const std::string name = "controls of ControlNet " + std::to_string(net);
  if (net >= parts_.controlnets.size()) {
    return Failure(ErrorCode::kFailedPrecondition,
                   name + ": the model has " + std::to_string(parts_.controlnets.size()));
  }
  if (input.controls[net].size() != static_cast<std::size_t>(noisy.frames)) {
    return Invalid(name + ": there must be one control map a frame");
  }
  for (const ControlMap& map : input.controls[net]) {
    if (map.width != noisy.width * parts_.vae_factor ||
        map.height != noisy.height * parts_.vae_factor) {
      return Invalid(name + ": a control map must be of the frames' size");
    }
    if ((map.channels != 1 && map.channels != 3) ||
        map.values.size() != Volume(map.width, map.height, map.channels)) {
      return Invalid(name + ": a control map must have 1 or 3 channels, and values that fill it");
    }
  }
  return {};
}

Status GuidedDenoiser::CheckAttends(const StepInput& frames,
                                    double timestep,
                                    const Guidance& guidance) const {
  if (frames.attends.empty()) {
    return {};
  }
  if (frames.attends.size() != static_cast<std::size_t>(frames.noisy.frames)) {
    return Invalid("attends: one entry a frame, or none at all");
  }
  if (anchor_count_ == 0 || timestep != anchor_timestep_ || frames.noisy.height != anchor_height_ ||
      frames.noisy.width != anchor_width_) {
    return Failure(ErrorCode::kFailedPrecondition,
                   "the anchors were not predicted at this timestep and size");
  }
  if (guidance.controlnets_attend && NetsAttending(frames, guidance) != anchor_nets_) {
    return Failure(
        ErrorCode::kFailedPrecondition,
        "the anchors were not predicted with the ControlNets that are to attend to them");
  }
  for (const std::vector<int>& anchors : frames.attends) {
    if (anchors.size() != frames.attends.front().size()) {
      return Invalid("attends: all frames must name equally many anchors");
    }
    const auto unknown = std::find_if(anchors.begin(), anchors.end(), [this](int anchor) {
      return anchor < 0 || anchor >= anchor_count_;
    });
    if (unknown != anchors.end()) {
      return Invalid("attends: there is no anchor " + std::to_string(*unknown));
    }
  }
  return {};
}

std::vector<bool> GuidedDenoiser::NetsAttending(const StepInput& input,
                                                const Guidance& guidance) const {
  std::vector<bool> nets(parts_.controlnets.size(), false);
  for (std::size_t net = 0; net < nets.size(); ++net) {
    nets[net] = guidance.controlnets_attend && NetRuns(net, input, guidance);
  }
  return nets;
}

Status GuidedDenoiser::CheckJoint(const StepInput& frames, const JointFrames& joint) const {
  WEFT_RETURN_IF_ERROR(CheckFrameAttention(joint.attention));
  const std::vector<int>& numbers = joint.numbers;
  if (numbers.size() != static_cast<std::size_t>(frames.noisy.frames) ||
      !StrictlyAscending(numbers) || numbers.front() < 0 || numbers.back() >= joint.total) {
    return Invalid("numbers: one a frame, ascending, from 0 to total - 1");
  }
  if (joint.wanted.empty() || !StrictlyAscending(joint.wanted) || joint.wanted.front() < 0 ||
      joint.wanted.back() >= joint.total) {
    return Invalid("wanted: frame numbers, ascending, from 0 to total - 1");
  }
  for (const int needed : FramesNeeded(joint.attention, joint.wanted, joint.total,
                                       parts_.unet.SelfAttentionLayers())) {
    if (!std::binary_search(numbers.begin(), numbers.end(), needed)) {
      return Invalid("numbers: frame " + std::to_string(needed) +
                     " is needed for the wanted ones; see FramesNeeded()");
    }
  }
  return {};
}

const PromptReading& GuidedDenoiser::Reading(const PromptEmbedding& prompts) {
  if (reading_.empty() || !SameText(reading_.front().embedding, prompts)) {
    reading_.clear();
    reading_.push_back(ReadPrompts(parts_, prompts));
  }
  return reading_.front();
}

Result<Latents> GuidedDenoiser::PredictAnchors(const StepInput& anchors,
                                               double timestep,
                                               const PromptEmbedding& prompts,
                                               const Guidance& guidance) {
  WEFT_RETURN_IF_ERROR(Check(anchors, prompts, guidance));
  const GuidedPass pass(parts_, Reading(prompts), conditions_, anchors, timestep, guidance);
  anchor_count_ = 0;  // Until all are there: an exception must not leave half of them usable.
  anchors_ = {};
  Latents out = anchors.noisy;
  std::vector<int> numbers = NumbersOf(anchors);
  RunAll(pass, {{0, {}, {}, 0}}, {numbers.front()}, out);
  numbers.erase(numbers.begin());
  std::vector<Slot> others;
  for (int anchor = 1; anchor < anchors.noisy.frames; ++anchor) {
    others.push_back({anchor, {}, {0}, anchor});
  }
  RunAll(pass, others, numbers, out);
  anchor_count_ = anchors.noisy.frames;
  anchor_timestep_ = timestep;
  anchor_nets_ = NetsAttending(anchors, guidance);
  anchor_height_ = anchors.noisy.height;
  anchor_width_ = anchors.noisy.width;
  return out;
}

Result<Latents> GuidedDenoiser::PredictFrames(const StepInput& frames,
                                              double timestep,
                                              const PromptEmbedding& prompts,
                                              const Guidance& guidance) {
  WEFT_RETURN_IF_ERROR(Check(frames, prompts, guidance));
  WEFT_RETURN_IF_ERROR(CheckAttends(frames, timestep, guidance));
  std::vector<Slot> slots;
  for (int frame = 0; frame < frames.noisy.frames; ++frame) {
    const bool alone = frames.attends.empty();
    slots.push_back({frame,
                     {},
                     alone ? std::vector<int>{} : frames.attends[static_cast<std::size_t>(frame)],
                     -1});
  }
  Latents out = frames.noisy;
  RunAll(GuidedPass(parts_, Reading(prompts), conditions_, frames, timestep, guidance), slots,
         NumbersOf(frames), out);
  return out;
}

Result<Latents> GuidedDenoiser::PredictJoint(const StepInput& frames,
                                             const JointFrames& joint,
                                             double timestep,
                                             const PromptEmbedding& prompts,
                                             const Guidance& guidance) {
  WEFT_RETURN_IF_ERROR(Check(frames, prompts, guidance));
  WEFT_RETURN_IF_ERROR(CheckJoint(frames, joint));
  GuidedPass pass(parts_, Reading(prompts), conditions_, frames, timestep, guidance);
  Latents out = frames.noisy;
  if (joint.attention.kind == FrameAttention::Kind::kFirst ||
      joint.attention.kind == FrameAttention::Kind::kFirstAndPrevious) {
    RunChain(pass, joint, out);
  } else {
    RunGroups(pass, joint, out);
  }
  Latents wanted = out;
  wanted.frames = static_cast<int>(joint.wanted.size());
  wanted.values.resize(joint.wanted.size() * out.frame_size());
  for (std::size_t i = 0; i < joint.wanted.size(); ++i) {
    CopyFrame(out.values, static_cast<std::size_t>(PlaceOf(joint.numbers, joint.wanted[i])), wanted,
              static_cast<int>(i));
  }
  return wanted;
}

template <typename Work>
int GuidedDenoiser::Fitting(const Work& work) {
  for (;;) {
    try {
      return work();
    } catch (const std::exception& error) {
      if (micro_batch_ == 1 || !IsOutOfMemory(error)) {
        throw;
      }
      micro_batch_ = (micro_batch_ + 1) / 2;
      micro_batch_max_ = micro_batch_;
    }
  }
}

std::vector<int> GuidedDenoiser::PlacesFrom(const std::vector<int>& numbers, int first) const {
  if (!parts_.placement.device.is_cpu()) {
    return PlacesInBatch(numbers, static_cast<std::size_t>(first), micro_batch_);
  }
  const int count = std::min(micro_batch_, static_cast<int>(numbers.size()) - first);
  std::vector<int> places(static_cast<std::size_t>(count));
  std::iota(places.begin(), places.end(), 0);
  return places;
}

std::vector<Slot> GuidedDenoiser::BatchOf(const std::vector<Slot>& slots,
                                          const std::vector<int>& places) const {
  if (parts_.placement.device.is_cpu()) {
    return slots;
  }
  std::vector<Slot> batch;
  for (const std::size_t turn : FillBatch(places, micro_batch_)) {
    const bool own = static_cast<int>(batch.size()) == places[turn];
    batch.push_back(slots[turn]);
    batch.back().writes = own ? slots[turn].writes : -1;
  }
  return batch;
}

void GuidedDenoiser::RunAll(const GuidedPass& pass,
                            const std::vector<Slot>& slots,
                            const std::vector<int>& numbers,
                            Latents& out) {
  for (int first = 0; first < static_cast<int>(slots.size());) {
    first += Fitting([&] { return RunSome(pass, slots, numbers, first, out); });
  }
}

int GuidedDenoiser::RunSome(const GuidedPass& pass,
                            const std::vector<Slot>& slots,
                            const std::vector<int>& numbers,
                            int first,
                            Latents& out) {
  const std::vector<int> places = PlacesFrom(numbers, first);
  const int count = static_cast<int>(places.size());
  const std::vector<Slot> own(slots.begin() + first, slots.begin() + first + count);
  const std::vector<float> guided = pass.Run(BatchOf(own, places), anchors_);
  for (std::size_t i = 0; i < places.size(); ++i) {
    CopyFrame(guided, static_cast<std::size_t>(places[i]), out, own[i].frame);
  }
  return count;
}

void GuidedDenoiser::RunChain(const GuidedPass& pass, const JointFrames& joint, Latents& out) {
  FrameMemories memories;
  int before = 0;
  for (int first = 0; first < out.frames;) {
    first += Fitting([&] { return RunLink(pass, joint, {first, before, memories}, out); });
    before = first == 1 ? 0 : OtherPlace(before);
  }
}

// A frame finds the one before in its batch or, where it opens one, in the memories.
int GuidedDenoiser::RunLink(const GuidedPass& pass,
                            const JointFrames& joint,
                            const ChainLink& link,
                            Latents& out) {
  const bool previous = joint.attention.kind == FrameAttention::Kind::kFirstAndPrevious;
  const std::vector<int> places = PlacesFrom(joint.numbers, link.first);
  const int count = static_cast<int>(places.size());
  std::vector<Slot> slots;
  for (int i = 0; i < count; ++i) {
    Slot slot{link.first + i, {0, 0}, {0}, -1};
    if (slot.frame == 0) {
      slot = {0, {0, 1}, {}, 0};
    } else if (previous && i > 0) {
      slot.mates = {-1, 1};
    } else if (previous) {
      slot.reads = {link.before, 0};
    }
    slots.push_back(slot);
  }
  if (previous && slots.back().frame != 0) {
    slots.back().writes = OtherPlace(link.before);
  }
  const std::vector<Slot> batch = BatchOf(slots, places);
  const std::vector<float> guided = pass.Run(batch, link.memories);
  for (std::size_t i = 0; i < places.size(); ++i) {
    CopyFrame(guided, static_cast<std::size_t>(places[i]), out, slots[i].frame);
  }
  return count;
}

void GuidedDenoiser::RunGroups(GuidedPass& pass, const JointFrames& joint, Latents& out) {
  FrameMemories unused;
  std::vector<float> weights(static_cast<std::size_t>(out.frames), 0.0F);
  std::fill(out.values.begin(), out.values.end(), 0.0F);
  for (const FrameGroup& group : Groups(joint.attention, joint.wanted, joint.total)) {
    const int count = static_cast<int>(group.frames.size());
    std::vector<Slot> batch;
    batch.reserve(group.frames.size());
    for (int i = 0; i < count; ++i) {
      batch.push_back(
          {PlaceOf(joint.numbers, group.frames[static_cast<std::size_t>(i)]), {-i, count}, {}, -1});
    }
    const std::vector<float> guided = pass.RunGroup(batch, unused);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (group.weights[i] > 0.0F) {
        const auto place = static_cast<std::size_t>(batch[i].frame);
        weights[place] += group.weights[i];
        Blend(guided.data() + i * out.frame_size(), group.weights[i] / weights[place],
              batch[i].frame, out);
      }
    }
  }
}

}  // namespace weft::models
