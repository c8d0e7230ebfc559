#include "coordinator/server/stop_signals.h"

#include <csignal>
#include <ctime>

namespace weft::coordinator {
namespace {

sigset_t Both() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

}  // namespace

StopSignals::StopSignals() {
  const sigset_t signals = Both();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  thread_ = std::thread([this] { Wait(); });
}

StopSignals::~StopSignals() {
  done_ = true;
  thread_.join();
}

void StopSignals::Wait() {
  const sigset_t signals = Both();
  const timespec patience{.tv_sec = 0, .tv_nsec = 100'000'000};
  while (!done_) {
    if (sigtimedwait(&signals, nullptr, &patience) > 0) {
      requested_ = true;
    }
  }
}

}  // namespace weft::coordinator
