// A blob on its way out: cuts the pieces that the receiver's credit allows.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/bulk/window.h"
#include "weft/v1/bulk.pb.h"

namespace weft {

class OutgoingBlob {
 public:
  // bytes: outlive this object.
  OutgoingBlob(std::string_view bytes, const Window& window) : bytes_(bytes), window_(window) {}

  // The receiver can take so many bytes more.
  void AddCredit(std::uint64_t bytes);

  // The piece to send next; nothing while there is no credit, or when all is sent.
  std::optional<v1::Piece> NextPiece();

  [[nodiscard]] bool IsSent() const { return sent_bytes_ == bytes_.size(); }

 private:
  std::string_view bytes_;
  Window window_;
  std::uint64_t sent_bytes_ = 0;
  std::uint64_t credit_bytes_ = 0;
};

}  // namespace weft
