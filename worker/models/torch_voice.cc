#include "worker/models/torch_voice.h"

#include <utility>

#include "worker/models/torch_version.h"

namespace weft::models {

class TorchVoice::Ear : public TorchWarningHearer {
 public:
  explicit Ear(std::function<void(const std::string& warning)> hear) : hear_(std::move(hear)) {
    before_ = HearTorchWarnings(this);
  }
  Ear(const Ear&) = delete;
  Ear& operator=(const Ear&) = delete;
  ~Ear() override { HearTorchWarnings(before_); }

  void Hear(const std::string& warning) override { hear_(warning); }

 private:
  const std::function<void(const std::string& warning)> hear_;
  c10::WarningHandler* before_;
};

TorchVoice::TorchVoice(std::function<void(const std::string& warning)> hear)
    : ear_(std::make_unique<Ear>(std::move(hear))) {}

TorchVoice::~TorchVoice() = default;

}  // namespace weft::models
