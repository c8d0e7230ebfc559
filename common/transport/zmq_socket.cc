#include "common/transport/zmq_socket.h"

#include <algorithm>
#include <cerrno>
#include <utility>

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

Status ZmqSocket::Send(const std::vector<std::string_view>& frames) {
  if (frames.back().size() > options_.message_bytes_max) {
    return Failure(ErrorCode::kInvalidArgument,
                   "a message of " + std::to_string(frames.back().size()) + " bytes; at most " +
                       std::to_string(options_.message_bytes_max) + " are allowed");
  }
  try {
    const bool sent = GiveMessage(frames);
    return sent ? Status() : Failure(ErrorCode::kUnavailable, "nobody takes the message now");
  } catch (const zmq::error_t& error) {
    return Failure(TranslateZmqError(error));
  }
}

Result<std::vector<std::string>> ZmqSocket::Receive(std::size_t frame_count, Duration timeout) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + std::min(timeout, kLongestWait);
  try {
    std::vector<std::string> frames = TakeMessage();
    while (frames.size() != frame_count && WaitUntil(deadline)) {
      frames = TakeMessage();
    }
    return frames.size() == frame_count ? std::move(frames) : std::vector<std::string>();
  } catch (const zmq::error_t& error) {
    if (error.num() == EINTR) {
      return std::vector<std::string>();
    }
    return Failure(TranslateZmqError(error));
  }
}

bool ZmqSocket::GiveMessage(const std::vector<std::string_view>& frames) {
  const std::string_view* last = &frames.back();
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
  zmq::pollitem_t item{socket_.handle(), 0, ZMQ_POLLIN, 0};
  zmq::poll(&item, 1, left);
  return true;
}

std::vector<std::string> ZmqSocket::TakeMessage() {
  std::vector<std::string> frames;
  zmq::message_t frame;
  do {
    // Once the first frame is here, so are the others.
    if (!socket_.recv(frame, zmq::recv_flags::dontwait)) {
      break;
    }
    frames.push_back(frame.to_string());
  } while (frame.more());
  return frames;
}

}  // namespace weft
