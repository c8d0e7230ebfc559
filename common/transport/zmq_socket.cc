#include "common/transport/zmq_socket.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <string>

namespace weft {
namespace {

// Deadlines must not overflow, however long a caller is ready to wait.
constexpr Duration kLongestWait = std::chrono::hours(24);

ErrorCode CodeOf(int error) {
  switch (error) {
    case EAGAIN:
    case EHOSTUNREACH:
    case ETERM:
      return ErrorCode::kUnavailable;
    case EADDRINUSE:
      return ErrorCode::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermissionDenied;
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kNotFound;
    case EINVAL:
    case ENODEV:
    case EADDRNOTAVAIL:
    case EPROTONOSUPPORT:
    case ENAMETOOLONG:
      return ErrorCode::kInvalidArgument;
    case EMFILE:
    case ENOMEM:
      return ErrorCode::kResourceExhausted;
    default:
      return ErrorCode::kInternal;
  }
}

}  // namespace

Error TranslateZmqError(const zmq::error_t& error) {
  return {CodeOf(error.num()), error.what()};
}

Status ZmqSocket::Send(std::initializer_list<std::string_view> frames) {
  const std::string_view& last = *std::prev(frames.end());
  if (last.size() > options_.message_bytes_max) {
    return Failure(ErrorCode::kInvalidArgument,
                   "a message of " + std::to_string(last.size()) + " bytes; at most " +
                       std::to_string(options_.message_bytes_max) + " are allowed");
  }
  try {
    const bool sent = GiveMessage(frames);
    return sent ? Status() : Failure(ErrorCode::kUnavailable, "nobody takes the message now");
  } catch (const zmq::error_t& error) {
    return Failure(TranslateZmqError(error));
  }
}

Result<bool> ZmqSocket::Receive(std::size_t frame_count, Duration timeout) {
  try {
    std::size_t taken = TakeMessage();
    if (taken == frame_count) {
      return true;
    }
    const SteadyTime deadline = std::chrono::steady_clock::now() + std::min(timeout, kLongestWait);
    while (taken != frame_count && WaitUntil(deadline)) {
      taken = TakeMessage();
    }
    return taken == frame_count;
  } catch (const zmq::error_t& error) {
    if (error.num() == EINTR) {
      return false;
    }
    return Failure(TranslateZmqError(error));
  }
}

bool ZmqSocket::GiveMessage(std::initializer_list<std::string_view> frames) {
  const std::string_view* last = std::prev(frames.end());
  for (const std::string_view& frame : frames) {
    const auto more = &frame == last ? zmq::send_flags::none : zmq::send_flags::sndmore;
    if (!socket_.send(zmq::buffer(frame), more | zmq::send_flags::dontwait)) {
      return false;
    }
  }
  return true;
}

bool ZmqSocket::WaitUntil(SteadyTime deadline) {
  const auto left = std::chrono::ceil<Duration>(deadline - std::chrono::steady_clock::now());
  if (left <= Duration::zero()) {
    return false;
  }
  std::array<zmq::pollitem_t, 2> items{
      {{socket_.handle(), 0, ZMQ_POLLIN, 0},
       {nullptr, wakeup_ == nullptr ? -1 : wakeup_->Descriptor(), ZMQ_POLLIN, 0}}};
  zmq::poll(items.data(), wakeup_ == nullptr ? 1 : 2, left);
  return wakeup_ == nullptr || !wakeup_->Lower();
}

std::size_t ZmqSocket::TakeMessage() {
  std::size_t count = 0;
  zmq::message_t spare;
  bool more = true;
  while (more) {
    zmq::message_t& frame = count < kFramesMax ? frames_[count] : spare;
    // Once the first frame is here, so are the others.
    if (!socket_.recv(frame, zmq::recv_flags::dontwait)) {
      break;
    }
    more = frame.more();
    ++count;
  }
  return count;
}

}  // namespace weft
