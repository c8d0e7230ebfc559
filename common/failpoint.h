// Places where a process can be made to die or to sleep, so that a test sees what that leaves
// behind: wherever work changes hands between memory, a disk and a peer.
//
// WEFT_FAILPOINT=NAME:N:FILE in the environment arms one place. The process that comes to NAME for
// its N-th time makes FILE and kills itself (SIGKILL); where FILE is there already, it goes on. Of
// all programs with that environment one dies, once. With NAME:N:stop:FILE it stops instead
// (SIGSTOP), until somebody sends it SIGCONT.
//
// Built into every program: a kill is then tried on the very binaries that people run, and a place
// that is not armed costs a comparison.

#pragma once

#include <string_view>

namespace weft {

// Any thread. A malformed WEFT_FAILPOINT arms nothing.
void Failpoint(std::string_view name);

}  // namespace weft
