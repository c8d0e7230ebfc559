#include "worker/models/guided_pass.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include <ATen/ops/zeros_like.h>

namespace weft::models {
namespace {

constexpr int kSides = FrameMemory::kSides;
constexpr int kPositive = 1;

at::Tensor BothSides(const at::Tensor& x) {
  return at::cat({x, x});
}

// Of the batch's sides from `first_side` on.
std::vector<SampleLinks> LinksOf(const std::vector<Slot>& batch, int first_side) {
  std::vector<SampleLinks> links;
  for (int side = first_side; side < kSides; ++side) {
    std::transform(batch.begin(), batch.end(), std::back_inserter(links), [side](const Slot& slot) {
      return SampleLinks{side, slot.mates, slot.reads, slot.writes};
    });
  }
  return links;
}

TextKeys PositiveOf(const TextKeys& text) {
  TextKeys positive;
  positive.reserve(text.size());
  for (const KeysValues& layer : text) {
    positive.push_back({layer.keys.narrow(0, kPositive, 1), layer.values.narrow(0, kPositive, 1)});
  }
  return positive;
}

// What only the positive side gets: zeros for the negative one.
at::Tensor PositiveOnly(const at::Tensor& residual) {
  return at::cat({at::zeros_like(residual), residual});
}

// One kind of residual of a group, [2 * frames, …], from those of its frames, [2, …] each.
at::Tensor SidesFirst(const std::vector<at::Tensor>& frames) {
  std::vector<at::Tensor> ordered;
  for (int side = 0; side < kSides; ++side) {
    for (const at::Tensor& frame : frames) {
      ordered.push_back(frame.narrow(0, side, 1));
    }
  }
  return at::cat(ordered);
}

Skips Join(const std::vector<const Skips*>& frames) {
  const auto joined = [&frames](const auto& of) {
    std::vector<at::Tensor> parts(frames.size());
    std::transform(frames.begin(), frames.end(), parts.begin(),
                   [&of](const Skips* frame) { return of(*frame); });
    return SidesFirst(parts);
  };
  Skips all;
  for (std::size_t i = 0; i < frames.front()->down.size(); ++i) {
    all.down.push_back(joined([i](const Skips& skips) { return skips.down[i]; }));
  }
  all.mid = joined([](const Skips& skips) { return skips.mid; });
  return all;
}

std::vector<at::Tensor> TensorsOf(const Skips& skips) {
  std::vector<at::Tensor> tensors = skips.down;
  tensors.push_back(skips.mid);
  return tensors;
}

// Those that TensorsOf() gave.
Skips SkipsOf(std::vector<at::Tensor>::const_iterator begin,
              std::vector<at::Tensor>::const_iterator end) {
  return {{begin, end - 1}, *(end - 1)};
}

// The UNet's evaluation of a sample, a time embedding and, where ControlNets run, their residuals.
struct UnetRun {
  const Unet& unet;
  const at::Tensor& prompt;
  const TextKeys& text;

  std::vector<at::Tensor> operator()(const std::vector<at::Tensor>& inputs,
                                     JointAttention* joint) const {
    constexpr std::ptrdiff_t kOwn = 2;  // Inputs before the residuals.
    const UnetInput input{BothSides(inputs[0]).contiguous(at::MemoryFormat::ChannelsLast),
                          {},
                          prompt,
                          joint,
                          &text,
                          &inputs[1]};
    if (inputs.size() == kOwn) {
      return {unet(input, nullptr)};
    }
    const Skips residuals = SkipsOf(inputs.begin() + kOwn, inputs.end());
    return {unet(input, &residuals)};
  }
};

// A ControlNet's evaluation of a sample, its time embedding and its condition: scaled residuals.
struct ControlRun {
  const ControlNet& net;
  const at::Tensor& prompt;
  const TextKeys& text;
  double scale;
  bool positive_only;  // Of the sides; then the residuals are graded, too.

