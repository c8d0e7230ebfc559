// One ZeroMQ socket with errors as values: what the listener and the connection have in common.
// Private to zmq_transport.cc.

#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
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
  using SteadyTime = std::chrono::steady_clock::time_point;

  // These throw zmq::error_t.
  bool GiveMessage(const std::vector<std::string_view>& frames);  // False: nobody takes it.
  std::vector<std::string> TakeMessage();                         // Empty when there is none.
  bool WaitUntil(SteadyTime deadline);  // For a message; false when the deadline has passed.

  zmq::socket_t socket_;
  SocketOptions options_;
};

}  // namespace weft
