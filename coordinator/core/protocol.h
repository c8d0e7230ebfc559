// What this build speaks with workers, and whose pictures it takes for its own.

#pragma once

#include <cstdint>

namespace weft::coordinator {

// Versions of the conversation; proto/README.md says what each brought.
inline constexpr std::uint32_t kProtocolMin = 10;
inline constexpr std::uint32_t kProtocolMax = 10;

// The latest of them whose workers make other pictures of the same input than those before. A job
// that was begun before keeps none of them: its tasks run again.
inline constexpr std::uint32_t kPicturesSince = 9;

static_assert(kPicturesSince <= kProtocolMin, "the pictures of two versions would meet in one job");

}  // namespace weft::coordinator