  std::vector<at::Tensor> operator()(const std::vector<at::Tensor>& inputs,
                                     JointAttention* joint) const {
    const TextKeys read = positive_only ? PositiveOf(text) : text;
    const at::Tensor sample = positive_only ? inputs[0] : BothSides(inputs[0]);
    const UnetInput input{sample.contiguous(at::MemoryFormat::ChannelsLast),
                          {},
                          positive_only ? prompt.narrow(0, kPositive, 1) : prompt,
                          joint,
                          &read,
                          &inputs[1]};
    Skips residuals = net(input, inputs[2]);
    if (positive_only) {
      residuals.Grade();
    }
    residuals.Scale(scale);
    return TensorsOf(residuals);
  }
};

}  // namespace

FrameStates FrameMemories::Of(int frame) const {
  FrameStates states{unet.Of(frame), {}};
  for (const FrameMemory& net : controlnets) {
    states.controlnets.push_back(net.Of(frame));
  }
  return states;
}

void FrameMemories::Put(int frame, const FrameStates& states) {
  unet.Put(frame, states.unet);
  controlnets.resize(states.controlnets.size());
  for (std::size_t net = 0; net < controlnets.size(); ++net) {
    controlnets[net].Put(frame, states.controlnets[net]);
  }
}

bool NetRuns(std::size_t net, const StepInput& input, const Guidance& guidance) {
  return net < input.controls.size() && guidance.control_scales.at(net) != 0.0;
}

PromptReading ReadPrompts(const DenoiserParts& parts, const PromptEmbedding& embedding) {
  at::Tensor values = at::empty({kSides, embedding.tokens, embedding.width}, at::kFloat);
  std::memcpy(values.data_ptr<float>(), embedding.values.data(),
              embedding.values.size() * sizeof(float));
  PromptReading reading;
  reading.embedding = embedding;
  reading.prompt = values.to(parts.placement.device, parts.placement.type);
  reading.unet = parts.unet.ReadPrompt(reading.prompt);
  for (const ControlNet& net : parts.controlnets) {
    net.trunk.ReadPrompt(reading.prompt, reading.controlnets.emplace_back());
  }
  return reading;
}

GuidedPass::GuidedPass(const DenoiserParts& parts,
                       const PromptReading& prompts,
                       PassCaches& caches,
                       const GuidedStep& step)
    : parts_(parts),
      prompts_(prompts),
      caches_(caches),
      input_(step.input),
      guidance_(step.guidance) {
  time_ = parts_.unet.trunk.Time({step.timestep}, prompts_.prompt);
  for (std::size_t net = 0; net < parts_.controlnets.size(); ++net) {
    net_times_.push_back(NetRuns(net, input_, guidance_)
                             ? parts_.controlnets[net].trunk.Time({step.timestep}, prompts_.prompt)
                             : at::Tensor());
  }
}

std::vector<float> GuidedPass::Run(const std::vector<Slot>& batch, FrameMemories& memories) const {
  memories.controlnets.resize(parts_.controlnets.size());
  const std::optional<Skips> residuals =
      Residuals(batch, guidance_.controlnets_attend ? &memories : nullptr);
  return Guide(batch, memories.unet, residuals ? &*residuals : nullptr);
}

std::vector<float> GuidedPass::RunGroup(const std::vector<Slot>& batch, FrameMemories& memories) {
  if (guidance_.controlnets_attend) {
    return Run(batch, memories);
  }
  std::map<int, Skips> there;
  std::vector<const Skips*> frames;
  for (const Slot& slot : batch) {
    if (there.count(slot.frame) == 0) {
      const auto known = residuals_.find(slot.frame);
      std::optional<Skips> own = known == residuals_.end()
                                     ? Residuals({{slot.frame, {}, {}, -1}}, nullptr)
                                     : std::optional<Skips>(known->second);
      if (!own) {
        return Guide(batch, memories.unet, nullptr);
      }
      there.emplace(slot.frame, *std::move(own));
    }
    frames.push_back(&there.at(slot.frame));
  }
  const Skips joined = Join(frames);
  residuals_ = std::move(there);
  return Guide(batch, memories.unet, &joined);
}

at::Tensor GuidedPass::SampleOf(const std::vector<Slot>& batch) const {
  const Latents& noisy = input_.noisy;
  const std::size_t size = noisy.frame_size();
  at::Tensor sample = at::empty(
      {static_cast<std::int64_t>(batch.size()), noisy.channels, noisy.height, noisy.width},
      at::kFloat);
  auto* to = sample.data_ptr<float>();
  for (const Slot& slot : batch) {
    std::copy_n(noisy.values.data() + static_cast<std::size_t>(slot.frame) * size, size, to);
    to += size;
  }
  return sample.to(parts_.placement.device, parts_.placement.type);
}

at::Tensor GuidedPass::ConditionOf(std::size_t net, const std::vector<Slot>& batch) const {
  std::vector<at::Tensor> conditions;
  conditions.reserve(batch.size());
  for (const Slot& slot : batch) {
    const ControlMap& map = input_.controls[net][static_cast<std::size_t>(slot.frame)];
    conditions.push_back(
        caches_.conditions.Of(parts_.controlnets[net], net, map, parts_.placement));
  }
  return conditions.size() == 1 ? conditions.front() : at::cat(conditions);
}

std::optional<Skips> GuidedPass::Residuals(const std::vector<Slot>& batch,
                                           FrameMemories* memories) const {
  std::optional<Skips> sum;
  for (std::size_t net = 0; net < parts_.controlnets.size(); ++net) {
    if (!NetRuns(net, input_, guidance_)) {
      continue;
    }
    Skips own =
        ResidualsOf(net, batch, memories == nullptr ? nullptr : &memories->controlnets[net]);
    if (sum) {
      sum->Add(own);
    } else {
      sum = std::move(own);
    }
  }
  if (sum && guidance_.guess_mode) {
    std::transform(sum->down.begin(), sum->down.end(), sum->down.begin(), PositiveOnly);
    sum->mid = PositiveOnly(sum->mid);
  }
  return sum;
}

Skips GuidedPass::ResidualsOf(std::size_t net,
                              const std::vector<Slot>& batch,
                              FrameMemory* memory) const {
  const bool positive_only = guidance_.guess_mode;
  std::optional<JointAttention> joint;
  if (memory != nullptr) {
    joint.emplace(JointAttention{*memory, LinksOf(batch, positive_only ? kPositive : 0)});
  }
  const ControlNet& controlnet = parts_.controlnets[net];
  const double scale = guidance_.control_scales.at(net);
  const Network network{
      ControlRun{controlnet, prompts_.prompt, prompts_.controlnets[net], scale, positive_only},
      controlnet.down.size() + 1,
      {static_cast<int>(net) + 1, {}, scale, positive_only}};
  const std::vector<at::Tensor> residuals =
      Evaluate(network, {SampleOf(batch), net_times_[net], ConditionOf(net, batch)},
               joint ? &*joint : nullptr);
  return SkipsOf(residuals.begin(), residuals.end());
}

std::vector<at::Tensor> GuidedPass::Evaluate(const Network& network,
                                             const std::vector<at::Tensor>& inputs,
                                             JointAttention* joint) const {
  const at::Tensor& sample = inputs.front();
  const std::int64_t sides = network.key.positive_only ? 1 : kSides;
  const std::int64_t cells = sides * sample.size(0) * sample.size(2) * sample.size(3);
  if (!caches_.graphs.Takes(cells)) {
    return network.run(inputs, joint);
  }
  PassKey key = network.key;
  std::vector<TensorParts> all;
  std::transform(inputs.begin(), inputs.end(), std::back_inserter(all),
                 [](const at::Tensor& input) { return TensorParts{input}; });
  if (joint != nullptr) {
    key.links = BatchLinks(joint->samples);
    const std::vector<TensorParts> reads = BatchReads(*joint);
    all.insert(all.end(), reads.begin(), reads.end());
  }
  const auto pass = [run = network.run, links = key.links,
                     count = inputs.size()](const std::vector<at::Tensor>& placed) {
    const auto reads = placed.begin() + static_cast<std::ptrdiff_t>(count);
    FrameMemory memory = BatchMemory(links, {reads, placed.end()});
    JointAttention own{memory, links};
    std::vector<at::Tensor> out = run({placed.begin(), reads}, links.empty() ? nullptr : &own);
    const std::vector<at::Tensor> writes = BatchWrites(links, memory);
    out.insert(out.end(), writes.begin(), writes.end());
    return out;
  };
  const std::optional<std::vector<at::Tensor>> left = caches_.graphs.Run(key, cells, all, pass);
  if (!left) {
    return network.run(inputs, joint);
  }
  const auto writes = left->begin() + static_cast<std::ptrdiff_t>(network.outputs);
  if (joint != nullptr) {
    StoreWrites({writes, left->end()}, *joint);
  }
  std::vector<at::Tensor> outputs;
  std::transform(left->begin(), writes, std::back_inserter(outputs),
                 [](const at::Tensor& output) { return output.clone(); });
  return outputs;
}

std::vector<float> GuidedPass::Guide(const std::vector<Slot>& batch,
                                     FrameMemory& memory,
                                     const Skips* residuals) const {
  JointAttention joint{memory, LinksOf(batch, 0)};
  std::vector<at::Tensor> inputs = {SampleOf(batch), time_};
  if (residuals != nullptr) {
    const std::vector<at::Tensor> added = TensorsOf(*residuals);
    inputs.insert(inputs.end(), added.begin(), added.end());
  }
  const at::Tensor both =
      Evaluate({UnetRun{parts_.unet, prompts_.prompt, prompts_.unet}, 1, {}}, inputs, &joint)
          .front()
          .to(at::kCPU, at::kFloat)
          .contiguous(at::MemoryFormat::Contiguous);
  const auto size = static_cast<std::size_t>(both.numel()) / kSides;
  const auto* negative = both.data_ptr<float>();
  const auto* positive = negative + size;
  const auto scale = static_cast<float>(guidance_.scale);
  std::vector<float> guided(size);
  for (std::size_t i = 0; i < size; ++i) {
    guided[i] = negative[i] + scale * (positive[i] - negative[i]);
  }
  return guided;
}

}  // namespace weft::models
