// What the libraries say while a task runs, in the worker's own log and with the task's fields.
//
// A damaged clip can make FFmpeg say something about every block of every frame: of one task the
// first lines are logged, the others counted.

#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "common/log/log.h"

namespace weft::worker {

// Any thread.
class LibraryVoices {
 public:
  explicit LibraryVoices(Log log) : log_(std::move(log)) {}

  // What is said from now on is about this task.
  void Begin(const LogFields& task);

  // A line of `library`, "FFmpeg" or "LibTorch".
  void Take(const std::string& library, LogLevel level, const std::string& line);

  // Nothing is about the task any more. The last lines that were, each with its end.
  std::string End();

 private:
  const Log log_;
  std::mutex mutex_;  // Guards what follows.
  std::optional<LogFields> task_;
  std::uint64_t count_ = 0;       // Of lines about it.
  std::deque<std::string> last_;  // Of these.
};

}  // namespace weft::worker
