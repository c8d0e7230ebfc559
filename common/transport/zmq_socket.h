// One ZeroMQ socket with errors as values: what the listener and the connection have in common.
// Private to zmq_transport.cc.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zmq.hpp>

#include "common/result.h"
#include "common/time.h"
#include "common/transport/socket_options.h"
#include "common/transport/wakeup.h"

namespace weft {

// What ZeroMQ threw, in our words.
Error TranslateZmqError(const zmq::error_t& error);

class ZmqSocket {
 public:
  ZmqSocket(zmq::socket_t socket, const SocketOptions& options)
      : socket_(std::move(socket)), options_(options) {}

  // Receive() also returns when `wakeup` is raised.
  // wakeup: outlives the socket.
  void WatchFor(Wakeup& wakeup) { wakeup_ = &wakeup; }

  // Sends one message of all frames, or nothing; never blocks.
  // kUnavailable: the peer is gone or its queue is full.  kInvalidArgument: too long.
  Status Send(std::initializer_list<std::string_view> frames);

  // The same, of a peer's name and any number of messages: each is a frame, and the peer's
  // Connection takes the frames for messages.
  Status SendAll(std::string_view peer, const std::vector<std::string>& messages);

  // Takes the next message of exactly `frame_count` frames; others are dropped. False when
  // `timeout` passes, a signal comes, or the wakeup is raised, without one.
  Result<bool> Receive(std::size_t frame_count, Duration timeout);

  // Takes the next frame, of whichever message it is; false likewise.
  Result<bool> ReceiveFrame(Duration timeout);

  // A frame of the message that was received last; valid until the next is.
  [[nodiscard]] std::string_view Frame(std::size_t index) const {
    return {static_cast<const char*>(frames_[index].data()), frames_[index].size()};
  }

  // What the door calls who has sent the message that was received last; empty where there is none.
  [[nodiscard]] std::string UserOfLast() const;

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  static constexpr std::size_t kFramesMax = 2;

  // These throw zmq::error_t.
  // False: nobody takes it.
  bool GiveMessage(std::initializer_list<std::string_view> frames);
  bool GiveFrame(std::string_view frame, bool more);
  std::size_t TakeMessage();            // Its number of frames; 0 when there is none.
  bool WaitUntil(SteadyTime deadline);  // False when there is nothing to wait for any more.

  zmq::socket_t socket_;
  SocketOptions options_;
  Wakeup* wakeup_ = nullptr;
  std::array<zmq::message_t, kFramesMax> frames_;
};

}  // namespace weft
