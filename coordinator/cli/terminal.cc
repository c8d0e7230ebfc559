#include "coordinator/cli/terminal.h"

#include <iostream>

#include <sys/ioctl.h>
#include <unistd.h>

namespace weft::cli {
namespace {

constexpr int kColumnsUnknown = 80;

int TerminalColumns() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : kColumnsUnknown;
}

}  // namespace

std::unique_ptr<Reporter> MakeReporter(bool json) {
  if (json) {
    return MakeJsonReporter(std::cout, std::cerr);
  }
  if (::isatty(STDERR_FILENO) == 1) {
    return MakeBarReporter(std::cerr, TerminalColumns);
  }
  return MakePlainReporter(std::cerr);
}

}  // namespace weft::cli
