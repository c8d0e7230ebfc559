// Where frames stand in a GPU's batches. cuDNN's convolutions of 16-bit numbers cut their sums
// according to where in the batch a sample stands (an H100, cuDNN 9: half of them; the other
// samples make no difference, nor does a run of their own). A frame's place therefore follows from
// its number, and never from where a chunk begins.

#pragma once

#include <cstddef>
#include <vector>

namespace weft::models {

// numbers: of frames, ascending.  size: of the batch.
// Places of the frames numbers[first], numbers[first + 1] and so on, as far as they go into one
// batch: number n stands in batch n / size, at place n % size. At least one.
std::vector<int> PlacesInBatch(const std::vector<int>& numbers, std::size_t first, int size);

// For every place of a batch of `size`, whose turn it is: the index in `places` of the frame that
// stands there or, where none does, of one that is repeated: the last before, or else the first.
std::vector<std::size_t> FillBatch(const std::vector<int>& places, int size);

}  // namespace weft::models
