#include "common/try_flock.h"

#include <cerrno>
#include <system_error>

#include <sys/file.h>

namespace weft {

Result<bool> TryFlock(int file, int operation, const std::string& path) {
  int outcome = 0;
  do {
    outcome = ::flock(file, operation | LOCK_NB);
  } while (outcome != 0 && errno == EINTR);
  if (outcome == 0 || errno == EWOULDBLOCK) {
    return outcome == 0;
  }
  return Failure(ErrorCode::kFailedPrecondition,
                 "cannot lock " + path + ": " + std::generic_category().message(errno) +
                     "; use a folder on a local disk, or mount its file system with locks "
                     "(Lustre: -o flock)");
}

}  // namespace weft
