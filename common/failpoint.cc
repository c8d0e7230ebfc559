#include "common/failpoint.h"

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace weft {
namespace {

struct Armed {
  std::string name;
  std::uint64_t visit = 0;  // That the signal comes with.
  int signal = SIGKILL;
  std::string file;
};

constexpr std::string_view kStop = "stop:";

std::optional<Armed> ReadEnvironment() {
  const char* text = std::getenv("WEFT_FAILPOINT");  // NOLINT(concurrency-mt-unsafe): read once.
  if (text == nullptr) {
    return std::nullopt;
  }
  const std::string armed = text;
  const std::size_t first = armed.find(':');
  const std::size_t second = armed.find(':', first + 1);
  if (first == std::string::npos || second == std::string::npos) {
    return std::nullopt;
  }
  std::uint64_t visit = 0;
  const auto parsed = std::from_chars(armed.data() + first + 1, armed.data() + second, visit);
  if (parsed.ec != std::errc() || parsed.ptr != armed.data() + second) {
    return std::nullopt;
  }
  const std::string rest = armed.substr(second + 1);
  if (rest.compare(0, kStop.size(), kStop) == 0) {
    return Armed{armed.substr(0, first), visit, SIGSTOP, rest.substr(kStop.size())};
  }
  return Armed{armed.substr(0, first), visit, SIGKILL, rest};
}

}  // namespace

void Failpoint(std::string_view name) {
  // The environment is the process's own, and so is the count.
  static const std::optional<Armed> armed = ReadEnvironment();
  static std::atomic<std::uint64_t> visits{0};
  if (!armed.has_value() || armed->name != name || ++visits != armed->visit) {
    return;
  }
  const int file = open(armed->file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file >= 0) {
    kill(getpid(), armed->signal);
  }
}

}  // namespace weft
