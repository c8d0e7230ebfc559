// Tells a program elsewhere of jobs: one HTTP request for each event, in order, again and again
// until it is taken.
//
// A request is a POST of JSON (see webhook_body.h) with the headers
//   X-Weft-Delivery:  a number that stays the same when the request is repeated
//   X-Weft-Signature: "sha256=" and the body's HMAC-SHA256 under the secret, in hexadecimal
// An answer of 2xx takes it. After 408, 429, 5xx, or none for 15 seconds, it is repeated; after any
// other it is given up, as it is when it was tried for too long. What waits when the coordinator
// ends is lost.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "common/log/log.h"
#include "common/storage/http_call.h"
#include "common/time.h"

namespace weft::coordinator {

struct WebhookOptions {
  std::string url;                               // http:// or https://. Never logged whole.
  std::string secret;                            // Empty: requests carry no signature.
  Duration pause = std::chrono::seconds(1);      // Before the second try; twice as long each time,
  Duration pause_max = std::chrono::minutes(5);  // up to this.
  Duration patience = std::chrono::hours(24);    // Of all tries of one request.
  std::size_t waiting_max = 10'000;              // Requests; the oldest make room.
};

// "sha256=" and the HMAC in hexadecimal. Source: RFC 2104, and RFC 4231 for its vectors.
std::string SignatureOf(const std::string& body, const std::string& secret);

// Any thread; one of its own sends.
class Webhook {
 public:
  Webhook(WebhookOptions options, Log log);
  Webhook(const Webhook&) = delete;
  Webhook& operator=(const Webhook&) = delete;
  // Gives up an answer that is under way, within a second or two.
  ~Webhook();

  // body: a JSON object. Never waits.
  void Tell(std::string body);

 private:
  struct Request {
    std::uint64_t number = 0;
    std::string body;
  };
  enum class Outcome { kTaken, kAgain, kRefused };

  void Loop();
  // Until it is taken or given up.
  void Deliver(const Request& request);
  Outcome Try(const Request& request, std::string& why);
  bool IsStopped();
  // False: this ends before the time is over.
  bool Rest(Duration span);

  const WebhookOptions options_;
  const std::string place_;  // Of the URL, without its secrets.
  const Log log_;
  const std::uint64_t life_;            // Numbers of another life are others.
  std::unique_ptr<HttpCaller> caller_;  // The thread's, once it is needed.
  std::mutex mutex_;                    // Guards what follows.
  std::condition_variable changed_;
  std::deque<Request> waiting_;
  std::uint64_t count_ = 0;
  std::uint64_t dropped_ = 0;
  bool stop_ = false;
  std::thread thread_;  // Last: it uses the others.
};

}  // namespace weft::coordinator
