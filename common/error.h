// What went wrong: a code for callers to act on, a message for people, and the places it passed.
//
// Every fallible function of Weft returns Status or Result<T> (common/result.h). A code exists only
// if some caller acts on it. Each layer adds what only it knows with Within():
//   job 7: chunk 3: frame 112: bad checksum

#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace weft {

// Numbers are part of weft.v1.Error on the wire: never renumber, only append.
enum class ErrorCode {
  kInternal = 1,         // A bug of ours, or a library failed in a way nobody foresaw.
  kInvalidArgument = 2,  // The user's input is wrong: file, field, size. Trying again cannot help.
  kNotFound = 3,         // A named thing does not exist.
  kAlreadyExists = 4,    // A name is taken by something else.
  kFailedPrecondition = 5,  // The state of things forbids it now.
  kResourceExhausted = 6,   // Memory of the host or of the device ran out.
  kNoSpace = 7,             // A disk is full.
  kPermissionDenied = 8,    // A file or folder may not be read or written.
  kDataLoss = 9,            // Stored bytes are not what was written.
  kUnavailable = 10,        // A peer is gone or silent; the same call may work later.
  kCancelled = 11,          // Somebody asked for it to stop.
  kUnsupported = 12,        // Weft cannot do this (yet).
};

// The code's name in words, such as "invalid argument".
std::string_view Name(ErrorCode code);

class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  [[nodiscard]] ErrorCode code() const { return code_; }

  // The whole chain, outermost place first: "job 7: chunk 3: bad checksum".
  [[nodiscard]] const std::string& message() const { return message_; }

  // The same error, one place further out: Within("chunk 3") puts "chunk 3: " in front.
  [[nodiscard]] Error Within(std::string_view place) const;

 private:
  ErrorCode code_;
  std::string message_;
};

// True when the same call, made again by someone else or later, may succeed. The one place that
// decides; everything else is final.
bool IsRetryable(ErrorCode code);

}  // namespace weft
