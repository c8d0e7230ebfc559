// Whether anybody answers a worker, and what to tell people where nobody does.

#pragma once

#include <optional>
#include <string>
#include <utility>

#include "common/time.h"

namespace weft::worker {

// A pure state machine. A coordinator that has keys is silent towards whom it does not know, so a
// wrong address and a missing guest look the same from here.
class AnswerWatch {
 public:
  // address: where the coordinator should be.  has_keys: whether the worker shows a key.
  AnswerWatch(std::string address, bool has_keys)
      : address_(std::move(address)), has_keys_(has_keys) {}

  // To be called often. is_known: a coordinator has answered, and is not known to be gone.
  // Returns a warning after 10 seconds without an answer, and again after pauses that double.
  std::optional<std::string> Look(bool is_known, Time now);

 private:
  [[nodiscard]] std::string Warning() const;

  const std::string address_;
  const bool has_keys_;
  std::optional<Time> silent_since_;  // Or since the last warning; nothing while it is answered.
  Duration pause_{};                  // From then to the next warning.
};

}  // namespace weft::worker
