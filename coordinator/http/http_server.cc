#include "coordinator/http/http_server.h"

#include <cctype>
#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "coordinator/http/event_text.h"
#include "coordinator/http/routes.h"

namespace weft::coordinator {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;
using Code = boost::system::error_code;

HttpRequest ToRequest(const http::request<http::string_body>& from) {
  HttpRequest request{
      std::string(from.method_string()), std::string(from.target()), {}, from.body()};
  for (const auto& field : from) {
    std::string name(field.name_string());
    for (char& letter : name) {
      letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    }
    request.headers[name] = std::string(field.value());
  }
  return request;
}

// "127.0.0.1:7780", "[::1]:7780".
std::optional<Tcp::endpoint> ParseAddress(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) {
    return std::nullopt;
  }
  std::string host = address.substr(0, colon);
  const std::string port = address.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  constexpr std::size_t kDigitsMax = 5;
  constexpr std::uint64_t kPortMax = 65'535;
  if (port.empty() || port.size() > kDigitsMax ||
      port.find_first_not_of("0123456789") != std::string::npos || std::stoul(port) > kPortMax) {
    return std::nullopt;
  }
  Code error;
  const auto ip = asio::ip::make_address(host, error);
  return error ? std::nullopt
               : std::optional(Tcp::endpoint(ip, static_cast<std::uint16_t>(std::stoul(port))));
}

}  // namespace

// What all connections share. Everything but Ask happens on the one thread that runs `loop`.
class HttpServer::Door : public std::enable_shared_from_this<Door> {
 public:
  Door(Ask ask, const HttpLimits& limits, std::optional<HttpTokens> tokens)
      : ask_(std::move(ask)), limits_(limits), tokens_(std::move(tokens)) {}

  Status Listen(const std::string& address);
  void Run();
  void Stop();
  // Ends everything that still waits to happen. REQUIRES: Run() has returned.
  void Discard();

  [[nodiscard]] std::uint16_t Port() const { return port_; }
  [[nodiscard]] const HttpLimits& limits() const { return limits_; }
  [[nodiscard]] asio::io_context& loop() { return *loop_; }

  // `answered` is called once, with nothing when the farm does not answer in time.
  void AskFarm(const Guest& guest,
               const v1::ToCoordinator& question,
               std::function<void(const v1::FromCoordinator* answer)> answered);
  // Null where none are asked for.
  [[nodiscard]] const HttpTokens* tokens() const { return tokens_ ? &*tokens_ : nullptr; }

 private:
  class Session;

  void Accept();
  void AcceptLater();
  void Left() { --sessions_; }

  const Ask ask_;
  const HttpLimits limits_;
  const std::optional<HttpTokens> tokens_;
  // Shared with answers on their way. What waits in it holds sessions, and those hold the door.
  std::shared_ptr<asio::io_context> loop_ = std::make_shared<asio::io_context>(1);
  std::optional<Tcp::acceptor> acceptor_;
  std::optional<asio::steady_timer> accept_pause_{*loop_};
  std::uint16_t port_ = 0;
  std::size_t sessions_ = 0;
};

