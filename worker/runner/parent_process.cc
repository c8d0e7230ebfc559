#include "worker/runner/parent_process.h"

#include <csignal>

#include <sys/prctl.h>
#include <unistd.h>

namespace weft::worker {

bool EndWith(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Number 1 says nothing: in a container the parent may be that process, and whoever takes in
  // orphans need not be it.
  return getppid() == parent;
}

}  // namespace weft::worker
