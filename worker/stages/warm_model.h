// The model a worker has loaded, kept for its next task, with the job's prompts encoded.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/result.h"
#include "weft/v1/job.pb.h"
#include "worker/models/device_memory.h"
#include "worker/models/diffusion_model.h"
#include "worker/models/model_memory.h"
#include "worker/stages/preview.h"

namespace weft::worker {

// One thread.
class WarmModel {
 public:
  // device: this worker's, "cpu" or "cuda:N".
  explicit WarmModel(std::string device) : device_(std::move(device)) {}

  struct Ready {
    models::DiffusionModel* model = nullptr;
    const models::PromptEmbedding* prompts = nullptr;
    models::Guidance guidance;
  };

  // The job's model and prompts, loaded now if they are not the last ones or a file was replaced
  // since; anchors that were kept for another job are not. Valid until the next call.
  // kFailedPrecondition: the job wants another kind of device than this worker has.
  Result<Ready> For(const v1::JobSpec& job);

  // What the loaded model takes with frames of so many pixels. REQUIRES: as Preview().
  Result<models::ModelMemory> Memory(int width, int height);

  // Bytes that all processes have left of the device. Errors as models::DeviceMemoryFree().
  [[nodiscard]] Result<std::uint64_t> MemoryFree() const {
    return models::DeviceMemoryFree(device_);
  }

  // How the loaded model's latents look; found out when it is asked for the first time, and valid
  // until the next call of For(). REQUIRES: For() has succeeded.
  Result<const PreviewMap*> Preview();

  // ModelKey() of the jobs that the loaded model serves; empty: none is loaded.
  [[nodiscard]] const std::string& key() const { return key_; }

 private:
  Status Load(const v1::JobSpec& job);

  std::string device_;
  std::string key_;
  std::string parts_;  // Of what is loaded: every part of the model and its files' stamps.
  std::string job_;    // The last one, whole.
  std::optional<std::string> prompts_key_;  // Of prompts_.
  std::unique_ptr<models::DiffusionModel> model_;
  models::PromptEmbedding prompts_;
  models::ModelOptions options_;  // Of model_.
  struct MemoryOfSize {
    int width;
    int height;
    models::ModelMemory memory;
  };
  std::optional<MemoryOfSize> memory_;
  std::optional<PreviewMap> preview_;
};

}  // namespace weft::worker
