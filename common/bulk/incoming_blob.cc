#include "common/bulk/incoming_blob.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "common/checksum.h"

namespace weft {

std::uint64_t IncomingBlob::TakeCredit() {
  const std::uint64_t target = std::min(size_bytes_, bytes_.size() + window_.credit_bytes);
  if (target <= granted_bytes_) {
    return 0;
  }
  const std::uint64_t credit = target - granted_bytes_;
  // A credit for each piece would double the number of messages.
  if (credit < window_.credit_bytes / 4 && target < size_bytes_) {
    return 0;
  }
  granted_bytes_ = target;
  return credit;
}

Status IncomingBlob::Add(const v1::Piece& piece) {
  if (piece.offset() != bytes_.size() || piece.data().empty()) {
    return Failure(ErrorCode::kUnavailable, "a piece at byte " + std::to_string(piece.offset()) +
                                                "; the one at " + std::to_string(bytes_.size()) +
                                                " is next");
  }
  if (piece.data().size() > std::min(granted_bytes_, size_bytes_) - bytes_.size()) {
    return Failure(ErrorCode::kInvalidArgument, "a piece reaches beyond what may be sent");
  }
  if (bytes_.empty()) {
    // Not more than may come soon: the size is what the sender says.
    bytes_.reserve(std::min(size_bytes_, window_.credit_bytes));
  }
  bytes_ += piece.data();
  return {};
}

Result<std::string> IncomingBlob::Finish() && {
  assert(IsComplete());
  if (Xxh3(bytes_) != checksum_) {
    return Failure(ErrorCode::kDataLoss, "the bytes do not match their checksum");
  }
  return std::move(bytes_);
}

}  // namespace weft
