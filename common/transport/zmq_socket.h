// One ZeroMQ socket with errors as values: what the listener and the connection have in common.
// Private to zmq_transport.cc.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <zmq.hpp>

#include "common/result.h"
#include "common/time.h"
#include "common/transport/socket_options.h"

namespace weft {

// What ZeroMQ threw, in our words.
Error TranslateZmqError(const zmq::error_t& error);

class ZmqSocket {
 public:
  ZmqSocket(zmq::socket_t socket, const SocketOptions& options)
      : socket_(std::move(socket)), options_(options) {}

  // Sends one message of all frames, or nothing; never blocks.
  // kUnavailable: the peer is gone or its queue is full.  kInvalidArgument: too long.
  Status Send(const std::vector<std::string_view>& frames);

  // The next message of exactly `frame_count` frames; others are dropped. Empty when `timeout`
  // passes, or a signal comes, without one.
  Result<std::vector<std::string>> Receive(std::size_t frame_count, Duration timeout);

 private:
  std::vector<std::string> TakeMessage();

  zmq::socket_t socket_;
  SocketOptions options_;
};

}  // namespace weft
