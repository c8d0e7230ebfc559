#include "coordinator/cli/child_process.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weft::cli {
namespace {

// posix_spawn's two option objects, freed whatever happens.
class SpawnOptions {
 public:
  SpawnOptions() {
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawnattr_init(&attributes_);
  }
  SpawnOptions(const SpawnOptions&) = delete;
  SpawnOptions& operator=(const SpawnOptions&) = delete;
  ~SpawnOptions() {
    ::posix_spawn_file_actions_destroy(&files_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  // The standard streams: nothing to read, all prints appended to one file. Everything else closed.
  int SetFiles(const std::string& print_path) {
    const int in =
        ::posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    const int out = ::posix_spawn_file_actions_addopen(&files_, STDOUT_FILENO, print_path.c_str(),
                                                       O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int err = ::posix_spawn_file_actions_adddup2(&files_, STDOUT_FILENO, STDERR_FILENO);
    const int rest = ::posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
    return in != 0 ? in : out != 0 ? out : err != 0 ? err : rest;
  }

  int SetSignals() {
    sigset_t none;
    sigset_t ours;
    ::sigemptyset(&none);
    ::sigemptyset(&ours);
    for (const int number : {SIGINT, SIGTERM, SIGPIPE}) {
      ::sigaddset(&ours, number);
    }
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &ours);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    return ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }

  [[nodiscard]] const posix_spawn_file_actions_t* Files() const { return &files_; }
  [[nodiscard]] const posix_spawnattr_t* Attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

std::string Describe(int status) {
  if (WIFEXITED(status)) {
    return "exited with status " + std::to_string(WEXITSTATUS(status));
  }
  const char* const words = ::sigdescr_np(WTERMSIG(status));
  return "was killed by signal " + std::to_string(WTERMSIG(status)) + " (" +
         (words == nullptr ? "unknown" : words) + ")";
}

}  // namespace

Result<ChildProcess> ChildProcess::Start(const ChildCommand& command) {
  // posix_spawn takes char*, for history's sake; it changes nothing.
  std::vector<std::string> words = command.arguments;
  words.insert(words.begin(), command.program);
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);

  SpawnOptions options;
  int error = options.SetFiles(command.print_path);
  error = error != 0 ? error : options.SetSignals();
  pid_t pid = -1;
  error = error != 0 ? error
                     : ::posix_spawn(&pid, command.program.c_str(), options.Files(),
                                     options.Attributes(), argv.data(), environ);
  if (error != 0) {
    return Failure(ErrorCode::kInternal, "cannot start " + command.program + ": " +
                                             std::generic_category().message(error));
  }
  return ChildProcess(pid);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), end_(std::move(other.end_)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(end_, other.end_);
  return *this;
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) {
    Signal(SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

std::optional<std::string> ChildProcess::Ended() {
  if (pid_ > 0) {
    int status = 0;
    const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR)) {
      return std::nullopt;
    }
    pid_ = -1;
    end_ = ended > 0 ? Describe(status) : "was lost";
  }
  return end_;
}

void ChildProcess::Signal(int number) const {
  if (pid_ > 0) {
    ::kill(pid_, number);
  }
}

}  // namespace weft::cli
