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

Status ZmqSocket::SendAll(std::string_view peer, const std::vector<std::string>& messages) {
  for (const std::string& message : messages) {
    if (message.size() > options_.message_bytes_max) {
      return Send({peer, message});  // Which says so.
    }
  }
  try {
    // Whether the peer takes the message shows with the first frame.
    bool sent = GiveFrame(peer, true);
    for (std::size_t i = 0; sent && i < messages.size(); ++i) {
      sent = GiveFrame(messages[i], i + 1 < messages.size());
    }
    return sent ? Status() : Failure(ErrorCode::kUnavailable, "nobody takes the message now");
  } catch (const zmq::error_t& error) {
    return Failure(TranslateZmqError(error));
  }
}

Result<bool> ZmqSocket::ReceiveFrame(Duration timeout) {
  try {
    const SteadyTime deadline = std::chrono::steady_clock::now() + std::min(timeout, kLongestWait);
    bool came = false;
    do {
      came = socket_.recv(frames_[0], zmq::recv_flags::dontwait).has_value();
    } while (!came && WaitUntil(deadline));
    return came;
  } catch (const zmq::error_t& error) {
    if (error.num() == EINTR) {
      return false;
    }
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

std::string ZmqSocket::UserOfLast() const {
  const char* const user = ::zmq_msg_gets(frames_[kFramesMax - 1].handle(), "User-Id");
  return user == nullptr ? "" : user;
}

bool ZmqSocket::GiveMessage(std::initializer_list<std::string_view> frames) {
  const std::string_view* last = std::prev(frames.end());
  for (const std::string_view& frame : frames) {
    if (!GiveFrame(frame, &frame != last)) {
      return false;
    }
  }
  return true;
}

bool ZmqSocket::GiveFrame(std::string_view frame, bool more) {
  const auto flags = more ? zmq::send_flags::sndmore : zmq::send_flags::none;
  return socket_.send(zmq::buffer(frame), flags | zmq::send_flags::dontwait).has_value();
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
