#include "common/wire/error_wire.h"

#include <cstdint>

#include "common/utf8.h"

namespace weft {

v1::Error ToWire(const Error& error) {
  v1::Error wire;
  wire.set_code(static_cast<std::uint32_t>(error.code()));
  wire.set_message(ValidUtf8(error.message()));
  return wire;
}

Error FromWire(const v1::Error& error) {
  const bool known = error.code() >= static_cast<std::uint32_t>(ErrorCode::kInternal) &&
                     error.code() <= static_cast<std::uint32_t>(ErrorCode::kUnsupported);
  return {known ? static_cast<ErrorCode>(error.code()) : ErrorCode::kInternal, error.message()};
}

}  // namespace weft
