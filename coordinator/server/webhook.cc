#include "coordinator/server/webhook.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <random>
#include <utility>

#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace weft::coordinator {
namespace {

using Long = long;  // NOLINT(google-runtime-int): what libcurl takes and gives.

constexpr Long kAnswerSeconds = 15;

struct Close {
  void operator()(CURL* request) const { curl_easy_cleanup(request); }
  void operator()(curl_slist* headers) const { curl_slist_free_all(headers); }
};
using Headers = std::unique_ptr<curl_slist, Close>;

void Add(Headers& headers, const std::string& line) {
  curl_slist* const longer = curl_slist_append(headers.get(), line.c_str());
  if (longer != nullptr) {
    static_cast<void>(headers.release());  // It is the list's own now.
    headers.reset(longer);
  }
}

// What is answered does not matter.
std::size_t Ignore(char* /*bytes*/, std::size_t size, std::size_t count, void* /*ours*/) {
  return size * count;
}

bool IsWorthAnotherTry(Long status) {
  constexpr Long kTimeout = 408;
  constexpr Long kTooMany = 429;
  constexpr Long kServerError = 500;
  return status == kTimeout || status == kTooMany || status >= kServerError;
}

std::uint64_t Draw() {
  std::random_device random;
  return random();
}

}  // namespace

std::string SignatureOf(const std::string& body, const std::string& secret) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(), sum.data(), &size);
  std::string text = "sha256=";
  for (unsigned place = 0; place < size; ++place) {
    text += "0123456789abcdef"[sum[place] >> 4U];
    text += "0123456789abcdef"[sum[place] & 0xfU];
  }
  return text;
}

Webhook::Webhook(WebhookOptions options, Log log)
    : options_(std::move(options)),
      log_(std::move(log)),
      life_(Draw()),
      thread_([this] { Loop(); }) {}

Webhook::~Webhook() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Webhook::Tell(std::string body) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= options_.waiting_max) {
      waiting_.pop_front();
      ++dropped_;
    }
    waiting_.push_back({++count_, std::move(body)});
  }
  changed_.notify_all();
}

void Webhook::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
    if (stop_) {
      return;
    }
    const Request request = std::move(waiting_.front());
    waiting_.pop_front();
    const std::uint64_t dropped = std::exchange(dropped_, 0);
    lock.unlock();
    if (dropped > 0) {
      log_.Warning(std::to_string(dropped) + " events were dropped: " + options_.url +
                   " takes too few");
    }
    Deliver(request);
    lock.lock();
  }
}

void Webhook::Deliver(const Request& request) {
  const auto begun = std::chrono::steady_clock::now();
  Duration pause = options_.pause;
  std::string why;
  std::string told;
  while (true) {
    const Outcome outcome = Try(request, why);
    if (outcome == Outcome::kTaken) {
      return;
    }
    const bool is_over = std::chrono::steady_clock::now() - begun >= options_.patience;
    if (outcome == Outcome::kRefused || is_over) {
      log_.Warning("an event is given up: " + options_.url + ": " + why);
      return;
    }
    if (why != std::exchange(told, why)) {
      log_.Warning(options_.url + " is tried again: " + why);
    }
    if (!Rest(pause)) {
      return;
    }
    pause = std::min(2 * pause, options_.pause_max);
  }
}

Webhook::Outcome Webhook::Try(const Request& request, std::string& why) const {
  const std::unique_ptr<CURL, Close> curl(curl_easy_init());
  Headers headers;
  Add(headers, "Content-Type: application/json");
  Add(headers, "X-Weft-Delivery: " + std::to_string(life_) + "-" + std::to_string(request.number));
  if (!options_.secret.empty()) {
    Add(headers, "X-Weft-Signature: " + SignatureOf(request.body, options_.secret));
  }
  curl_easy_setopt(curl.get(), CURLOPT_URL, options_.url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<Long>(request.body.size()));
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, request.body.data());
  curl_easy_setopt(curl.get(), CURLOPT_USERAGENT, "weft/" WEFT_VERSION);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kAnswerSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, Ignore);
  const CURLcode failed = curl_easy_perform(curl.get());
  if (failed != CURLE_OK) {
    why = curl_easy_strerror(failed);
    return Outcome::kAgain;
  }
  Long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  constexpr Long kHundred = 100;
  if (status / kHundred == 2) {
    return Outcome::kTaken;
  }
  why = "it answers " + std::to_string(status);
  return IsWorthAnotherTry(status) ? Outcome::kAgain : Outcome::kRefused;
}

bool Webhook::Rest(Duration span) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, span, [this] { return stop_; });
}

}  // namespace weft::coordinator
