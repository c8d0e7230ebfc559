#include "worker/models/guided_denoiser.h"

#include <algorithm>
#include <exception>
#include <numeric>
#include <string>

#include "worker/models/batch_places.h"
#include "worker/models/step_check.h"
#include "worker/models/torch_edge.h"

namespace weft::models {
namespace {

constexpr int kSides = FrameMemory::kSides;

tl::unexpected<Error> Invalid(const std::string& message) {
  return Failure(ErrorCode::kInvalidArgument, message);
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

const PromptReading& GuidedDenoiser::Reading(const PromptEmbedding& prompts) {
  if (reading_.empty() || !SameText(reading_.front().embedding, prompts)) {
    caches_.graphs.Forget();
    reading_.clear();
    kept_.Forget();
    reading_.push_back(ReadPrompts(parts_, prompts));
  }
  return reading_.front();
}

Result<Latents> GuidedDenoiser::PredictAnchors(const StepInput& anchors,
                                               double timestep,
                                               const PromptEmbedding& prompts,
                                               const Guidance& guidance) {
  WEFT_RETURN_IF_ERROR(CheckStep(parts_, anchors, prompts, guidance));
  anchor_count_ = 0;  // Until all are there: an exception must not leave half of them usable.
  anchors_ = {};
  std::vector<int> all(static_cast<std::size_t>(anchors.noisy.frames));
  std::iota(all.begin(), all.end(), 0);
  Latents out = anchors.noisy;
  RunAnchors(GuidedPass(parts_, Reading(prompts), caches_, {anchors, timestep, guidance}), all,
             NumbersOf(anchors), out);
  NoteAnchors(anchors, timestep, guidance);
  return out;
}

Result<int> GuidedDenoiser::RecallAnchors(const StepInput& anchors,
                                          double timestep,
                                          const PromptEmbedding& prompts,
                                          const Guidance& guidance) {
  WEFT_RETURN_IF_ERROR(CheckStep(parts_, anchors, prompts, guidance));
  anchor_count_ = 0;
  anchors_ = {};
  const PromptReading& reading = Reading(prompts);
  std::vector<std::shared_ptr<const AnchorInput>> inputs;
  std::vector<int> missing;
  for (int anchor = 0; anchor < anchors.noisy.frames; ++anchor) {
    AnchorInput input =
        InputOf(anchor, anchors, timestep, guidance, inputs.empty() ? nullptr : inputs.front());
    if (const KeptAnchors::Kept* kept = kept_.Find(input)) {
      anchors_.Put(anchor, kept->states);
      inputs.push_back(kept->input);
    } else {
      inputs.push_back(std::make_shared<const AnchorInput>(std::move(input)));
      missing.push_back(anchor);
    }
  }
  if (!missing.empty()) {
    const int micro_batch = micro_batch_;
    Latents unused = anchors.noisy;
    RunAnchors(GuidedPass(parts_, reading, caches_, {anchors, timestep, guidance}), missing,
               NumbersOf(anchors), unused);
    for (const int anchor : missing) {
      if (micro_batch_ == micro_batch) {  // Else they are not what their inputs say.
        kept_.Keep({inputs[static_cast<std::size_t>(anchor)], anchors_.Of(anchor)});
      }
    }
  }
  NoteAnchors(anchors, timestep, guidance);
  return static_cast<int>(missing.size());
}

void GuidedDenoiser::RunAnchors(const GuidedPass& pass,
                                const std::vector<int>& which,
                                const std::vector<int>& numbers,
                                Latents& out) {
  std::vector<Slot> others;
  std::vector<int> their_numbers;
  for (const int anchor : which) {
    if (anchor == 0) {
      RunAll(pass, {{0, {}, {}, 0}}, {numbers.front()}, out);
    } else {
      others.push_back({anchor, {}, {0}, anchor});
      their_numbers.push_back(numbers[static_cast<std::size_t>(anchor)]);
    }
  }
  RunAll(pass, others, their_numbers, out);
}

void GuidedDenoiser::NoteAnchors(const StepInput& anchors,
                                 double timestep,
                                 const Guidance& guidance) {
  anchor_count_ = anchors.noisy.frames;
  anchor_timestep_ = timestep;
  anchor_nets_ = NetsAttending(anchors, guidance);
  anchor_height_ = anchors.noisy.height;
  anchor_width_ = anchors.noisy.width;
}

AnchorInput GuidedDenoiser::InputOf(int anchor,
                                    const StepInput& anchors,
                                    double timestep,
                                    const Guidance& guidance,
                                    const std::shared_ptr<const AnchorInput>& first) const {
  const auto index = static_cast<std::size_t>(anchor);
  AnchorInput input{timestep, anchors.noisy.height, anchors.noisy.width};
  const float* values = anchors.noisy.values.data() + index * anchors.noisy.frame_size();
  input.noisy.assign(values, values + anchors.noisy.frame_size());
  for (std::size_t net = 0; net < anchors.controls.size(); ++net) {
    if (NetRuns(net, anchors, guidance)) {
      input.controls.push_back(anchors.controls[net][index]);
    }
  }
  input.scales = guidance.control_scales;
  input.guess_mode = guidance.guess_mode;
  input.controlnets_attend = guidance.controlnets_attend;
  if (!parts_.placement.device.is_cpu()) {
    input.micro_batch = micro_batch_;
    input.number = NumbersOf(anchors)[index];
  }
  input.first = first;
  return input;
}

Result<Latents> GuidedDenoiser::PredictFrames(const StepInput& frames,
                                              double timestep,
                                              const PromptEmbedding& prompts,
                                              const Guidance& guidance) {
  WEFT_RETURN_IF_ERROR(CheckStep(parts_, frames, prompts, guidance));
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
  RunAll(GuidedPass(parts_, Reading(prompts), caches_, {frames, timestep, guidance}), slots,
         NumbersOf(frames), out);
  return out;
}

Result<Latents> GuidedDenoiser::PredictJoint(const StepInput& frames,
                                             const JointFrames& joint,
                                             double timestep,
                                             const PromptEmbedding& prompts,
                                             const Guidance& guidance) {
  WEFT_RETURN_IF_ERROR(CheckStep(parts_, frames, prompts, guidance));
  WEFT_RETURN_IF_ERROR(CheckJointStep(parts_, frames, joint));
  GuidedPass pass(parts_, Reading(prompts), caches_, {frames, timestep, guidance});
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
      if (!IsOutOfMemory(error)) {
        throw;
      }
      if (GiveUpCaches()) {
        continue;
      }
      if (micro_batch_ == 1) {
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
