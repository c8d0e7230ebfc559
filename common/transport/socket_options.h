// The bounds of one socket, listening or connecting.

#pragma once

#include <cstddef>

namespace weft {

struct SocketOptions {
  // Longer messages are refused by Send() with kInvalidArgument. A peer that sends one all the same
  // is disconnected.
  std::size_t message_bytes_max = 1 << 20;

  // Messages that wait for one peer, in each direction; beyond them Send() says kUnavailable. The
  // operating system's buffers come on top.
  int queue_messages_max = 1000;

  // The context's first I/O thread serves all of the socket's connections, however many threads
  // there are: small messages of many peers cost less where one thread finds several of them
  // whenever it wakes up.
  bool on_one_thread = false;
};

}  // namespace weft
