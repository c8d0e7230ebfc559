// The real weft-coordinator as a child, on TCP, with its state in a folder.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "common/result.h"

namespace weft::bench {

struct CoordinatorPlace {
  std::string program;       // weft-coordinator's path.
  std::string state_folder;  // Ledger, blobs, and the coordinator's log.
  std::string address;       // "tcp://127.0.0.1:7733"
  std::string bulk_address;
  std::vector<std::string> more_options = {};
};

class CoordinatorProcess {
 public:
  // REQUIRES: this process has one thread.
  // kResourceExhausted: there is no process to be had.
  static Result<std::unique_ptr<CoordinatorProcess>> Start(const CoordinatorPlace& place);

  CoordinatorProcess(const CoordinatorProcess&) = delete;
  CoordinatorProcess& operator=(const CoordinatorProcess&) = delete;
  // Kills it.
  ~CoordinatorProcess() { Kill(); }

  // SIGKILL, and waits until it is gone.
  void Kill();
  [[nodiscard]] bool IsRunning();
  [[nodiscard]] pid_t Pid() const { return pid_; }

 private:
  explicit CoordinatorProcess(pid_t pid) : pid_(pid) {}

  pid_t pid_;  // -1 once it is gone.
};

// A TCP port of the loopback that was free a moment ago, below those that connections take.
Result<int> FreePort();

}  // namespace weft::bench
