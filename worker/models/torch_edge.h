// Where LibTorch's exceptions become errors. Nothing that throws may leave worker/models.

#pragma once

#include <exception>
#include <new>
#include <string>
#include <utility>

#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include "common/result.h"

namespace weft::models {

// The error that an exception stands for; out of memory, on any device, is kResourceExhausted.
// Call it in a catch block, with the message of what was caught.
Error ErrorOf(const std::string& message);

// What it says, without LibTorch's stack of calls.
std::string MessageOf(const std::exception& error);

// Whether LibTorch, or the C++ library, threw it for want of memory, on any device.
bool IsOutOfMemory(const std::exception& error);

// Runs `work`, which gives a Status or a Result, without gradients.
template <typename Work>
auto AtTorchEdge(Work&& work) -> decltype(work()) {
  try {
    const c10::InferenceMode inference;
    return std::forward<Work>(work)();
  } catch (const c10::OutOfMemoryError& error) {
    return Failure(ErrorCode::kResourceExhausted, error.what_without_backtrace());
  } catch (const c10::Error& error) {
    return Failure(ErrorOf(error.what_without_backtrace()));
  } catch (const std::bad_alloc&) {
    return Failure(ErrorCode::kResourceExhausted, "out of memory");
  } catch (const std::exception& error) {
    return Failure(ErrorOf(error.what()));
  }
}

// Makes LibTorch compute with `count` threads of the CPU, its BLAS included. A worker takes one:
// sums then have one order, a machine is filled by running more workers, and what is left to do
// beside a GPU waits for no thread that another program holds up.
void UseThreads(int count);

// Makes LibTorch take GPU kernels whose sums have one order, chosen by the shapes alone and not by
// how long each took, and multiply float32 as float32: TF32, its default for convolutions, keeps
// ten bits of each factor. For the whole process.
void UseExactDeviceKernels();

// Whether oneDNN, which LibTorch calls, multiplies bfloat16 faster than float32 on this processor:
// with AMX, or with AVX-512's bfloat16 on AMD's. On Intel's without AMX that has but the rate of
// float32, of which oneDNN's convolutions reach a third.
bool HasFastBfloat16();

// Makes the C library keep large blocks that are freed, and hand them out again, instead of giving
// each back to the system: a fresh block costs a page fault every 4 KiB, which for the activations
// of a large UNet takes longer than computing them. For the whole process, all its threads.
void KeepFreedMemory();

}  // namespace weft::models
