// Who speaks to a coordinator, as far as keys tell.

#pragma once

#include <cstdint>
#include <string>

namespace weft {

enum class Role : std::uint8_t {
  kEverything,  // Whoever needs no key, and who was let in before there were roles.
  kWorker,      // Runs tasks.
  kSubmit,      // Hands in jobs and commands those; looks at everything.
  kOperate,     // Commands all jobs and the farm.
};

struct Guest {
  Role role = Role::kEverything;
  std::string name = {};  // Empty: no key was asked for.

  friend bool operator==(const Guest& a, const Guest& b) {
    return a.role == b.role && a.name == b.name;
  }
};

}  // namespace weft
