#include "coordinator/http/http_server.h"

#include <array>
#include <atomic>
#include <chrono>
#include <fstream>
#include <mutex>
#include <vector>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/storage/sha256_sum.h"
#include "tests/common/temporary_folder.h"

namespace weft::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A client that says bytes and hears bytes.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { ::close(socket_); }

  void Say(const std::string& bytes) {
    EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

  // Until the words have come, or the other side has closed.
  std::string HearUntil(const std::string& words) {
    std::string heard;
    std::array<char, 4096> bytes{};
    while (heard.find(words) == std::string::npos) {
      const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
      if (count <= 0) {
        break;
      }
      heard.append(bytes.data(), static_cast<std::size_t>(count));
    }
    return heard;
  }

 private:
  int socket_;
};

std::string GetText(const std::string& target, const std::string& more = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: here\r\n" + more + "\r\n";
}

class HttpServerTest : public ::testing::Test {
 protected:
  // Answers at once, unless a test wants to do it itself.
  HttpServer::Ask AskHere() {
    return [this](const Guest& guest, const v1::ToCoordinator& question,
                  const std::function<void(const v1::FromCoordinator&)>& answered) {
      const std::lock_guard lock(mutex_);
      asked_by_ = guest.name;
      if (keeps_silent_) {
        kept_.push_back(answered);
        return;
      }
      v1::FromCoordinator answer;
      if (question.has_read_log()) {
        *answer.mutable_log_page() = NextPage(question.read_log());
      } else {
        answer.mutable_job_list()->add_jobs()->set_job("j-1");
      }
      answered(answer);
    };
  }

  static v1::LogPage NextPage(const v1::ReadLog& request) {
    v1::LogPage page;
    if (request.from_end()) {
      page.set_next(100);
    } else if (request.offset() < 102) {
      page.add_records()->set_message("event " + std::to_string(request.offset()));
      page.set_next(request.offset() + 1);
    } else {
      page.set_next(request.offset());
    }
    return page;
  }

  std::mutex mutex_;
  bool keeps_silent_ = false;
  std::string asked_by_;
  std::vector<std::function<void(const v1::FromCoordinator&)>> kept_;
  HttpLimits limits_ = {.body_bytes_max = 1000,
                        .connections_max = 3,
                        .answer_patience = Duration(100),
                        .event_pause = Duration(5)};
};

