#include "coordinator/http/routes.h"

#include <array>
#include <optional>
#include <string_view>

#include "common/checksum.h"
#include "coordinator/http/endpoints.h"

namespace weft::coordinator {
namespace {

constexpr unsigned kOk = 200;
constexpr unsigned kForbidden = 403;
constexpr unsigned kNotFound = 404;
constexpr unsigned kWrongMethod = 405;
constexpr unsigned kWrongType = 415;
constexpr unsigned kUnavailable = 503;

struct Entry {
  std::string_view method;
  std::string_view path;  // {} stands for one name.
  Route (*route)(const Asked& asked);
};

constexpr std::array<Entry, 20> kEntries = {{
    {"GET", "/healthz", ShowHealth},
    {"GET", "/readyz", ShowReadiness},
    {"GET", "/metrics", ShowMetrics},
    {"GET", "/api/v1/jobs", ListJobs},
    {"POST", "/api/v1/jobs", SubmitJob},
    {"GET", "/api/v1/jobs/{}", ShowJob},
    {"GET", "/api/v1/jobs/{}/tasks", ListTasks},
    {"GET", "/api/v1/jobs/{}/log", ReadLog},
    {"POST", "/api/v1/jobs/{}/pause", PauseJob},
    {"POST", "/api/v1/jobs/{}/resume", ResumeJob},
    {"POST", "/api/v1/jobs/{}/cancel", CancelJob},
    {"POST", "/api/v1/jobs/{}/retry", RetryJob},
    {"POST", "/api/v1/jobs/{}/drop", DropResult},
    {"POST", "/api/v1/jobs/{}/forget", ForgetJob},
    {"PUT", "/api/v1/jobs/{}/priority", PrioritizeJob},
    {"GET", "/api/v1/workers", ListWorkers},
    {"POST", "/api/v1/workers/{}/drain", DrainWorker},
    {"POST", "/api/v1/workers/{}/undrain", UndrainWorker},
    {"GET", "/api/v1/scaling", ShowScaling},
    {"GET", "/api/v1/events", StreamEvents},
}};

// The name that stands for {}, "" where there is none; nothing where the path is another.
std::optional<std::string> Match(std::string_view pattern, const std::string& path) {
  const std::size_t gap = pattern.find("{}");
  if (gap == std::string_view::npos) {
    return path == pattern ? std::optional<std::string>("") : std::nullopt;
  }
  const std::string_view before = pattern.substr(0, gap);
  const std::string_view after = pattern.substr(gap + 2);
  if (path.size() <= before.size() + after.size() || path.compare(0, gap, before) != 0 ||
      path.compare(path.size() - after.size(), after.size(), after) != 0) {
    return std::nullopt;
  }
  const std::string name = path.substr(gap, path.size() - before.size() - after.size());
  return name.find('/') == std::string::npos ? Decoded(name) : std::nullopt;
}

bool HasJson(const HttpRequest& request) {
  return request.body.empty() ||
         request.Header("content-type").compare(0, 16, "application/json") == 0;
}

}  // namespace

Route RouteOf(const HttpRequest& request) {
  const auto target = Parse(request.target);
  if (!target.has_value()) {
    return BadRequest("the target's escapes make no sense");
  }
  std::string allowed;
  for (const Entry& entry : kEntries) {
    const auto name = Match(entry.path, target->path);
    if (!name.has_value()) {
      continue;
    }
    if (entry.method != request.method) {
      allowed += (allowed.empty() ? "" : ", ") + std::string(entry.method);
      continue;
    }
    if (!HasJson(request)) {
      return Problem(kWrongType, "unsupported media type", "the body must be application/json");
    }
    return entry.route({request, *target, *name});
  }
  if (allowed.empty()) {
    return Problem(kNotFound, "not found", "there is nothing at " + target->path);
  }
  HttpReply reply = Problem(kWrongMethod, "method not allowed", "allowed: " + allowed);
  reply.headers["Allow"] = allowed;
  return reply;
}

HttpReply Unanswered() {
  return Problem(kUnavailable, "unavailable", "the farm does not answer; try again");
}

HttpReply Tagged(const HttpRequest& request, HttpReply reply) {
  if (request.method != "GET" || reply.status != kOk) {
    return reply;
  }
  const std::string tag = "\"" + std::to_string(Xxh3(reply.body)) + "\"";
  reply.headers["ETag"] = tag;
  if (request.Header("if-none-match") == tag) {
    constexpr unsigned kNotModified = 304;
    reply.status = kNotModified;
    reply.body.clear();
  }
  return reply;
}

}  // namespace weft::coordinator
