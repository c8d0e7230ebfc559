#include "common/transport/zmq_transport.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.hpp>

#include "common/transport/curve_door.h"
#include "common/transport/guest_list.h"
#include "common/transport/zmq_socket.h"

namespace weft {
namespace {

constexpr std::string_view kTcpScheme = "tcp://";
constexpr std::string_view kIpcScheme = "ipc://";
constexpr std::size_t kSocketPathMax = sizeof(sockaddr_un::sun_path) - 1;

// A whole farm may come back within the same second.
constexpr int kBacklog = 4096;
// Of a context's I/O threads, as bits.
constexpr std::uint64_t kAnyThread = 0;
constexpr std::uint64_t kFirstThread = 1;
constexpr Duration kHandshakeMax = std::chrono::seconds(10);

constexpr int kZeroCopyReceive = 10;  // ZMQ_ZERO_COPY_RECV, which zmq.h counts among its drafts.

int Milliseconds(Duration span) {
  return static_cast<int>(span.count());
}

std::optional<std::string> SocketPath(const std::string& address) {
  if (address.rfind(kIpcScheme, 0) != 0) {
    return std::nullopt;
  }
  return address.substr(kIpcScheme.size());
}

bool IsTcp(const std::string& address) {
  return address.rfind(kTcpScheme, 0) == 0;
}

// Whether a TCP address ends in a port or in "*" for any.
bool HasPort(const std::string& address) {
  const std::string port = address.substr(address.rfind(':') + 1);
  const bool digits = !port.empty() && port.find_first_not_of("0123456789") == std::string::npos;
  return port == "*" || (digits && port.size() <= 5 && std::stoi(port) <= 65535);
}

// What ZeroMQ would take for another port, or answer with a mere "invalid argument".
Status CheckAddress(const std::string& address) {
  if (IsTcp(address) && !HasPort(address)) {
    return Failure(ErrorCode::kInvalidArgument, address + ": the port is not one of 0 to 65535");
  }
  const std::optional<std::string> path = SocketPath(address);
  if (path && path->size() > kSocketPathMax) {
    return Failure(ErrorCode::kInvalidArgument,
                   address + ": the socket's path has " + std::to_string(path->size()) +
                       " bytes; the system allows " + std::to_string(kSocketPathMax) +
                       ". Choose a shorter state folder.");
  }
  return {};
}

// ZeroMQ would unlink a living listener's socket and take its place.
bool IsListenedTo(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, kSocketPathMax);
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) {
    return false;
  }
  const bool answered =
      ::connect(probe, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0;
  ::close(probe);
  return answered;
}

// Whether nobody but this machine can be at the other end.
bool IsLoopback(const std::string& address) {
  const std::string host = address.substr(kTcpScheme.size());
  return host.rfind("127.", 0) == 0 || host.rfind("localhost:", 0) == 0 ||
         host.rfind("[::1]:", 0) == 0;
}

Status CheckPrivacy(const std::string& address, const ZmqOptions& options) {
  if (!IsTcp(address) || options.curve.has_value() || options.plain_tcp || IsLoopback(address)) {
    return {};
  }
  return Failure(ErrorCode::kFailedPrecondition,
                 address +
                     ": other machines could listen in and join in; give keys, or say that "
                     "plain TCP is meant (--plain-tcp)");
}

// Throws zmq::error_t.
Status UseCurve(zmq::socket_t& socket, const CurveOptions& curve) {
  const bool listens = socket.get(zmq::sockopt::socket_type) == zmq::socket_type::router;
  if (listens && curve.guests.empty()) {
    return Failure(ErrorCode::kFailedPrecondition, "no list says who may connect");
  }
  if (!listens && curve.server.empty()) {
    return Failure(ErrorCode::kFailedPrecondition, "the listener's public key is not known");
  }
  // What CURVE adds to a message counts as its own length.
  constexpr std::int64_t kCurveBytes = 64;
  const auto plain_max = socket.get(zmq::sockopt::maxmsgsize);
  socket.set(zmq::sockopt::maxmsgsize, plain_max + kCurveBytes);
  socket.set(zmq::sockopt::curve_publickey, curve.keys.public_half);
  socket.set(zmq::sockopt::curve_secretkey, curve.keys.secret_half);
  if (listens) {
    CurveDoor::Guard(socket);
  } else {
    socket.set(zmq::sockopt::curve_serverkey, curve.server);
  }
  return {};
}

zmq::socket_t MakeSocket(zmq::context_t& context,
                         zmq::socket_type type,
                         const ZmqOptions& options,
                         const SocketOptions& bounds) {
  namespace opt = zmq::sockopt;
  zmq::socket_t socket(context, type);
  socket.set(opt::linger, Milliseconds(options.linger));
  socket.set(opt::sndhwm, bounds.queue_messages_max);
  socket.set(opt::rcvhwm, bounds.queue_messages_max);
  socket.set(opt::maxmsgsize, static_cast<std::int64_t>(bounds.message_bytes_max));
  socket.set(opt::backlog, kBacklog);
  socket.set(opt::affinity, bounds.on_one_thread ? kFirstThread : kAnyThread);
  socket.set(opt::handshake_ivl, Milliseconds(kHandshakeMax));
  const bool listens = type == zmq::socket_type::router;
  socket.set(opt::heartbeat_ivl, Milliseconds(listens ? options.listener_heartbeat_interval
                                                      : options.heartbeat_interval));
  socket.set(opt::heartbeat_timeout, Milliseconds(options.heartbeat_timeout));
  if (listens) {
    // Otherwise messages to a peer that is gone or full vanish without a word.
    socket.set(opt::router_mandatory, true);
  } else {
    // Otherwise a peer that comes back is greeted by everything said while it was away.
    socket.set(opt::immediate, true);
    socket.set(opt::reconnect_ivl, Milliseconds(options.reconnect_first));
    socket.set(opt::reconnect_ivl_max, Milliseconds(options.reconnect_max));
  }
  return socket;
}

class ZmqListener : public BoundListener {
 public:
  // knows_guests: they have shown who they are.
  ZmqListener(ZmqSocket socket,
              std::string address,
              std::unique_ptr<Wakeup> wakeup,
              bool knows_guests)
      : wakeup_(std::move(wakeup)),
        socket_(std::move(socket)),
        address_(std::move(address)),
        knows_guests_(knows_guests) {
    socket_.WatchFor(*wakeup_);
  }

