#include "coordinator/cli/stop_signals.h"

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace weft::cli {
namespace {

sigset_t Signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

Result<StopSignals> StopSignals::Catch() {
  const sigset_t set = Signals();
  const int file = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  if (file < 0) {
    return Failure(ErrorCode::kInternal,
                   "cannot listen for signals: " + std::generic_category().message(errno));
  }
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return StopSignals(file);
}

StopSignals::StopSignals(StopSignals&& other) noexcept
    : file_(std::exchange(other.file_, -1)), caught_(other.caught_) {}

StopSignals::~StopSignals() {
  if (file_ >= 0) {
    ::close(file_);
  }
}

bool StopSignals::Caught() {
  signalfd_siginfo signal{};
  if (!caught_ && ::read(file_, &signal, sizeof(signal)) == sizeof(signal)) {
    caught_ = true;
    const sigset_t set = Signals();
    ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  }
  return caught_;
}

}  // namespace weft::cli
