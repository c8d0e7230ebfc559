// Tells the processor which memory is needed soon. A tile's rows lie far apart, so that the
// processor does not foresee them, and would wait for one after the other.

#pragma once

#include <cstddef>

#include "worker/deflicker/instruction_sets.h"

namespace weft::deflicker {

// Of larger pictures much is not in the caches that are near the processor; of smaller ones
// fetching costs more than it saves.
inline bool IsWorthFetching(int width, int height) {
  constexpr int kPixels = 1 << 17;
  return width * height >= kPixels;
}

// `rows` rows of `width` values each, `pitch` values from row to row. Also for values that will be
// written: fetching them for that (PREFETCHW) is slower where that was measured. Inlined, for GCC
// leaves out calls of a function that does nothing else.
template <typename Value>
WEFT_ALWAYS_INLINE void Fetch(const Value* first, int width, int rows, std::ptrdiff_t pitch) {
  constexpr int kLine = 64;  // Bytes.
  constexpr int kValues = kLine / static_cast<int>(sizeof(Value));
  for (int row = 0; row < rows; ++row, first += pitch) {
    for (int column = 0; column < width; column += kValues) {
      __builtin_prefetch(first + column);
    }
    __builtin_prefetch(first + width - 1);
  }
}

}  // namespace weft::deflicker
