#include "tests/system/command.h"

#include <atomic>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weft::testing {
namespace {

std::string Slurp(const std::string& path) {
  const std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string NextName(const std::string& folder) {
  static std::atomic<int> count{0};
  return folder + "/command-" + std::to_string(++count);
}

void RedirectTo(const std::string& path, int descriptor) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(file, descriptor);
  close(file);
}

}  // namespace

Command::Command(const std::vector<std::string>& arguments, const std::string& folder) {
  const std::string name = NextName(folder);
  output_path_ = name + ".out";
  errors_path_ = name + ".err";
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));  // NOLINT: exec takes no const.
  }
  argv.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    RedirectTo(output_path_, STDOUT_FILENO);
    RedirectTo(errors_path_, STDERR_FILENO);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  EXPECT_GT(pid_, 0) << "cannot start " << arguments[0];
}

Command::~Command() {
  if (!ended_) {
    Signal(SIGKILL);
    waitpid(pid_, &status_, 0);
  }
}

void Command::Signal(int signal) const {
  kill(pid_, signal);
}

bool Command::WaitFor(std::chrono::milliseconds span) {
  const auto end = std::chrono::steady_clock::now() + span;
  while (!ended_ && std::chrono::steady_clock::now() < end) {
    ended_ = waitpid(pid_, &status_, WNOHANG) == pid_;
    if (!ended_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  return ended_;
}

Outcome Command::Wait() {
  if (!ended_) {
    waitpid(pid_, &status_, 0);
    ended_ = true;
  }
  const int code = WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  return {code, Slurp(output_path_), Slurp(errors_path_)};
}

Outcome RunCommand(const std::vector<std::string>& arguments, const std::string& folder) {
  return Command(arguments, folder).Wait();
}

std::string Program(const std::string& name) {
  return std::string(WEFT_BIN_DIR) + "/" + name;
}

std::string FrameHashes(const std::string& clip,
                        const std::string& folder,
                        const std::string& pixels) {
  const Outcome outcome = RunCommand({"ffmpeg", "-v", "error", "-i", clip, "-map", "0:v:0",
                                      "-pix_fmt", pixels, "-f", "framemd5", "-"},
                                     folder);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  std::istringstream lines(outcome.output);
  std::string hashes;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line[0] != '#') {
      hashes += line.substr(line.rfind(',') + 1) + "\n";
    }
  }
  return hashes;
}

std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::vector<pid_t> children;
  const std::string path = "/proc/" + std::to_string(parent) + "/task/";
  std::istringstream text(Slurp(path + std::to_string(parent) + "/children"));
  for (pid_t child = 0; text >> child;) {
    children.push_back(child);
  }
  return children;
}

}  // namespace weft::testing