  [[nodiscard]] const std::string& address() const override { return address_; }

  Status SendAll(const PeerId& to, const std::vector<std::string>& messages) override {
    return messages.empty() ? Status() : socket_.SendAll(to.value, messages);
  }

  void Interrupt() override { wakeup_->Raise(); }

  [[nodiscard]] Guest Sender() const override {
    return knows_guests_ ? GuestOf(socket_.UserOfLast()).value_or(Guest()) : Guest();
  }

  Status Send(const PeerId& to, std::string_view bytes) override {
    return socket_.Send({to.value, bytes});
  }

  Result<std::optional<Received>> Receive(Duration timeout) override {
    WEFT_ASSIGN_OR_RETURN(const bool came, socket_.Receive(2, timeout));
    if (!came) {
      return std::nullopt;
    }
    return Received{.from = {std::string(socket_.Frame(0))},
                    .bytes = std::string(socket_.Frame(1))};
  }

 private:
  std::unique_ptr<Wakeup> wakeup_;
  ZmqSocket socket_;
  std::string address_;
  const bool knows_guests_;
};

// ZeroMQ reconnects after a break, but for good gives up a connection on which it met bytes that
// make no sense to it. Only Send() shows that: nobody ever takes anything again. So the connection
// is made anew when nobody did for longer than any way back takes.
class ZmqConnection : public Connection {
 public:
  using Opening = std::function<Result<ZmqSocket>()>;

  ZmqConnection(ZmqSocket socket, Opening open, Duration patience)
      : socket_(std::move(socket)), open_(std::move(open)), patience_(patience) {}

  Status Send(std::string_view bytes) override {
    Status sent = socket_.Send({bytes});
    if (sent || sent.error().code() != ErrorCode::kUnavailable) {
      refused_since_.reset();
      return sent;
    }
    const auto now = std::chrono::steady_clock::now();
    refused_since_ = refused_since_.value_or(now);
    if (now - *refused_since_ >= patience_) {
      WEFT_ASSIGN_OR_RETURN(socket_, open_());
      refused_since_.reset();
    }
    return sent;
  }

