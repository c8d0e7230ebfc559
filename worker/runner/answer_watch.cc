#include "worker/runner/answer_watch.h"

#include <chrono>

namespace weft::worker {
namespace {

// More than a coordinator that starts beside its workers takes, and less than people wait.
constexpr Duration kFirstPause = std::chrono::seconds(10);

}  // namespace

std::optional<std::string> AnswerWatch::Look(bool is_known, Time now) {
  if (is_known) {
    silent_since_.reset();
    return std::nullopt;
  }
  if (!silent_since_.has_value()) {
    silent_since_ = now;
    pause_ = kFirstPause;
  }
  if (now - *silent_since_ < pause_) {
    return std::nullopt;
  }
  silent_since_ = now;
  pause_ *= 2;
  return Warning();
}

std::string AnswerWatch::Warning() const {
  const std::string question =
      "nobody answers at " + address_ + ": is a coordinator listening there";
  return has_keys_
             ? question +
                   ", is this worker's key among its guests, and is --server-key its public "
                   "key?"
             : question + "? One that has keys answers nobody without: see --keys and --server-key";
}

}  // namespace weft::worker
