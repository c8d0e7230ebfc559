#include "common/transport/curve_door.h"

#include <array>
#include <chrono>
#include <system_error>
#include <vector>

#include "common/transport/zmq_socket.h"

namespace weft {
namespace {

constexpr const char* kEndpoint = "inproc://zeromq.zap.01";
constexpr const char* kDomain = "weft";
constexpr int kEnforceZapDomain =
    93;  // ZMQ_ZAP_ENFORCE_DOMAIN, which zmq.h counts among its drafts.
constexpr std::size_t kKeyBytes = 32;
// Version, request, domain, address, identity, mechanism, public key.
constexpr std::size_t kRequestFrames = 7;
constexpr std::size_t kRequestIdFrame = 1;
constexpr std::size_t kKeyFrame = 6;
constexpr std::chrono::milliseconds kStopLatency(100);
constexpr int kAnswersMax = 128;  // Of one socket, before another takes its place.
// Far longer than between when a connection finds the socket and when it has asked. One that took
// longer would begin anew when its handshake has taken too long.
constexpr std::chrono::milliseconds kQuiet(300);

std::filesystem::file_time_type TimeOf(const std::string& path) {
  std::error_code failure;
  return std::filesystem::last_write_time(path, failure);
}

// Throws zmq::error_t.
zmq::socket_t MakeSocket(zmq::context_t& context) {
  zmq::socket_t socket(context, zmq::socket_type::rep);
  socket.set(zmq::sockopt::linger, 0);
  return socket;
}

}  // namespace

Result<std::unique_ptr<CurveDoor>> CurveDoor::Open(zmq::context_t& context,
                                                   const std::string& guests_path) {
  WEFT_ASSIGN_OR_RETURN(GuestList guests, ReadGuestList(guests_path));
  try {
    zmq::socket_t socket = MakeSocket(context);
    socket.bind(kEndpoint);
    return std::unique_ptr<CurveDoor>(
        new CurveDoor(context, std::move(socket), guests_path, std::move(guests)));
  } catch (const zmq::error_t& error) {
    return Failure(TranslateZmqError(error).Within("the door for CURVE"));
  }
}

void CurveDoor::Guard(zmq::socket_t& socket) {
  socket.set(zmq::sockopt::curve_server, true);
  socket.set(zmq::sockopt::zap_domain, kDomain);
  constexpr int kEnforce = 1;  // Otherwise everybody is let in where nobody answers.
  if (::zmq_setsockopt(socket.handle(), kEnforceZapDomain, &kEnforce, sizeof(kEnforce)) != 0) {
    throw zmq::error_t();
  }
}

CurveDoor::CurveDoor(zmq::context_t& context,
                     zmq::socket_t socket,
                     std::string path,
                     GuestList guests)
    : context_(context),
      socket_(std::move(socket)),
      path_(std::move(path)),
      guests_(std::move(guests)),
      read_at_(TimeOf(path_)),
      thread_([this] { Answer(); }) {}

CurveDoor::~CurveDoor() {
  stop_ = true;
  thread_.join();
}

void CurveDoor::Answer() {
  while (!stop_) {
    try {
      AnswerNext();
      if (answered_ >= kAnswersMax && !leaving_) {
        HandOn();
      }
    } catch (const zmq::error_t& error) {
      if (error.num() == ETERM) {
        return;
      }
    }
  }
}

void CurveDoor::AnswerNext() {
  std::array<zmq::pollitem_t, 2> items = {{{socket_.handle(), 0, ZMQ_POLLIN, 0}, {}}};
  const std::size_t count = leaving_ ? 2 : 1;
  if (leaving_) {
    items[1] = {leaving_->socket.handle(), 0, ZMQ_POLLIN, 0};
  }
  zmq::poll(items.data(), count, kStopLatency);
  const auto now = std::chrono::steady_clock::now();
  if ((items[0].revents & ZMQ_POLLIN) != 0) {
    AnswerOne(socket_);
    ++answered_;
  }
  if ((items[1].revents & ZMQ_POLLIN) != 0) {
    AnswerOne(leaving_->socket);
    leaving_->asked_at = now;
  } else if (leaving_ && now - leaving_->asked_at >= kQuiet) {
    leaving_.reset();
  }
}

void CurveDoor::HandOn() {
  zmq::socket_t next = MakeSocket(context_);
  if (has_name_) {
    socket_.unbind(kEndpoint);
    has_name_ = false;
  }
  next.bind(kEndpoint);
  has_name_ = true;
  leaving_ = Leaving{std::move(socket_), std::chrono::steady_clock::now()};
  socket_ = std::move(next);
  answered_ = 0;
}

void CurveDoor::AnswerOne(zmq::socket_t& socket) {
  std::vector<zmq::message_t> request;
  do {
    request.emplace_back();
    static_cast<void>(socket.recv(request.back()));
  } while (request.back().more());
  const bool asks_for_key =
      request.size() == kRequestFrames && request[kKeyFrame].size() == kKeyBytes;
  const std::string name = asks_for_key ? NameOf(request[kKeyFrame]) : "";
  const std::string id =
      request.size() > kRequestIdFrame ? request[kRequestIdFrame].to_string() : "";
  // With 300, "try later", a peer would wait for ever (libzmq 4.3.4): only yes and no.
  const std::array<std::string, 6> answer = {
      "1.0", id, name.empty() ? "400" : "200", name.empty() ? "unknown key" : "OK", name, ""};
  for (std::size_t i = 0; i < answer.size(); ++i) {
    const bool last = i + 1 == answer.size();
    socket.send(zmq::buffer(answer.at(i)), last ? zmq::send_flags::none : zmq::send_flags::sndmore);
  }
}

std::string CurveDoor::NameOf(const zmq::message_t& public_key) {
  ReadAgainIfChanged();
  std::array<char, kKeyBytes * 5 / 4 + 1> letters{};
  ::zmq_z85_encode(letters.data(), static_cast<const std::uint8_t*>(public_key.data()), kKeyBytes);
  const auto guest = guests_.find(letters.data());
  return guest == guests_.end() ? "" : ToText(guest->second);
}

void CurveDoor::ReadAgainIfChanged() {
  const auto changed = TimeOf(path_);
  if (changed == read_at_) {
    return;
  }
  read_at_ = changed;
  guests_ = ReadGuestList(path_).value_or(GuestList());
}

}  // namespace weft
