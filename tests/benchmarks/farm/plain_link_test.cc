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

#include "common/transport/curve_keys.h"
#include "common/transport/zmq_transport.h"
#include "tests/benchmarks/farm/worker_link.h"
#include "tests/common/temporary_folder.h"

namespace weft::bench {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPause(1);
constexpr milliseconds kHeartbeatTimeout(1000);
constexpr std::chrono::seconds kPatience(10);

// By CURVE, or openly.
std::optional<CurveOptions> Curve(bool curve, const std::string& guests) {
  return curve ? std::optional(CurveOptions{MakeCurveKeys().value(), {}, guests}) : std::nullopt;
}

// A listener as the coordinator has it, and one link to it.
class PlainLinkTest : public ::testing::TestWithParam<bool> {
 protected:
  PlainLinkTest() {
    if (listens_with_) {
      worker_ = CurveOptions{MakeCurveKeys().value(), listens_with_->keys.public_half, {}};
      Invite(worker_->keys);
    }
    context_ = ZmqContext::Open({.io_threads = 1,
                                 .listener_heartbeat_interval = milliseconds(20),
                                 .heartbeat_timeout = kHeartbeatTimeout,
                                 .curve = listens_with_})
                   .value();
    listener_ = context_->Listen("tcp://127.0.0.1:*").value();
    link_ = MakePlainLink(listener_->address(), worker_);
  }

  void Invite(const CurveKeys& keys) {
    ASSERT_TRUE(WriteCurveKeys(folder_.File("worker"), keys).has_value());
  }

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
    EXPECT_TRUE(link_->Send("hello"));
    const std::optional<Received> heard = Heard();
    EXPECT_TRUE(heard.has_value() && heard->bytes == "hello");
    return heard->from;
  }

  TemporaryFolder folder_;
  std::optional<CurveOptions> listens_with_ = Curve(GetParam(), folder_.path());
  std::optional<CurveOptions> worker_;
  std::unique_ptr<ZmqContext> context_;
  std::unique_ptr<BoundListener> listener_;
  std::unique_ptr<WorkerLink> link_;
};

std::string Bytes(std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) {
    bytes.push_back(static_cast<char>(i * 31 + count));
  }
  return bytes;
}

TEST_P(PlainLinkTest, CarriesMessagesOfAnyLengthBothWays) {
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

TEST_P(PlainLinkTest, KeepsTheOrderOfMoreThanASocketHolds) {
  constexpr int kMany = 300;
  const PeerId peer = Greet();
  for (int i = 0; i < kMany; ++i) {
    EXPECT_TRUE(listener_->Send(peer, std::to_string(i) + Bytes(20000)));
  }
  for (int i = 0; i < kMany; ++i) {
    ASSERT_EQ(Next(), std::to_string(i) + Bytes(20000));
  }
}

TEST_P(PlainLinkTest, LivesOnBeyondTheHeartbeatsTimeout) {
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

TEST_P(PlainLinkTest, IsLostWhenItAnswersNoHeartbeat) {
  Greet();
  std::this_thread::sleep_for(2 * kHeartbeatTimeout);
  EXPECT_THROW(Next(), std::runtime_error);
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, PlainLinkTest, ::testing::Bool(), [](const auto& test) {
  return test.param ? "Curve" : "Null";
});

class CurveLinkTest : public PlainLinkTest {};

TEST_P(CurveLinkTest, RefusesAStrangersKeyAsTheListenerDoes) {
  const CurveOptions stranger{MakeCurveKeys().value(), worker_->server, {}};
  try {
    MakePlainLink(listener_->address(), stranger);
    FAIL() << "a stranger is let in";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "the coordinator refuses a connection");
  }
}

TEST_P(CurveLinkTest, TakesNoTextForAKey) {
  const CurveOptions none{{"public", "secret"}, worker_->server, {}};
  EXPECT_THROW(MakePlainLink(listener_->address(), none), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, CurveLinkTest, ::testing::Values(true));

}  // namespace
}  // namespace weft::bench
