// Serves routes.h over HTTP/1.1, with one thread for all connections.
//
// Where no tokens are asked for, whoever reaches the address may command the farm. So the address
// is the loopback's unless somebody says otherwise.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "common/guest.h"
#include "common/result.h"
#include "common/time.h"
#include "coordinator/http/http_tokens.h"
#include "weft/v1/envelope.pb.h"

namespace weft::coordinator {

struct HttpLimits {
  std::uint64_t body_bytes_max = 1 << 20;
  std::uint32_t header_bytes_max = 16 << 10;
  std::size_t connections_max = 1000;  // More are closed at once.
  Duration patience{30'000};           // A peer that neither sends nor takes for so long is closed.
  Duration answer_patience{5'000};     // Then the farm is said not to answer.
  Duration event_pause{500};           // How often the farm's log is looked at for a stream.
};

class HttpServer {
 public:
  // Asks the farm and hands its answer over, once, on any thread; or never.
  using Ask = std::function<void(const Guest& guest,
                                 v1::ToCoordinator question,
                                 std::function<void(const v1::FromCoordinator& answer)> answered)>;

  // tokens: of those who may come; nothing: everybody may do everything.
  // address: "127.0.0.1:7780", "[::1]:7780"; port 0: any that is free.
  // kInvalidArgument: no such address.  kAlreadyExists: somebody listens there.
  // kPermissionDenied: it may not be listened on.
  static Result<std::unique_ptr<HttpServer>> Open(const std::string& address,
                                                  Ask ask,
                                                  const HttpLimits& limits = {},
                                                  std::optional<HttpTokens> tokens = {});
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  // Closes all connections. Answers that come later go nowhere.
  ~HttpServer();

  // Where it listens.
  [[nodiscard]] std::uint16_t Port() const;

 private:
  class Door;

  explicit HttpServer(std::shared_ptr<Door> door);

  std::shared_ptr<Door> door_;  // Shared with its connections.
  std::thread thread_;
};

}  // namespace weft::coordinator
