// Result<T>: a value or an Error. Status: nothing or an Error.
//
//   Result<Frame> frame = source.Read(12);
//   if (!frame) return tl::unexpected(frame.error().Within("frame 12"));
// or, in a function that itself returns Status or Result:
//   WEFT_ASSIGN_OR_RETURN(const Frame frame, source.Read(12));
//   WEFT_RETURN_IF_ERROR(sink.Write(frame));

#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

#include "common/error.h"

namespace weft {

template <typename T>
using Result = tl::expected<T, Error>;

using Status = Result<void>;

// return Failure(ErrorCode::kNotFound, "no such file: a.mp4");
inline tl::unexpected<Error> Failure(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error(code, std::move(message)));
}

// return Failure(result.error());
inline tl::unexpected<Error> Failure(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace weft

#define WEFT_CONCAT_INNER_(a, b) a##b
#define WEFT_CONCAT_(a, b) WEFT_CONCAT_INNER_(a, b)

#define WEFT_RETURN_IF_ERROR(expression)                             \
  if (auto&& weft_status_ = (expression); !weft_status_.has_value()) \
  return ::weft::Failure(weft_status_.error())

#define WEFT_ASSIGN_OR_RETURN(declaration, expression) \
  WEFT_ASSIGN_OR_RETURN_(WEFT_CONCAT_(weft_result_, __LINE__), declaration, expression)

// NOLINTBEGIN(bugprone-macro-parentheses): a declaration stands in no parentheses.
#define WEFT_ASSIGN_OR_RETURN_(result, declaration, expression) \
  auto result = (expression);                                   \
  if (!result.has_value()) {                                    \
    return ::weft::Failure(result.error());                     \
  }                                                             \
  declaration = std::move(result).value()
// NOLINTEND(bugprone-macro-parentheses)