  Result<std::optional<std::string>> Receive(Duration timeout) override {
    WEFT_ASSIGN_OR_RETURN(const bool came, socket_.ReceiveFrame(timeout));
    if (!came) {
      return std::nullopt;
    }
    return std::string(socket_.Frame(0));
  }

 private:
  ZmqSocket socket_;
  const Opening open_;
  const Duration patience_;
  std::optional<std::chrono::steady_clock::time_point> refused_since_;
};

Result<ZmqSocket> OpenDealer(zmq::context_t& context,
                             const std::string& address,
                             const ZmqOptions& options,
                             const SocketOptions& bounds) {
  try {
    zmq::socket_t socket = MakeSocket(context, zmq::socket_type::dealer, options, bounds);
    if (IsTcp(address) && options.curve.has_value()) {
      WEFT_RETURN_IF_ERROR(UseCurve(socket, *options.curve));
    }
    socket.connect(address);
    return ZmqSocket(std::move(socket), bounds);
  } catch (const zmq::error_t& error) {
    return Failure(TranslateZmqError(error).Within("connecting to " + address));
  }
}

}  // namespace

Result<std::unique_ptr<ZmqContext>> ZmqContext::Open(const ZmqOptions& options) {
  try {
    auto context = std::make_unique<zmq::context_t>(options.io_threads);
    // Otherwise a message of a few bytes that waits keeps the whole buffer of its connection.
    ::zmq_ctx_set(context->handle(), kZeroCopyReceive, 0);
    // The threads start with the first socket; a probe finds out now whether they can.
    zmq::socket_t(*context, zmq::socket_type::dealer).close();
    std::unique_ptr<CurveDoor> door;
    if (options.curve.has_value() && !options.curve->guests.empty()) {
      WEFT_ASSIGN_OR_RETURN(door, CurveDoor::Open(*context, options.curve->guests));
    }
    return std::unique_ptr<ZmqContext>(
        new ZmqContext(options, std::move(context), std::move(door)));
  } catch (const zmq::error_t& error) {
    return Failure(TranslateZmqError(error).Within("starting ZeroMQ"));
  }
}

ZmqContext::ZmqContext(ZmqOptions options,
                       std::unique_ptr<zmq::context_t> context,
                       std::unique_ptr<CurveDoor> door)
    : options_(std::move(options)), context_(std::move(context)), door_(std::move(door)) {}

ZmqContext::~ZmqContext() = default;

Result<std::unique_ptr<BoundListener>> ZmqContext::Listen(const std::string& address,
                                                          const SocketOptions& options) {
  WEFT_RETURN_IF_ERROR(CheckAddress(address));
  WEFT_RETURN_IF_ERROR(CheckPrivacy(address, options_));
  const std::optional<std::string> path = SocketPath(address);
  if (path && IsListenedTo(*path)) {
    return Failure(ErrorCode::kAlreadyExists, address + ": somebody listens there already");
  }
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<Wakeup> wakeup, Wakeup::Open());
  try {
    zmq::socket_t socket = MakeSocket(*context_, zmq::socket_type::router, options_, options);
    const bool knows_guests = IsTcp(address) && options_.curve.has_value();
    if (knows_guests) {
      WEFT_RETURN_IF_ERROR(UseCurve(socket, *options_.curve));
    }
    socket.bind(address);
    std::string bound = socket.get(zmq::sockopt::last_endpoint);
    return std::make_unique<ZmqListener>(ZmqSocket(std::move(socket), options), std::move(bound),
                                         std::move(wakeup), knows_guests);
  } catch (const zmq::error_t& error) {
    return Failure(TranslateZmqError(error).Within("listening on " + address));
  }
}

Result<std::unique_ptr<Connection>> ZmqContext::Connect(const std::string& address,
                                                        const SocketOptions& options) {
  WEFT_RETURN_IF_ERROR(CheckAddress(address));
  WEFT_RETURN_IF_ERROR(CheckPrivacy(address, options_));
  // The context outlives its sockets.
  auto open = [this, address, options] {
    return OpenDealer(*context_, address, options_, options);
  };
  WEFT_ASSIGN_OR_RETURN(ZmqSocket socket, open());
  return std::make_unique<ZmqConnection>(std::move(socket), std::move(open),
                                         options_.reconnect_max + options_.heartbeat_timeout);
}

}  // namespace weft
