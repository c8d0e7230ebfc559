// A Stable-Diffusion-1.x-family model, ready to run: text encoder, VAE, UNet and ControlNet.
//
// No tensor of any library crosses this header. All results are float32 whatever the data type of
// the computation, and a frame's numbers do not depend on how many others are asked for: on a GPU,
// every forward pass sees micro_batch() frames, each at a place that follows from its number (what
// is missing repeats others); on the CPU, frames of one pass are computed each as if alone.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/plan/frame_attention.h"
#include "common/result.h"
#include "worker/frame/frame.h"
#include "worker/frame/latents.h"
#include "worker/models/lora.h"
#include "worker/models/model_config.h"

namespace weft::models {

enum class DataType { kFloat32, kBfloat16, kFloat16 };

struct ModelOptions {
  // A diffusers folder (model_index.json, unet/, vae/, text_encoder/, …) or one .safetensors file.
  std::string model;
  std::string vae;        // Replaces the model's VAE: a folder or a file. Empty: the model's own.
  std::string tokenizer;  // Folder with vocab.json and merges.txt. Empty: the model's own.
  std::vector<std::string> controlnets;     // A folder or a file each.
  std::vector<LoraOption> loras;            // Merged in this order.
  std::vector<std::string> embeddings;      // Textual inversions: files, each named after its stem.
  std::string device = "cpu";               // "cpu" or "cuda:N".
  DataType data_type = DataType::kFloat32;  // kFloat16 needs CUDA.
  int clip_skip = 0;                        // Layers of the text encoder left out at its end.
};

// The text that steers a job, encoded once.
struct PromptEmbedding {
  int tokens = 0;  // 77, or a multiple for long prompts.
  int width = 0;
  std::vector<float> values;  // [2, tokens, width]: the negative prompt, then the prompt.
};

// Frames at one step of the schedule.
struct StepInput {
  Latents noisy;  // What the UNet sees: x_t, scaled as the sampler wants it.
  // [ControlNet][frame], in the order of ModelOptions::controlnets; maps are of the padded pixel
  // size. Empty: no ControlNet runs.
  std::vector<std::vector<ControlMap>> controls;
  std::vector<std::vector<int>> attends;  // Per frame: indices into the step's anchors; all
                                          // frames name equally many. Empty: own frame only.
  // What decides about a frame's place in a GPU's batches, ascending: its number in the clip. Of
  // anchors, which lie far apart, any count of them that is the same in every chunk; it may stay
  // equal from one to the next. Empty: 0, 1, 2 and so on. Joint frames have theirs in JointFrames.
  std::vector<int> numbers;
};

// A run of frames that attend to one another. Frames count from 0, the clip's first.
struct JointFrames {
  FrameAttention attention;
  int total = 0;             // Frames of the clip.
  std::vector<int> numbers;  // Of the step's frames, ascending: at least FramesNeeded().
  std::vector<int> wanted;   // Those to predict, ascending.
};

struct Guidance {
  double scale = 7.5;  // prediction = negative + scale * (positive - negative), in float32.
  std::vector<double> control_scales;  // A ControlNet each: multiplies its residuals; 0: it rests.
  // ControlNets steer the positive side only, the finer their level the less: residual i of n + 1
  // by 10^(i / n - 1), times its scale.
  bool guess_mode = false;
  // A ControlNet's frames attend to others as the UNet's do; otherwise each to itself.
  bool controlnets_attend = false;
};

// Used by one thread.
class DiffusionModel {
 public:
  // Loads everything and checks every tensor's name and shape.
  // kNotFound / kInvalidArgument: names the file, and every missing, extra or misshapen tensor in
  // one message. Pickle files are refused with the way to convert them. kUnsupported: names the
  // field of the config that asks for what is not there.  kResourceExhausted: out of memory.
  static Result<std::unique_ptr<DiffusionModel>> Load(const ModelOptions& options);

  DiffusionModel() = default;
  DiffusionModel(const DiffusionModel&) = delete;
  DiffusionModel& operator=(const DiffusionModel&) = delete;
  virtual ~DiffusionModel() = default;

  [[nodiscard]] virtual int vae_factor() const = 0;       // Pixels per latent cell: 4, 8.
  [[nodiscard]] virtual int latent_channels() const = 0;  // 4.
  [[nodiscard]] virtual const NoiseScheduleConfig& schedule() const = 0;

  // Frames of one forward pass: what UseMicroBatch() asked for, 1 at first, but never more than
  // memory has held since loading: it is halved where memory runs out. A smaller one may change the
  // last bits on a device whose kernels differ by batch; on the CPU it does not.
  [[nodiscard]] virtual int micro_batch() const = 0;

  // REQUIRES: frames >= 1.
  virtual void UseMicroBatch(int frames) = 0;

  // Prompts of any length, with weights as prompt.h reads them and the words of the textual
  // inversions. kInvalidArgument: a weight that makes no sense.
  virtual Result<PromptEmbedding> EncodePrompts(const std::string& negative,
                                                const std::string& positive) = 0;

  // The posterior's mean times scaling_factor.
  // frames: all of one size, both sides multiples of vae_factor.
  virtual Result<Latents> Encode(const std::vector<Frame>& frames) = 0;

  // Pictures of `latents`, rounded (not cut off) to 8 bit.
  virtual Result<std::vector<Frame>> Decode(const Latents& latents) = 0;

  // Guided model output (epsilon or velocity, see schedule()) of the job's anchors at `timestep`,
  // and leaves their keys and values for PredictFrames() until the next call. anchors.attends is
  // ignored: the first anchor attends to itself, every other one to itself and the first. `anchors`
  // must begin with the job's first frame; the others may be any, in any order, and a frame's
  // numbers do not depend on which.
  virtual Result<Latents> PredictAnchors(const StepInput& anchors,
                                         double timestep,
                                         const PromptEmbedding& prompts,
                                         const Guidance& guidance) = 0;

  // As PredictAnchors() where only their keys and values are asked for: those that are kept from an
  // earlier call of this function with the same input are taken, the others are kept from then on
  // as far as KeepAnchors() allows, until other prompts come or memory runs out. Returns how many
  // had to be predicted.
  virtual Result<int> RecallAnchors(const StepInput& anchors,
                                    double timestep,
                                    const PromptEmbedding& prompts,
                                    const Guidance& guidance) = 0;

  // So many bytes RecallAnchors() may keep, at first none; fewer where memory ran out before. To be
  // called before each run of steps: a run drops nothing that it has used itself.
  virtual void KeepAnchors(std::uint64_t bytes) = 0;

  // Guided model output of frames that attend to themselves and to the anchors of the last call of
  // PredictAnchors() or RecallAnchors(), which must have had the same timestep, prompts and
  // guidance. kResourceExhausted: out of device memory; nothing was changed.
  virtual Result<Latents> PredictFrames(const StepInput& frames,
                                        double timestep,
                                        const PromptEmbedding& prompts,
                                        const Guidance& guidance) = 0;

  // Guided model output of joint.wanted, in that order. frames.attends is not used, and anchors are
  // left as they are. kPattern and kWindow pass a whole group at once, whatever micro_batch(),
  // which is halved for the other kinds only.
  // kInvalidArgument: a frame that is needed is not there, or a field out of its range.
  // The other errors as PredictFrames().
  virtual Result<Latents> PredictJoint(const StepInput& frames,
                                       const JointFrames& joint,
                                       double timestep,
                                       const PromptEmbedding& prompts,
                                       const Guidance& guidance) = 0;
};

}  // namespace weft::models
