// A server that is measured, as a child.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "common/result.h"

namespace weft::bench {

class ServerProcess {
 public:
  // words: the program's path and its arguments. log_path: for what it prints.
  // REQUIRES: this process has one thread.
  // kResourceExhausted: there is no process to be had.
  static Result<std::unique_ptr<ServerProcess>> Start(std::vector<std::string> words,
                                                      const std::string& log_path);

  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  // Kills it.
  ~ServerProcess() { Kill(); }

  // SIGKILL, and waits until it is gone.
  void Kill();
  [[nodiscard]] bool IsRunning();
  [[nodiscard]] pid_t Pid() const { return pid_; }

 private:
  explicit ServerProcess(pid_t pid) : pid_(pid) {}

  pid_t pid_;  // -1 once it is gone.
};

// A TCP port of the loopback that was free a moment ago, below those that connections take, and is
// not `taken`.
Result<int> FreePort(int taken = 0);

}  // namespace weft::bench
