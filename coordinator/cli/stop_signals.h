// SIGINT and SIGTERM, taken as questions instead of interruptions.

#pragma once

#include "common/result.h"

namespace weft::cli {

// Used by the main thread.
class StopSignals {
 public:
  // From now on SIGINT and SIGTERM wait to be asked for. Call it before any thread is started, so
  // that all inherit it.
  static Result<StopSignals> Catch();

  StopSignals(StopSignals&& other) noexcept;
  StopSignals& operator=(StopSignals&&) = delete;
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  // True once a signal has come. From the first true on, the next signal ends the process at once.
  bool Caught();

 private:
  explicit StopSignals(int file) : file_(file) {}

  int file_ = -1;  // A signalfd.
  bool caught_ = false;
};

}  // namespace weft::cli
