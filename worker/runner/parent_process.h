// The process that has started this one for itself alone, such as a render on this machine.

#pragma once

#include <sys/types.h>

namespace weft::worker {

// From now on this process is killed when its parent ends, or the parent's thread that started it.
// False where that was not `parent`, as it has ended already: of that, no signal comes.
bool EndWith(pid_t parent);

}  // namespace weft::worker
