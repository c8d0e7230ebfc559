#include "common/bulk/outgoing_blob.h"

#include <algorithm>

namespace weft {

void OutgoingBlob::AddCredit(std::uint64_t bytes) {
  // No more than there is to send, so that no sum of credits overflows.
  const std::uint64_t left = bytes_.size() - sent_bytes_;
  credit_bytes_ += std::min(bytes, left - std::min(left, credit_bytes_));
}

std::optional<v1::Piece> OutgoingBlob::NextPiece() {
  const std::uint64_t count =
      std::min({credit_bytes_, window_.piece_bytes, bytes_.size() - sent_bytes_});
  if (count == 0) {
    return std::nullopt;
  }
  v1::Piece piece;
  piece.set_offset(sent_bytes_);
  piece.set_data(bytes_.data() + sent_bytes_, count);
  sent_bytes_ += count;
  credit_bytes_ -= count;
  return piece;
}

}  // namespace weft
