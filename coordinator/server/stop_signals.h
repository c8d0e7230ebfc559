// SIGINT and SIGTERM as a flag.

#pragma once

#include <atomic>
#include <thread>

namespace weft::coordinator {

// From its construction on, the two signals end nothing; they set the flag. To be made by main,
// once, before any other thread starts: threads take over which signals they leave alone.
class StopSignals {
 public:
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  [[nodiscard]] const std::atomic<bool>& Requested() const { return requested_; }

 private:
  void Wait();

  std::atomic<bool> requested_ = false;
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

}  // namespace weft::coordinator
