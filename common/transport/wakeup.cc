#include "common/transport/wakeup.h"

#include <cstdint>

#include <sys/eventfd.h>
#include <unistd.h>

namespace weft {

Result<std::unique_ptr<Wakeup>> Wakeup::Open() {
  const int descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor < 0) {
    return Failure(ErrorCode::kResourceExhausted, "no file descriptor is left");
  }
  return std::unique_ptr<Wakeup>(new Wakeup(descriptor));
}

Wakeup::~Wakeup() {
  ::close(descriptor_);
}

void Wakeup::Raise() {
  const std::uint64_t once = 1;
  // It cannot fail but by overflow, and then the flag is up already.
  static_cast<void>(::write(descriptor_, &once, sizeof(once)));
}

bool Wakeup::Lower() {
  std::uint64_t count = 0;
  return ::read(descriptor_, &count, sizeof(count)) == sizeof(count);
}

}  // namespace weft
