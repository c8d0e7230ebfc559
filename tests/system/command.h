// Runs a program as a user would and keeps what it said.

#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <sys/types.h>

namespace weft::testing {

struct Outcome {
  int exit_code = -1;  // 128 + N when signal N ended it.
  std::string output;  // Standard output.
  std::string errors;  // Standard error.
};

// A running program. Its output goes to files in `folder`.
class Command {
 public:
  // arguments[0] is the program; looked up in PATH without a slash. Fails the test if it cannot
  // start.
  Command(const std::vector<std::string>& arguments, const std::string& folder);
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  ~Command();  // Kills it if it still runs.

  [[nodiscard]] pid_t pid() const { return pid_; }
  void Signal(int signal) const;
  // Waits this long for its end; true when it has ended.
  bool WaitFor(std::chrono::milliseconds span);
  // Waits for its end, however long.
  Outcome Wait();

 private:
  std::string output_path_;
  std::string errors_path_;
  pid_t pid_ = -1;
  bool ended_ = false;
  int status_ = 0;
};

// Start and Wait.
Outcome RunCommand(const std::vector<std::string>& arguments, const std::string& folder);

// The build's own program, such as Program("weft").
std::string Program(const std::string& name);

// The md5 of every frame of a clip, as the ffmpeg program decodes it to `pixels`: one line a frame.
std::string FrameHashes(const std::string& clip,
                        const std::string& folder,
                        const std::string& pixels = "rgb24");

// Process ids of all children of `parent`.
std::vector<pid_t> ChildrenOf(pid_t parent);

}  // namespace weft::testing
