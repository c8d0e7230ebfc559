// How a worker is, for whoever looks after it: the service manager that started it, and a file for
// those who can only read one.
//
//   {"ready":true,"state":"busy","task":"denoise 3.1","process":71,"time":1764122400}
//
// A file that was not written for half a minute is that of a worker that hangs.

#pragma once

#include <optional>
#include <string>
#include <utility>

#include "common/service_notice.h"
#include "common/time.h"

namespace weft::worker {

// Used by one thread.
class WorkerStatus {
 public:
  struct State {
    bool is_known = false;  // To a coordinator that answers.
    std::string task = {};  // That it runs; empty: none.
  };

  // file: empty for none.
  explicit WorkerStatus(std::string file)
      : WorkerStatus(std::move(file), ServiceNotice::FromEnvironment()) {}
  WorkerStatus(std::string file, ServiceNotice notice)
      : file_(std::move(file)), notice_(std::move(notice)) {}
  WorkerStatus(const WorkerStatus&) = delete;
  WorkerStatus& operator=(const WorkerStatus&) = delete;
  // Takes the file away, and says that the worker ends.
  ~WorkerStatus();

  // To be called often. The file is written every five seconds, and at once when the state is
  // another; one that cannot be written is left out.
  void Tell(const State& state, Time now);

 private:
  void Write(const State& state) const;

  const std::string file_;
  ServiceNotice notice_;
  bool was_ready_ = false;
  std::optional<State> told_;
  Time written_{};
};

}  // namespace weft::worker
