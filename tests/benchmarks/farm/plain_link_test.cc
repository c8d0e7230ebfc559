#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "common/transport/zmq_transport.h"
#include "tests/benchmarks/farm/worker_link.h"

namespace weft::bench {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPause(1);
constexpr milliseconds kHeartbeatTimeout(1000);
constexpr std::chrono::seconds kPatience(10);

// A listener as the coordinator has it, and one link to it.
class PlainLinkTest : public ::testing::Test {
 protected:
  PlainLinkTest() : link_(MakePlainLink(listener_->address())) {}

  // What `link` is sent next; nothing when it takes too long.
  std::optional<std::string> Next() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    std::string_view message;
    while (std::chrono::steady_clock::now() < deadline) {
      if (link_->Next(message)) {
        return std::string(message);
      }
      std::this_thread::sleep_for(kPause);
    }
    return std::nullopt;
  }

  // What the listener hears next, while the link looks after its connection.
  std::optional<Received> Heard() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    std::string_view message;
    while (std::chrono::steady_clock::now() < deadline) {
      if (auto heard = listener_->Receive(kPause).value()) {
        return heard;
      }
      EXPECT_FALSE(link_->Next(message));
    }
    return std::nullopt;
  }

  // Whose the link is.
  PeerId Greet() {
    std::string_view message;
    while (!link_->Send("hello")) {
      EXPECT_FALSE(link_->Next(message));
      std::this_thread::sleep_for(kPause);
    }
    const std::optional<Received> heard = Heard();
    EXPECT_TRUE(heard.has_value() && heard->bytes == "hello");
    return heard->from;
  }

  std::unique_ptr<ZmqContext> context_ =
      ZmqContext::Open({.io_threads = 1,
                        .listener_heartbeat_interval = milliseconds(20),
                        .heartbeat_timeout = kHeartbeatTimeout})
          .value();
  std::unique_ptr<BoundListener> listener_ = context_->Listen("tcp://127.0.0.1:*").value();
  std::unique_ptr<WorkerLink> link_;
};

std::string Bytes(std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) {
    bytes.push_back(static_cast<char>(i * 31 + count));
  }
  return bytes;
}

TEST_F(PlainLinkTest, CarriesMessagesOfAnyLengthBothWays) {
  const PeerId peer = Greet();
  for (const std::size_t size : {0, 1, 255, 256, 16384, 70000}) {
    SCOPED_TRACE(size);
    EXPECT_TRUE(link_->Send(Bytes(size)));
    const std::optional<Received> heard = Heard();
    ASSERT_TRUE(heard.has_value());
    EXPECT_EQ(heard->bytes, Bytes(size));
    EXPECT_TRUE(listener_->Send(peer, Bytes(size)));
    EXPECT_EQ(Next(), Bytes(size));
  }
}

TEST_F(PlainLinkTest, KeepsTheOrderOfMoreThanASocketHolds) {
  constexpr int kMany = 300;
  const PeerId peer = Greet();
  for (int i = 0; i < kMany; ++i) {
    EXPECT_TRUE(listener_->Send(peer, std::to_string(i) + Bytes(20000)));
  }
  for (int i = 0; i < kMany; ++i) {
    ASSERT_EQ(Next(), std::to_string(i) + Bytes(20000));
  }
}

TEST_F(PlainLinkTest, LivesOnBeyondTheHeartbeatsTimeout) {
  const PeerId peer = Greet();
  const auto end = std::chrono::steady_clock::now() + 2 * kHeartbeatTimeout;
  std::string_view message;
  while (std::chrono::steady_clock::now() < end) {
    EXPECT_FALSE(link_->Next(message));
    std::this_thread::sleep_for(kPause);
  }
  EXPECT_TRUE(listener_->Send(peer, "still there"));
  EXPECT_EQ(Next(), "still there");
}

TEST_F(PlainLinkTest, IsLostWhenItAnswersNoHeartbeat) {
  Greet();
  std::this_thread::sleep_for(2 * kHeartbeatTimeout);
  EXPECT_THROW(Next(), std::runtime_error);
}

}  // namespace
}  // namespace weft::bench
