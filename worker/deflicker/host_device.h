// WEFT_HOST_DEVICE in front of a function: nvcc compiles it for the processor and for the GPU, any
// other compiler for the processor.

#pragma once

#ifdef __CUDACC__
#define WEFT_HOST_DEVICE __host__ __device__
#else
#define WEFT_HOST_DEVICE
#endif
