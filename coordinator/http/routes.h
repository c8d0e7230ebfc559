// What a request asks of the farm, and what its answer is in HTTP: the whole of /api/v1 as
// openapi.yaml has it, /metrics, /healthz and /readyz. Pure: no sockets, no threads.

#pragma once

#include <functional>
#include <variant>

#include "coordinator/http/message.h"
#include "weft/v1/envelope.pb.h"

namespace weft::coordinator {

// To be asked of the farm; `reply` makes the reply of its answer.
struct Question {
  v1::ToCoordinator message;
  std::function<HttpReply(const v1::FromCoordinator& answer)> reply;
};

// The reply is a stream of the farm's events, from this offset of its log on.
struct EventStream {
  std::uint64_t offset = 0;
  bool from_end = false;  // From now on; `offset` does not count.
};

using Route = std::variant<HttpReply, Question, EventStream>;

// Errors are replies too, see Problem(): 400, 403, 404, 405, 415, 422.
Route RouteOf(const HttpRequest& request);

// What is sent where the farm does not answer in time.
HttpReply Unanswered();

// Adds an ETag to a reply that may be kept, and makes it 304 where the request has that already.
HttpReply Tagged(const HttpRequest& request, HttpReply reply);

}  // namespace weft::coordinator
