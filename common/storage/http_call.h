// One HTTP request and its answer, over libcurl.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/result.h"
#include "common/time.h"

namespace weft {

struct HttpRequest {
  std::string method;  // GET, PUT, POST, DELETE.
  std::string url;     // Sent as it is: path and query are encoded by whoever made it.
  std::map<std::string, std::string> headers;
  std::string_view body;  // Of PUT and POST.
};

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  // Names in lower case.
  std::string body;                            // What no sink took; 1 MiB at most.

  // "" where there is no such header.
  [[nodiscard]] std::string Header(const std::string& name) const;
};

// How a call is watched.
struct HttpWatch {
  std::function<bool()> is_stopped;  // Asked about once a second, and more often where bytes pass.
  Duration silence = std::chrono::seconds(30);  // With nothing passing for so long it is given up.
};

// Takes the body of an answer whose headers are given, piece by piece. False: stop.
using HttpSink = std::function<bool(const HttpAnswer& answer, std::string_view piece)>;

// Keeps a connection open from one call to the next. One thread.
class HttpCaller {
 public:
  // kInternal: libcurl cannot be used.
  static Result<std::unique_ptr<HttpCaller>> Open();
  HttpCaller(const HttpCaller&) = delete;
  HttpCaller& operator=(const HttpCaller&) = delete;
  ~HttpCaller();

  // Any answer is one, whatever its status; redirections are not followed.
  // sink: takes the body of answers of 2xx; empty: all bodies are in the answer.
  // kUnavailable: no answer, or a part of one.  kCancelled: it was stopped.  kPermissionDenied: the
  // server's certificate is not one we trust.  kInvalidArgument: no such address can be.
  Result<HttpAnswer> Send(const HttpRequest& request, const HttpWatch& watch, const HttpSink& sink);

 private:
  class Call;
  explicit HttpCaller(void* curl) : curl_(curl) {}

  void* curl_;  // CURL*: its header stays in the source.
};

}  // namespace weft
