// What LibTorch itself has to say.

#pragma once

#include <functional>
#include <memory>
#include <string>

namespace weft::models {

// As long as it lives, and on the thread that made it, LibTorch's warnings are heard by `hear`, and
// not printed. It must die on that thread.
class TorchVoice {
 public:
  explicit TorchVoice(std::function<void(const std::string& warning)> hear);
  TorchVoice(const TorchVoice&) = delete;
  TorchVoice& operator=(const TorchVoice&) = delete;
  ~TorchVoice();

 private:
  class Ear;
  std::unique_ptr<Ear> ear_;
};

}  // namespace weft::models
