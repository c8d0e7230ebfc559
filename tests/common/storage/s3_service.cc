#include "tests/common/storage/s3_service.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weft {
namespace {

constexpr const char* kScript = WEFT_SOURCE_DIR "/tests/common/storage/s3_service.js";
constexpr const char* kModules = WEFT_S3RVER_DIR;

[[noreturn]] void Throw(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

S3Service::S3Service() {
  if (!std::filesystem::exists(std::string(kModules) + "/installed-lock.json")) {
    throw std::runtime_error("s3rver is not installed; run " WEFT_SOURCE_DIR
                             "/tests/common/storage/s3rver/install " WEFT_S3RVER_DIR);
  }
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0) {
    Throw("no pipes for the S3 service");
  }
  const std::string data = folder_.path().string();
  process_ = fork();
  if (process_ == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    execlp("node", "node", kScript, kModules, data.c_str(), nullptr);
    _exit(1);
  }
  close(in[0]);
  close(out[1]);
  commands_ = in[1];
  answers_ = out[0];
  const std::string said = Line();
  if (said.rfind("port ", 0) != 0) {
    throw std::runtime_error("the S3 service does not start (is nodejs there?): " + said);
  }
  port_ = static_cast<std::uint16_t>(std::stoi(said.substr(said.find(' '))));
  Tell("bucket reels");
}

S3Service::~S3Service() {
  close(commands_);  // It ends.
  close(answers_);
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

std::string S3Service::Line() {
  std::string line;
  char letter = 0;
  while (read(answers_, &letter, 1) == 1 && letter != '\n') {
    line += letter;
  }
  return line;
}

std::string S3Service::Tell(const std::string& command) {
  const std::string line = command + "\n";
  if (write(commands_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    Throw("the S3 service is gone");
  }
  return Line();
}

int S3Service::Count(const std::string& command) {
  return std::stoi(Tell(command));
}

std::string S3Service::Endpoint() const {
  return "http://127.0.0.1:" + std::to_string(port_);
}

S3Access S3Service::Access() const {
  return {.scheme = "http",
          .host = "127.0.0.1:" + std::to_string(port_),
          .region = "us-east-1",
          .path_style = true,
          .credentials = {"S3RVER", "S3RVER", ""}};
}

}  // namespace weft