TEST_F(HttpServerTest, ServesOneRequestAfterTheOtherOnAConnection) {
  const auto server = HttpServer::Open("127.0.0.1:0", AskHere(), limits_).value();
  RawClient client(server->Port());
  for (int round = 0; round < 3; ++round) {
    client.Say(GetText("/api/v1/jobs"));
    const std::string reply = client.HearUntil("}\n");
    EXPECT_THAT(reply, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(reply, HasSubstr("ETag: "));
    EXPECT_THAT(reply, HasSubstr("\"job\":\"j-1\""));
  }
}

TEST_F(HttpServerTest, AsksForTokensWhereThereAreSome) {
  const TemporaryFolder folder;
  Sha256Sum sum;
  sum.Add("ink");
  std::ofstream(folder.File("tokens")) << "submit ada " << sum.Take() << "\n";
  const auto server =
      HttpServer::Open("127.0.0.1:0", AskHere(), limits_, *HttpTokens::Read(folder.File("tokens")))
          .value();
  RawClient client(server->Port());
  client.Say(GetText("/api/v1/jobs"));
  EXPECT_THAT(client.HearUntil("}\n"), StartsWith("HTTP/1.1 401 "));
  EXPECT_EQ(asked_by_, "") << "nobody was asked";
  client.Say(GetText("/api/v1/jobs", "Authorization: Bearer ink\r\n"));
  EXPECT_THAT(client.HearUntil("}\n"), StartsWith("HTTP/1.1 200 "));
  const std::lock_guard lock(mutex_);
  EXPECT_EQ(asked_by_, "ada");
}

TEST_F(HttpServerTest, AFarmThatDoesNotAnswerIsUnavailable) {
  keeps_silent_ = true;
  const auto server = HttpServer::Open("127.0.0.1:0", AskHere(), limits_).value();
  RawClient client(server->Port());
  client.Say(GetText("/api/v1/jobs"));
  EXPECT_THAT(client.HearUntil("}\n"), StartsWith("HTTP/1.1 503 "));
}

TEST_F(HttpServerTest, AnAnswerThatComesWhenAllIsOverGoesNowhere) {
  keeps_silent_ = true;
  limits_.answer_patience = std::chrono::minutes(1);
  {
    const auto server = HttpServer::Open("127.0.0.1:0", AskHere(), limits_).value();
    RawClient client(server->Port());
    client.Say(GetText("/api/v1/jobs"));
    bool was_asked = false;
    while (!was_asked) {
      const std::lock_guard lock(mutex_);
      was_asked = !kept_.empty();
    }
  }
  kept_.front()(v1::FromCoordinator());
}

TEST_F(HttpServerTest, TooLongABodyIsRefused) {
  const auto server = HttpServer::Open("127.0.0.1:0", AskHere(), limits_).value();
  RawClient client(server->Port());
  client.Say("POST /api/v1/jobs HTTP/1.1\r\nHost: here\r\nContent-Length: 5000\r\n\r\n");
  EXPECT_THAT(client.HearUntil("}\n"), StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpServerTest, WhatIsNoHttpEndsTheConnection) {
  const auto server = HttpServer::Open("127.0.0.1:0", AskHere(), limits_).value();
  RawClient client(server->Port());
  client.Say("\x16\x03\x01 hello\r\n\r\n");
  EXPECT_EQ(client.HearUntil("never"), "");
}

TEST_F(HttpServerTest, EventsAreSentAsTheyCome) {
  const auto server = HttpServer::Open("127.0.0.1:0", AskHere(), limits_).value();
  RawClient client(server->Port());
  client.Say(GetText("/api/v1/events"));
  const std::string stream = client.HearUntil("event 101\"}\n\n");
  EXPECT_THAT(stream, HasSubstr("Content-Type: text/event-stream"));
  EXPECT_THAT(stream, HasSubstr("id: 101\ndata: {"));
  EXPECT_THAT(stream, HasSubstr("\"message\":\"event 100\"}\n\nid: 102\n"));
}

TEST_F(HttpServerTest, EventsGoOnWhereAClientLeftOff) {
  const auto server = HttpServer::Open("127.0.0.1:0", AskHere(), limits_).value();
  RawClient client(server->Port());
  client.Say(GetText("/api/v1/events", "Last-Event-ID: 101\r\n"));
  const std::string stream = client.HearUntil("event 101\"}\n\n");
  EXPECT_THAT(stream, HasSubstr("event 101"));
  EXPECT_THAT(stream, ::testing::Not(HasSubstr("event 100\"")));
}

TEST_F(HttpServerTest, TooManyConnectionsAreClosedAndRoomIsGivenBack) {
  const auto server = HttpServer::Open("127.0.0.1:0", AskHere(), limits_).value();
  for (int round = 0; round < 20; ++round) {
    RawClient client(server->Port());
    client.Say(GetText("/healthz", "Connection: close\r\n"));
    EXPECT_THAT(client.HearUntil("never"), HasSubstr("ok\n")) << round;
  }
  std::vector<std::unique_ptr<RawClient>> crowd;
  for (int number = 0; number < 3; ++number) {
    crowd.push_back(std::make_unique<RawClient>(server->Port()));
    crowd.back()->Say(GetText("/healthz"));
    EXPECT_THAT(crowd.back()->HearUntil("ok\n"), HasSubstr("ok\n"));
  }
  RawClient late(server->Port());
  EXPECT_EQ(late.HearUntil("never"), "");
}

TEST_F(HttpServerTest, RefusesAddressesThatAreNoneOrTaken) {
  const auto code = [&](const std::string& address) {
    const auto server = HttpServer::Open(address, AskHere(), limits_);
    return server ? std::nullopt : std::optional(server.error().code());
  };
  for (const char* address : {"", "7780", "localhost:7780", "127.0.0.1:", "127.0.0.1:70000"}) {
    EXPECT_EQ(code(address), ErrorCode::kInvalidArgument) << address;
  }
  const auto first = HttpServer::Open("127.0.0.1:0", AskHere(), limits_).value();
  EXPECT_EQ(code("127.0.0.1:" + std::to_string(first->Port())), ErrorCode::kAlreadyExists);
}

}  // namespace
}  // namespace weft::coordinator