// One connection: a request after the other, or a stream of events to its end. It lives as long as
// something is to happen on it.
class HttpServer::Door::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Tcp::socket socket, std::shared_ptr<Door> door)
      : stream_(std::move(socket)), timer_(door->loop()), door_(std::move(door)) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { door_->Left(); }

  void Read() {
    parser_.emplace();
    parser_->body_limit(door_->limits().body_bytes_max);
    parser_->header_limit(door_->limits().header_bytes_max);
    stream_.expires_after(door_->limits().patience);
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](Code error, std::size_t /*bytes*/) { self->OnRead(error); });
  }

 private:
  void OnRead(const Code& error) {
    if (error == http::error::body_limit) {
      return Write(Problem(kTooLarge, "payload too large", "the body may have 1 MiB"), false);
    }
    if (error == http::error::header_limit || error == http::error::bad_target) {
      return Write(Problem(kHeaderTooLarge, "header too large", "the header may have 16 KiB"),
                   false);
    }
    if (error) {
      return Close();  // The peer left, was too slow, or does not speak HTTP.
    }
    request_ = ToRequest(parser_->get());
    keep_alive_ = parser_->get().keep_alive();
    auto admitted = Admit(request_, door_->tokens());
    if (auto* refused = std::get_if<HttpReply>(&admitted)) {
      return Write(std::move(*refused), keep_alive_);
    }
    guest_ = std::get<Guest>(std::move(admitted));
    Route route = RouteOf(request_);
    if (auto* reply = std::get_if<HttpReply>(&route)) {
      return Write(*std::move(reply), keep_alive_);
    }
    if (const auto* events = std::get_if<EventStream>(&route)) {
      return BeginEvents(*events);
    }
    auto question = std::get<Question>(std::move(route));
    stream_.expires_never();
    door_->AskFarm(guest_, question.message,
                   [self = shared_from_this(),
                    reply = std::move(question.reply)](const v1::FromCoordinator* answer) {
                     self->Write(
                         answer == nullptr ? Unanswered() : Tagged(self->request_, reply(*answer)),
                         self->keep_alive_);
                   });
  }

  void Write(HttpReply reply, bool keep_alive) {
    response_ = {};
    response_.version(kHttp11);
    response_.result(reply.status);
    response_.set(http::field::content_type, reply.content_type);
    response_.set(http::field::cache_control, "no-cache");
    response_.set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : reply.headers) {
      response_.set(name, value);
    }
    response_.keep_alive(keep_alive);
    response_.body() = std::move(reply.body);
    response_.prepare_payload();
    stream_.expires_after(door_->limits().patience);
    http::async_write(stream_, response_,
                      [self = shared_from_this(), keep_alive](Code error, std::size_t /*bytes*/) {
                        if (error || !keep_alive) {
                          return self->Close();
                        }
                        self->Read();
                      });
  }

  void BeginEvents(const EventStream& events) {
    read_.set_offset(events.offset);
    read_.set_from_end(events.from_end);
    text_ =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
        "Connection: close\r\nX-Content-Type-Options: nosniff\r\n\r\n";
    WriteEvents();
  }

  void WriteEvents() {
    stream_.expires_after(door_->limits().patience);
    asio::async_write(stream_, asio::buffer(text_),
                      [self = shared_from_this()](Code error, std::size_t /*bytes*/) {
                        if (error) {
                          return self->Close();
                        }
                        self->LookForEvents();
                      });
  }

  void LookForEvents() {
    stream_.expires_never();
    v1::ToCoordinator question;
    *question.mutable_read_log() = read_;
    door_->AskFarm(guest_, question,
                   [self = shared_from_this()](const v1::FromCoordinator* answer) {
                     if (answer == nullptr || !answer->has_log_page()) {
                       return self->Close();  // The client comes back with the last id it has.
                     }
                     const v1::LogPage& page = answer->log_page();
                     self->read_.set_offset(page.next());
                     self->read_.set_from_end(false);
                     self->text_ = EventText(page);
                     if (!self->text_.empty()) {
                       self->idle_looks_ = 0;
                       return self->WriteEvents();
                     }
                     self->Pause();
                   });
  }

  // A comment now and then, to notice that the peer has left.
  void Pause() {
    constexpr int kLooksUntilWord = 20;
    timer_.expires_after(door_->limits().event_pause);
    timer_.async_wait([self = shared_from_this()](Code error) {
      if (error) {
        return self->Close();
      }
      if (++self->idle_looks_ < kLooksUntilWord) {
        return self->LookForEvents();
      }
      self->idle_looks_ = 0;
      self->text_ = ": still here\n\n";
      self->WriteEvents();
    });
  }

  void Close() {
    Code ignored;
    stream_.socket().shutdown(Tcp::socket::shutdown_both, ignored);
    stream_.close();
  }

  static constexpr unsigned kHttp11 = 11;
  static constexpr unsigned kTooLarge = 413;
  static constexpr unsigned kHeaderTooLarge = 431;

  beast::tcp_stream stream_;
  asio::steady_timer timer_;
  std::shared_ptr<Door> door_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  HttpRequest request_;
  Guest guest_;  // Who sent it.
  bool keep_alive_ = false;
  v1::ReadLog read_;  // Where a stream of events goes on.
  std::string text_;  // Of it, on its way.
  int idle_looks_ = 0;
};

