// A blob on its way in: puts the pieces together and says how much more may be sent.

#pragma once

#include <cstdint>
#include <string>

#include "common/bulk/window.h"
#include "common/result.h"
#include "weft/v1/bulk.pb.h"

namespace weft {

class IncomingBlob {
 public:
  // size_bytes, checksum: what the sender announced. granted_bytes: credit it was given before.
  IncomingBlob(std::uint64_t size_bytes,
               std::uint64_t checksum,
               const Window& window,
               std::uint64_t granted_bytes = 0)
      : size_bytes_(size_bytes),
        checksum_(checksum),
        window_(window),
        granted_bytes_(granted_bytes) {}

  // Credit to give to the sender now, in bytes; zero when it has enough. To be asked at first and
  // after each piece.
  std::uint64_t TakeCredit();

  // kUnavailable: not the piece that comes next, so one was lost.
  // kInvalidArgument: more than was granted, or than the blob has.
  Status Add(const v1::Piece& piece);

  [[nodiscard]] bool IsComplete() const { return bytes_.size() == size_bytes_; }

  // Of the whole blob.
  [[nodiscard]] std::uint64_t size_bytes() const { return size_bytes_; }

  // The blob. REQUIRES: IsComplete().
  // kDataLoss: the bytes are not those that the sender announced.
  Result<std::string> Finish() &&;

 private:
  std::uint64_t size_bytes_;
  std::uint64_t checksum_;
  Window window_;
  std::uint64_t granted_bytes_;  // From the blob's first byte on.
  std::string bytes_;
};

}  // namespace weft
