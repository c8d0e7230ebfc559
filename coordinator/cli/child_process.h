// One child process: started, watched, ended.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "common/result.h"

namespace weft::cli {

struct ChildCommand {
  std::string program;                 // An absolute path.
  std::vector<std::string> arguments;  // Without the program's name.
  std::string print_path;              // What it prints is appended here.
};

// Kills the process (SIGKILL) and waits for it when destroyed. Used by one thread; it should be the
// main one, because a child's PR_SET_PDEATHSIG speaks of the thread that started it.
class ChildProcess {
 public:
  // The child gets none of our files, no blocked signals, and a process group of its own, so that
  // a terminal's Ctrl-C reaches only us.
  // kInternal: it could not be started; names the program.
  static Result<ChildProcess> Start(const ChildCommand& command);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  // Nothing while it runs; then how it ended: "exited with status 1", "was killed by signal 9
  // (Killed)".
  std::optional<std::string> Ended();

  // Sends a signal; no effect once it has ended.
  void Signal(int number) const;

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}

  pid_t pid_ = -1;  // -1: moved from, or ended.
  std::string end_;
};

}  // namespace weft::cli