Status HttpServer::Door::Listen(const std::string& address) {
  const auto endpoint = ParseAddress(address);
  if (!endpoint.has_value()) {
    return Failure(ErrorCode::kInvalidArgument,
                   "\"" + address + "\" is no address for HTTP such as 127.0.0.1:7780");
  }
  Code error;
  acceptor_.emplace(*loop_);
  acceptor_->open(endpoint->protocol(), error);
  if (!error) {
    acceptor_->set_option(Tcp::acceptor::reuse_address(true), error);
  }
  if (!error) {
    acceptor_->bind(*endpoint, error);
  }
  if (!error) {
    acceptor_->listen(asio::socket_base::max_listen_connections, error);
  }
  if (error) {
    return Failure(error == asio::error::address_in_use ? ErrorCode::kAlreadyExists
                                                        : ErrorCode::kPermissionDenied,
                   "cannot listen on " + address + " for HTTP: " + error.message());
  }
  port_ = acceptor_->local_endpoint().port();
  return {};
}

void HttpServer::Door::Run() {
  Accept();
  loop_->run();
}

void HttpServer::Door::Stop() {
  loop_->stop();
}

void HttpServer::Door::Discard() {
  acceptor_.reset();
  accept_pause_.reset();
  loop_.reset();
}

void HttpServer::Door::Accept() {
  acceptor_->async_accept([this](Code error, Tcp::socket socket) {
    if (error == asio::error::operation_aborted) {
      return;
    }
    if (error && error != asio::error::connection_aborted) {
      return AcceptLater();  // Descriptors have run out, or memory: who waits goes on waiting.
    }
    if (!error && sessions_ < limits_.connections_max) {
      ++sessions_;
      std::make_shared<Session>(std::move(socket), shared_from_this())->Read();
    }
    Accept();  // A socket that is not taken closes.
  });
}

void HttpServer::Door::AcceptLater() {
  constexpr auto kPause = std::chrono::milliseconds(100);
  accept_pause_->expires_after(kPause);
  accept_pause_->async_wait([this](Code error) {
    if (!error) {
      Accept();
    }
  });
}

void HttpServer::Door::AskFarm(const Guest& guest,
                               const v1::ToCoordinator& question,
                               std::function<void(const v1::FromCoordinator* answer)> answered) {
  struct Wait {
    asio::steady_timer timer;
    std::function<void(const v1::FromCoordinator* answer)> answered;
  };
  const auto wait = std::make_shared<Wait>(Wait{asio::steady_timer(*loop_), std::move(answered)});
  wait->timer.expires_after(limits_.answer_patience);
  wait->timer.async_wait([wait](Code error) {
    if (!error && wait->answered) {
      std::exchange(wait->answered, nullptr)(nullptr);
    }
  });
  // The answer may come when all this is gone: it owns nothing of it.
  const std::weak_ptr<asio::io_context> loop = loop_;
  const std::weak_ptr<Wait> waiting = wait;
  ask_(guest, question, [loop, waiting](const v1::FromCoordinator& answer) {
    const std::shared_ptr<asio::io_context> running = loop.lock();
    if (running == nullptr) {
      return;
    }
    asio::post(*running, [waiting, answer] {
      const std::shared_ptr<Wait> waits = waiting.lock();
      if (waits != nullptr && waits->answered) {
        waits->timer.cancel();
        std::exchange(waits->answered, nullptr)(&answer);
      }
    });
  });
}

Result<std::unique_ptr<HttpServer>> HttpServer::Open(const std::string& address,
                                                     Ask ask,
                                                     const HttpLimits& limits,
                                                     std::optional<HttpTokens> tokens) {
  auto door = std::make_shared<Door>(std::move(ask), limits, std::move(tokens));
  WEFT_RETURN_IF_ERROR(door->Listen(address));
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(door)));
}

HttpServer::HttpServer(std::shared_ptr<Door> door)
    : door_(std::move(door)), thread_([this] { door_->Run(); }) {}

HttpServer::~HttpServer() {
  door_->Stop();
  thread_.join();
  door_->Discard();
}

std::uint16_t HttpServer::Port() const {
  return door_->Port();
}

}  // namespace weft::coordinator
