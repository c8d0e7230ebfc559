#include "common/error.h"

namespace weft {

std::string_view Name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInternal:
      return "internal error";
    case ErrorCode::kInvalidArgument:
      return "invalid argument";
    case ErrorCode::kNotFound:
      return "not found";
    case ErrorCode::kAlreadyExists:
      return "already exists";
    case ErrorCode::kFailedPrecondition:
      return "failed precondition";
    case ErrorCode::kResourceExhausted:
      return "out of memory";
    case ErrorCode::kNoSpace:
      return "no space left";
    case ErrorCode::kPermissionDenied:
      return "permission denied";
    case ErrorCode::kDataLoss:
      return "data loss";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kUnsupported:
      return "unsupported";
  }
  return "unknown error";
}

Error Error::Within(std::string_view place) const {
  return {code_, std::string(place) + ": " + message_};
}

bool IsRetryable(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInternal:
    case ErrorCode::kFailedPrecondition:
    case ErrorCode::kResourceExhausted:
    case ErrorCode::kDataLoss:
    case ErrorCode::kUnavailable:
      return true;
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kNoSpace:
    case ErrorCode::kPermissionDenied:
    case ErrorCode::kCancelled:
    case ErrorCode::kUnsupported:
      return false;
  }
  return false;
}

}  // namespace weft
