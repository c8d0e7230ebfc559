// A job's name follows from its client's token, so a submission that is repeated finds its job.

#pragma once

#include <string_view>

#include "common/ids.h"

namespace weft::coordinator {

// "j-" and 16 hexadecimal digits: FNV-1a of the token, 64 bits.
// Source: http://www.isthe.com/chongo/tech/comp/fnv/
JobId JobIdOf(std::string_view client_token);

}  // namespace weft::coordinator
