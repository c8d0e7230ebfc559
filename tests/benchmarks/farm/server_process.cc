#include "tests/benchmarks/farm/server_process.h"

#include <csignal>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weft::bench {
namespace {

[[noreturn]] void Become(std::vector<std::string> words, const std::string& log_path) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int log = ::open(log_path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  ::execv(arguments.front(), arguments.data());
  ::_exit(127);
}

bool IsFree(int port) {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<std::uint16_t>(port));
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound = ::bind(probe, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0;
  ::close(probe);
  return bound;
}

}  // namespace

Result<std::unique_ptr<ServerProcess>> ServerProcess::Start(std::vector<std::string> words,
                                                            const std::string& log_path) {
  const pid_t pid = ::fork();
  if (pid < 0) {
    return Failure(ErrorCode::kResourceExhausted, "no process for " + words.front());
  }
  if (pid == 0) {
    Become(std::move(words), log_path);
  }
  return std::unique_ptr<ServerProcess>(new ServerProcess(pid));
}

void ServerProcess::Kill() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
}

bool ServerProcess::IsRunning() {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) {
    pid_ = -1;
  }
  return pid_ > 0;
}

Result<int> FreePort(int taken) {
  constexpr int kFirst = 20'000;
  constexpr int kLast = 32'000;
  for (int i = 0; i < kLast - kFirst; ++i) {
    const int port = kFirst + (::getpid() * 7 + i) % (kLast - kFirst);
    if (port != taken && IsFree(port)) {
      return port;
    }
  }
  return Failure(ErrorCode::kResourceExhausted, "no free TCP port");
}

}  // namespace weft::bench
