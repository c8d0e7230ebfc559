// Where LibTorch's exceptions become errors. Nothing that throws may leave worker/models.

#pragma once

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

// Makes LibTorch compute with one thread, its BLAS included: sums then have one order, and a
// machine is filled by running more workers.
void UseOneThread();

}  // namespace weft::models
