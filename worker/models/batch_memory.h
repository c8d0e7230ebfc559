// What a batch reads from a memory and leaves there, as tensors: inputs and outputs of its pass.
//
// A pass that is recorded knows addresses, not frames. Its own memory, the batch's, holds at places
// 0, 1, … what the samples find there, one sample behind the other, and then what they leave.

#pragma once

#include <vector>

#include "worker/models/joint_attention.h"

namespace weft::models {

// Tensors that make one, laid one behind the other along the first dimension.
using TensorParts = std::vector<at::Tensor>;

// The samples' links into the batch's memory. Those of two batches are equal where their passes
// differ but in the tensors.
std::vector<SampleLinks> BatchLinks(const std::vector<SampleLinks>& samples);

// What they read and none of them leaves, [2 * layer]: the keys, [2 * layer + 1]: the values; empty
// where they read only one another.  REQUIRES: it is in joint.memory.
std::vector<TensorParts> BatchReads(const JointAttention& joint);

// The batch's memory before its pass.
// links: of BatchLinks().  reads: of BatchReads(), the parts joined.
FrameMemory BatchMemory(const std::vector<SampleLinks>& links,
                        const std::vector<at::Tensor>& reads);

// What a pass left in it: for every sample that leaves something, [2 * layer] and [2 * layer + 1].
std::vector<at::Tensor> BatchWrites(const std::vector<SampleLinks>& links,
                                    const FrameMemory& memory);

// Copies that into the memory that the batch came from.  writes: of BatchWrites().
void StoreWrites(const std::vector<at::Tensor>& writes, JointAttention& joint);

}  // namespace weft::models
