#include "coordinator/http/endpoints.h"

#include <algorithm>
#include <utility>

#include "common/error.h"
#include "common/wire/error_wire.h"

namespace weft::coordinator {
namespace {

constexpr unsigned kBadRequest = 400;
constexpr unsigned kForbidden = 403;
constexpr unsigned kNotFound = 404;
constexpr unsigned kConflict = 409;
constexpr unsigned kCannotServe = 422;
constexpr unsigned kInternal = 500;
constexpr unsigned kUnavailable = 503;
constexpr unsigned kNoSpace = 507;

unsigned StatusOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotFound:
      return kNotFound;
    case ErrorCode::kPermissionDenied:
      return kForbidden;
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kFailedPrecondition:
      return kConflict;
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kUnsupported:
    case ErrorCode::kResourceExhausted:
      return kCannotServe;
    case ErrorCode::kNoSpace:
      return kNoSpace;
    case ErrorCode::kUnavailable:
      return kUnavailable;
    default:
      return kInternal;
  }
}

HttpReply Refused(const v1::RequestRefused& refused) {
  const Error error = FromWire(refused.error());
  return Problem(StatusOf(error.code()), std::string(Name(error.code())), error.message());
}

}  // namespace

Question Ask(v1::ToCoordinator message,
             std::function<HttpReply(const v1::FromCoordinator&)> reply) {
  return {std::move(message), [reply = std::move(reply)](const v1::FromCoordinator& answer) {
            return answer.has_request_refused() ? Refused(answer.request_refused()) : reply(answer);
          }};
}

nlohmann::ordered_json BodyOf(const Asked& asked) {
  using Json = nlohmann::ordered_json;
  constexpr int kDepthMax = 64;
  bool is_deep = false;
  const auto look = [&is_deep](int depth, Json::parse_event_t /*event*/, Json& /*value*/) {
    is_deep = is_deep || depth > kDepthMax;
    return !is_deep;
  };
  Json body = Json::parse(asked.request.body, look, /*allow_exceptions=*/false);
  return is_deep ? Json(Json::value_t::discarded) : body;
}

Route BadRequest(const std::string& detail) {
  return Problem(kBadRequest, "bad request", detail);
}

std::string Query(const Asked& asked, const std::string& name) {
  const auto value = asked.target.query.find(name);
  return value == asked.target.query.end() ? "" : value->second;
}

std::optional<std::uint64_t> Number(const Asked& asked, const std::string& name) {
  const std::string text = Query(asked, name);
  constexpr std::size_t kDigitsMax = 18;
  if (text.size() > kDigitsMax || text.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  return text.empty() ? 0 : std::stoull(text);
}

nlohmann::ordered_json Page(const char* name,
                            nlohmann::ordered_json items,
                            const std::string& cursor) {
  nlohmann::ordered_json page = {{name, std::move(items)}};
  if (!cursor.empty()) {
    page["next_cursor"] = cursor;
  }
  return page;
}

std::string CursorOf(std::uint64_t next) {
  return next == 0 ? "" : std::to_string(next);
}

std::uint32_t Small(std::uint64_t number) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(number, UINT32_MAX));
}

}  // namespace weft::coordinator
