#include "coordinator/server/webhook.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <random>
#include <utility>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace weft::coordinator {
namespace {

constexpr Duration kAnswer = std::chrono::seconds(15);

bool IsWorthAnotherTry(int status) {
  constexpr int kTimeout = 408;
  constexpr int kTooMany = 429;
  constexpr int kServerError = 500;
  return status == kTimeout || status == kTooMany || status >= kServerError;
}

// Where it goes, for the log: names, paths and queries in it may be secrets.
std::string PlaceOf(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t end = url.find_first_of("/?#", host);
  const std::string authority = url.substr(host, end == std::string::npos ? end : end - host);
  const std::size_t user = authority.rfind('@');
  return url.substr(0, host) + (user == std::string::npos ? authority : authority.substr(user + 1));
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
      place_(PlaceOf(options_.url)),
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
      log_.Warning(std::to_string(dropped) + " events were dropped: " + place_ + " takes too few");
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
    if (outcome == Outcome::kTaken || IsStopped()) {
      return;
    }
    const bool is_over = std::chrono::steady_clock::now() - begun >= options_.patience;
    if (outcome == Outcome::kRefused || is_over) {
      log_.Warning("an event is given up: " + place_ + ": " + why);
      return;
    }
    if (why != std::exchange(told, why)) {
      log_.Warning(place_ + " is tried again: " + why);
    }
    if (!Rest(pause)) {
      return;
    }
    pause = std::min(2 * pause, options_.pause_max);
  }
}

Webhook::Outcome Webhook::Try(const Request& request, std::string& why) {
  if (caller_ == nullptr) {
    auto opened = HttpCaller::Open();
    if (!opened) {
      why = opened.error().message();
      return Outcome::kAgain;
    }
    caller_ = *std::move(opened);
  }
  HttpRequest post{.method = "POST",
                   .url = options_.url,
                   .headers = {{"content-type", "application/json"},
                               {"X-Weft-Delivery",
                                std::to_string(life_) + "-" + std::to_string(request.number)}},
                   .body = request.body};
  if (!options_.secret.empty()) {
    post.headers["X-Weft-Signature"] = SignatureOf(request.body, options_.secret);
  }
  const Result<HttpAnswer> answer = caller_->Send(
      post, {.is_stopped = [this] { return IsStopped(); }, .silence = kAnswer}, HttpSink());
  if (!answer) {
    why = answer.error().message();
    return Outcome::kAgain;
  }
  constexpr int kHundred = 100;
  if (answer->status / kHundred == 2) {
    return Outcome::kTaken;
  }
  why = "it answers " + std::to_string(answer->status);
  return IsWorthAnotherTry(answer->status) ? Outcome::kAgain : Outcome::kRefused;
}

bool Webhook::IsStopped() {
  const std::lock_guard lock(mutex_);
  return stop_;
}

bool Webhook::Rest(Duration span) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, span, [this] { return stop_; });
}

}  // namespace weft::coordinator
