#include "coordinator/server/webhook.h"

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "coordinator/server/webhook_body.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Answers one request after the other with the statuses it was given, then with 200.
class Receiver {
 public:
  explicit Receiver(std::deque<int> statuses)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)), statuses_(std::move(statuses)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    EXPECT_EQ(::listen(socket_, 8), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;
  ~Receiver() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }

  std::string Url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/hook"; }

  // The first so many requests, with their headers; waits for them.
  std::vector<std::string> Requests(std::size_t count) {
    std::unique_lock lock(mutex_);
    heard_.wait(lock, [&] { return requests_.size() >= count; });
    return requests_;
  }

 private:
  void Serve() {
    while (true) {
      const int peer = ::accept(socket_, nullptr, nullptr);
      if (peer < 0) {
        return;
      }
      const std::string request = ReadRequest(peer);
      int status = 200;
      {
        const std::lock_guard lock(mutex_);
        if (!statuses_.empty()) {
          status = statuses_.front();
          statuses_.pop_front();
        }
        requests_.push_back(request);
      }
      const std::string answer = "HTTP/1.1 " + std::to_string(status) +
                                 " said\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
      EXPECT_EQ(::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(answer.size()));
      ::close(peer);
      heard_.notify_all();
    }
  }

  static std::string ReadRequest(int peer) {
    std::string request;
    char bytes[4096];
    std::size_t wanted = std::string::npos;
    while (request.size() < wanted) {
      const ssize_t size = ::recv(peer, bytes, sizeof(bytes), 0);
      if (size <= 0) {
        break;
      }
      request.append(bytes, static_cast<std::size_t>(size));
      const std::size_t head = request.find("\r\n\r\n");
      const std::size_t length = request.find("Content-Length: ");
      if (head != std::string::npos && length != std::string::npos) {
        wanted = head + 4 + std::stoul(request.substr(length + 16));
      }
    }
    return request;
  }

  const int socket_;
  int port_ = 0;
  std::mutex mutex_;
  std::condition_variable heard_;
  std::deque<int> statuses_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

std::string BodyOf(const std::string& request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

std::string DeliveryOf(const std::string& request) {
  const std::size_t begin = request.find("X-Weft-Delivery: ");
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

WebhookOptions At(const Receiver& receiver) {
  return {.url = receiver.Url(), .secret = "Jefe", .pause = Duration(1)};
}

TEST(Webhook, SignsAsTheVectorsDo) {
  EXPECT_EQ(SignatureOf("what do ya want for nothing?", "Jefe"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(SignatureOf("Hi There", std::string(20, '\x0b')),
            "sha256=b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}

TEST(Webhook, PostsSignedJson) {
  Receiver receiver({});
  Webhook webhook(At(receiver), Log::Silent());
  webhook.Tell(R"({"event":"job.done"})");
  const std::string request = receiver.Requests(1).front();
  EXPECT_THAT(request, HasSubstr("POST /hook HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\ncontent-type: application/json\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nX-Weft-Signature: " +
                                 SignatureOf(R"({"event":"job.done"})", "Jefe") + "\r\n"));
  EXPECT_EQ(BodyOf(request), R"({"event":"job.done"})");
}

TEST(Webhook, RepeatsInOrderWhatWasNotTaken) {
  Receiver receiver({503, 429, 200});
  Webhook webhook(At(receiver), Log::Silent());
  webhook.Tell("{\"n\":1}");
  webhook.Tell("{\"n\":2}");
  const std::vector<std::string> requests = receiver.Requests(4);
  std::vector<std::string> bodies;
  for (const std::string& request : requests) {
    bodies.push_back(BodyOf(request));
  }
  EXPECT_THAT(bodies, ElementsAre("{\"n\":1}", "{\"n\":1}", "{\"n\":1}", "{\"n\":2}"));
  EXPECT_EQ(DeliveryOf(requests[0]), DeliveryOf(requests[2]));
  EXPECT_NE(DeliveryOf(requests[2]), DeliveryOf(requests[3]));
}

TEST(Webhook, DoesNotRepeatWhatIsRefused) {
  Receiver receiver({404});
  Webhook webhook(At(receiver), Log::Silent());
  webhook.Tell("{\"n\":1}");
  webhook.Tell("{\"n\":2}");
  EXPECT_EQ(BodyOf(receiver.Requests(2)[1]), "{\"n\":2}");
}

TEST(Webhook, WritesNoSecretOfItsUrlToTheLog) {
  Receiver receiver({404});
  std::promise<std::string> said;
  const auto log =
      Log::Open({.program = "test", .terminal = false, .listener = [&](const LogEntry& entry) {
                   said.set_value(entry.message);
                 }});
  ASSERT_TRUE(log);
  WebhookOptions options = At(receiver);
  options.url.insert(options.url.find("://") + 3, "ada:hidden@");
  options.url += "/T0000/hidden?token=hidden";
  Webhook webhook(options, *log);
  webhook.Tell("{}");
  const std::string line = said.get_future().get();
  EXPECT_THAT(line, HasSubstr("an event is given up: http://127.0.0.1:"));
  EXPECT_THAT(line, Not(HasSubstr("hidden")));
}

TEST(Webhook, WithoutASecretNothingIsSigned) {
  Receiver receiver({});
  WebhookOptions options = At(receiver);
  options.secret.clear();
  Webhook webhook(options, Log::Silent());
  webhook.Tell("{}");
  EXPECT_THAT(receiver.Requests(1).front(), Not(HasSubstr("X-Weft-Signature")));
}

TEST(Webhook, EndsAlthoughNobodyAnswers) {
  WebhookOptions options{.url = "http://127.0.0.1:9/nobody", .secret = "", .pause = Duration(3600)};
  Webhook webhook(options, Log::Silent());
  webhook.Tell("{}");
}

TEST(WebhookBody, SaysWhatBecameOfTheJob) {
  Job job;
  job.id = {"j-1"};
  job.spec = SampleSpec();
  job.terms.set_name("neon");
  job.terms.set_user("ada");
  job.state = JobState::kFailed;
  job.error = Error(ErrorCode::kInvalidArgument, "the clip is \"odd\"");
  EXPECT_EQ(
      WebhookBody("job.failed", job, 1'700'000'000'123),
      R"({"event":"job.failed","job":"j-1","name":"neon","user":"ada","state":"failed",)"
      R"("output":"/out.mp4","error":"the clip is \"odd\"","time":"2023-11-14T22:13:20.123Z"})");
}

}  // namespace
}  // namespace weft::coordinator
