#include "worker/runner/library_voices.h"

namespace weft::worker {
namespace {

constexpr std::uint64_t kLoggedMax = 100;  // Lines of one task.
constexpr std::size_t kLastMax = 20;       // Lines that a failed task is explained with.

}  // namespace

void LibraryVoices::Begin(const LogFields& task) {
  const std::lock_guard lock(mutex_);
  task_ = task;
  count_ = 0;
  last_.clear();
}

void LibraryVoices::Take(const std::string& library, LogLevel level, const std::string& line) {
  const std::string text = library + ": " + line;
  const std::lock_guard lock(mutex_);
  if (!task_.has_value()) {
    log_.Write(level, text);
    return;
  }
  ++count_;
  if (count_ <= kLoggedMax) {
    log_.With(*task_).Write(level, text);
  }
  last_.push_back(text);
  if (last_.size() > kLastMax) {
    last_.pop_front();
  }
}

std::string LibraryVoices::End() {
  const std::lock_guard lock(mutex_);
  if (task_.has_value() && count_ > kLoggedMax) {
    log_.With(*task_).Warning(std::to_string(count_ - kLoggedMax) +
                              " more lines of libraries are left out");
  }
  task_.reset();
  std::string lines;
  for (const std::string& line : last_) {
    lines += line + "\n";
  }
  last_.clear();
  return lines;
}

}  // namespace weft::worker
