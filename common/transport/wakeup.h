// A flag that one thread raises and another can wait for together with sockets.

#pragma once

#include <memory>

#include "common/result.h"

namespace weft {

class Wakeup {
 public:
  // kResourceExhausted: no file descriptor is left.
  static Result<std::unique_ptr<Wakeup>> Open();

  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;
  ~Wakeup();

  // Any thread.
  void Raise();

  // Whether it was raised since it was last lowered; lowers it. One thread.
  bool Lower();

  // Readable while the flag is raised.
  [[nodiscard]] int Descriptor() const { return descriptor_; }

 private:
  explicit Wakeup(int descriptor) : descriptor_(descriptor) {}

  const int descriptor_;
};

}  // namespace weft
