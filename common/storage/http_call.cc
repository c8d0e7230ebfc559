#include "common/storage/http_call.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstddef>
#include <utility>

#include <curl/curl.h>

namespace weft {
namespace {

using Long = long;  // NOLINT(google-runtime-int): what libcurl takes and gives.

constexpr Long kConnectSeconds = 10;
constexpr Long kSuccess = 2;
constexpr Long kHundred = 100;
constexpr std::size_t kBodyMax = 1 << 20;

struct FreeHeaders {
  void operator()(curl_slist* headers) const { curl_slist_free_all(headers); }
};
using Headers = std::unique_ptr<curl_slist, FreeHeaders>;

void Add(Headers& headers, const std::string& line) {
  curl_slist* const longer = curl_slist_append(headers.get(), line.c_str());
  if (longer != nullptr) {
    static_cast<void>(headers.release());  // It is the list's own now.
    headers.reset(longer);
  }
}

std::string Trimmed(const std::string& text) {
  constexpr const char* kBlank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlank);
  return begin == std::string::npos ? ""
                                    : text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

Error ErrorOf(CURLcode failed, const char* details) {
  const std::string what = *details != '\0' ? details : curl_easy_strerror(failed);
  switch (failed) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return {ErrorCode::kPermissionDenied, what};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return {ErrorCode::kInvalidArgument, what};
    default:
      return {ErrorCode::kUnavailable, what};
  }
}

}  // namespace

std::string HttpAnswer::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

// What libcurl calls back while a request runs.
class HttpCaller::Call {
 public:
  Call(const HttpWatch& watch, const HttpSink& sink)
      : watch_(watch), sink_(sink), moved_at_(std::chrono::steady_clock::now()) {}

  static std::size_t OnHeader(char* bytes, std::size_t size, std::size_t count, void* call) {
    static_cast<Call*>(call)->TakeHeader({bytes, size * count});
    return size * count;
  }
  static std::size_t OnBody(char* bytes, std::size_t size, std::size_t count, void* call) {
    return static_cast<Call*>(call)->TakeBody({bytes, size * count}) ? size * count : 0;
  }
  static int OnProgress(
      void* call, curl_off_t /*all*/, curl_off_t down, curl_off_t /*all*/, curl_off_t up) {
    return static_cast<Call*>(call)->GoesOn(down + up) ? 0 : 1;
  }

  [[nodiscard]] bool WasStopped() const { return stopped_; }
  [[nodiscard]] bool WasSilent() const { return silent_; }
  [[nodiscard]] bool SinkRefused() const { return refused_; }
  HttpAnswer& Answer() { return answer_; }

 private:
  void TakeHeader(std::string line) {
    line = Trimmed(line);
    if (line.rfind("HTTP/", 0) == 0) {
      // The last of several answers counts, as after "100 Continue".
      answer_ = {};
      const std::size_t space = line.find(' ');
      for (std::size_t at = space + 1; space != std::string::npos && at < line.size() &&
                                       std::isdigit(static_cast<unsigned char>(line[at])) != 0;
           ++at) {
        constexpr int kTen = 10;
        answer_.status = answer_.status * kTen + (line[at] - '0');
      }
      return;
    }
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos) {
      std::string name = line.substr(0, colon);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
      answer_.headers[name] = Trimmed(line.substr(colon + 1));
    }
  }

  bool TakeBody(std::string_view piece) {
    if (sink_ && answer_.status / kHundred == kSuccess) {
      refused_ = !sink_(answer_, piece);
      return !refused_;
    }
    answer_.body += piece.substr(0, kBodyMax - std::min(kBodyMax, answer_.body.size()));
    return true;
  }

  bool GoesOn(curl_off_t passed) {
    const auto now = std::chrono::steady_clock::now();
    if (passed > passed_) {
      passed_ = passed;
      moved_at_ = now;
    }
    silent_ = now - moved_at_ >= watch_.silence;
    stopped_ = watch_.is_stopped && watch_.is_stopped();
    return !silent_ && !stopped_;
  }

  const HttpWatch& watch_;
  const HttpSink& sink_;
  HttpAnswer answer_;
  curl_off_t passed_ = 0;
  std::chrono::steady_clock::time_point moved_at_;
  bool silent_ = false;
  bool stopped_ = false;
  bool refused_ = false;
};

Result<std::unique_ptr<HttpCaller>> HttpCaller::Open() {
  CURL* const curl = curl_easy_init();
  if (curl == nullptr) {
    return Failure(ErrorCode::kInternal, "libcurl cannot be used");
  }
  return std::unique_ptr<HttpCaller>(new HttpCaller(curl));
}

HttpCaller::~HttpCaller() {
  curl_easy_cleanup(curl_);
}

Result<HttpAnswer> HttpCaller::Send(const HttpRequest& request,
                                    const HttpWatch& watch,
                                    const HttpSink& sink) {
  curl_easy_reset(curl_);  // Connections stay.
  Call call(watch, sink);
  char details[CURL_ERROR_SIZE] = "";
  Headers headers;
  for (const auto& [name, value] : request.headers) {
    Add(headers, std::string(name).append(": ").append(value));
  }
  Add(headers, "Expect:");  // Not every service answers that it may come.
  if (request.headers.count("content-type") == 0) {
    Add(headers, "Content-Type:");
  }
  curl_easy_setopt(curl_, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl_, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers.get());
  if (request.method == "PUT" || request.method == "POST") {
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
  }
  curl_easy_setopt(curl_, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(curl_, CURLOPT_USERAGENT, "weft/" WEFT_VERSION);
  curl_easy_setopt(curl_, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl_, CURLOPT_ERRORBUFFER, &details[0]);
  curl_easy_setopt(curl_, CURLOPT_HEADERFUNCTION, Call::OnHeader);
  curl_easy_setopt(curl_, CURLOPT_HEADERDATA, &call);
  curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, Call::OnBody);
  curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &call);
  curl_easy_setopt(curl_, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl_, CURLOPT_XFERINFOFUNCTION, Call::OnProgress);
  curl_easy_setopt(curl_, CURLOPT_XFERINFODATA, &call);
  const CURLcode failed = curl_easy_perform(curl_);
  if (call.WasStopped()) {
    return Failure(ErrorCode::kCancelled, "it was stopped");
  }
  if (call.WasSilent()) {
    return Failure(ErrorCode::kUnavailable, "nothing came any more");
  }
  // What the sink did not want is its owner's to explain.
  if (failed != CURLE_OK && !call.SinkRefused()) {
    return Failure(ErrorOf(failed, &details[0]));
  }
  return std::move(call.Answer());
}

}  // namespace weft
