// How a blob is cut for its way over a socket.

#pragma once

#include <cstdint>

namespace weft {

struct Window {
  // Bytes of one piece. Small enough that another transfer's turn comes soon.
  std::uint64_t piece_bytes = 256 << 10;

  // Bytes in flight of one transfer: ten pieces keep a fast network busy (ZeroMQ guide, ch. 7).
  std::uint64_t credit_bytes = std::uint64_t{10} * (256 << 10);

  // Larger blobs are refused.
  std::uint64_t blob_bytes_max = std::uint64_t{4} << 30;
};

}  // namespace weft
