// A real server and real ZeroMQ peers, with a proxy between them that delays, cuts, goes half-open
// and flips bits. With CURVE, as on every network that is not one machine's own: plain TCP cannot
// tell a flipped bit from a word.

#include <array>
#include <atomic>
#include <charconv>
#include <random>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "common/bulk/remote_blob_store.h"
#include "tests/common/temporary_folder.h"
#include "tests/common/transport/chaos_proxy.h"
#include "tests/coordinator/server/running_server.h"
#include "tests/coordinator/server/story.h"

namespace weft::coordinator {
namespace {

using Mood = ChaosProxy::Mood;

constexpr std::array kMoods = {Mood::kSlow,    Mood::kDeaf,     Mood::kMute,
                               Mood::kCutting, Mood::kFlipping, Mood::kCalm};
constexpr int kMoodCount = 40;  // That a test goes through.
constexpr Duration kMoodSpan{60};

std::uint16_t PortOf(const std::string& address) {
  std::uint16_t port = 0;
  const std::size_t colon = address.rfind(':');
  std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
  return port;
}

class ChaosTest : public ::testing::Test {
 protected:
  ChaosTest() { EXPECT_TRUE(WriteCurveKeys(guests_.File("all"), keys_)); }

  [[nodiscard]] std::unique_ptr<ZmqContext> OpenContext() const {
    return ZmqContext::Open({.reconnect_first = Duration(5),
                             .reconnect_max = Duration(40),
                             .heartbeat_interval = Duration(100),
                             .listener_heartbeat_interval = Duration(100),
                             .heartbeat_timeout = Duration(400),
                             .curve = CurveOptions{keys_, keys_.public_half, guests_.path()}})
        .value();
  }

  [[nodiscard]] ServerOptions Options() const {
    ServerOptions options;
    options.state_folder = folder_.File("state");
    options.control_address = "tcp://127.0.0.1:*";
    options.bulk_address = "tcp://127.0.0.1:*";
    options.heartbeat = Duration(100);
    options.silence = Duration(1000);
    options.lease = Duration(2000);
    options.trusts_outputs = true;  // The story's worker stores nothing.
    return options;
  }

  TemporaryFolder folder_;
  TemporaryFolder guests_;
  CurveKeys keys_ = MakeCurveKeys().value();
  std::unique_ptr<ZmqContext> server_context_ = OpenContext();
  std::unique_ptr<ZmqContext> context_ = OpenContext();
};

// Leads a proxy through its moods, on a thread of its own; the last is calm.
class Weather {
 public:
  explicit Weather(ChaosProxy& proxy) : thread_([this, &proxy] { Change(proxy); }) {}
  Weather(const Weather&) = delete;
  Weather& operator=(const Weather&) = delete;
  ~Weather() { thread_.join(); }

  [[nodiscard]] bool IsCalm() const { return calm_; }

 private:
  void Change(ChaosProxy& proxy) {
    std::mt19937 random(20261126);
    for (int i = 0; i < kMoodCount; ++i) {
      proxy.SetMood(kMoods.at(random() % kMoods.size()));
      std::this_thread::sleep_for(kMoodSpan);
    }
    proxy.SetMood(Mood::kCalm);
    calm_ = true;
  }

  std::atomic<bool> calm_{false};
  std::thread thread_;
};

TEST_F(ChaosTest, AJobComesToItsEnd) {
  RunningServer server(*server_context_, Options());
  ChaosProxy proxy(PortOf(server.Subject().ControlAddress()), 1);
  Story story(context_->Connect(proxy.Address()).value(),
              context_->Connect(proxy.Address()).value(),
              {.pause = Duration(40), .frame_count = 60});
  const Weather weather(proxy);
  ASSERT_TRUE(
      story.LiveUntil([&](const Story& so_far) { return HasEnded(so_far) && weather.IsCalm(); }));
  EXPECT_EQ(story.Client().end()->state(), v1::JOB_STATE_DONE);
  EXPECT_EQ(story.Client().end()->frames_done(), 60U);
  EXPECT_EQ(story.Client().Complaint(), "");
  EXPECT_EQ(story.Worker().Complaint(), "");
  EXPECT_GT(proxy.CutCount(), 0U);
  EXPECT_GT(proxy.FlipCount(), 0U);
  EXPECT_TRUE(server.Stop());
}

TEST_F(ChaosTest, BlobsArriveWholeOrNotAtAll) {
  constexpr int kBlobs = 12;
  RunningServer server(*server_context_, Options());
  ChaosProxy proxy(PortOf(server.Subject().BulkAddress()), 2);
  RemoteBlobStore store(context_->Connect(proxy.Address(), {.message_bytes_max = 2 << 20}).value(),
                        {.silence_max = Duration(1000), .tries_max = 2});
  const auto bytes_of = [](int number) {
    return std::string(200'000, static_cast<char>('a' + number));
  };
  int stored = 0;
  const Weather weather(proxy);
  while (stored < kBlobs || !weather.IsCalm()) {
    const int number = stored % kBlobs;
    const std::string key = "b/" + std::to_string(number);
    const Status put = store.Put(key, bytes_of(number));
    stored += put ? 1 : 0;
    ASSERT_TRUE(put || IsRetryable(put.error().code())) << put.error().message();
    const Result<std::string> found = store.Get(key);
    ASSERT_TRUE(!found || *found == bytes_of(number)) << "other bytes came back";
  }
  for (int number = 0; number < kBlobs; ++number) {
    EXPECT_EQ(store.Get("b/" + std::to_string(number)).value(), bytes_of(number));
  }
  EXPECT_EQ(store.List("").value().size(), static_cast<std::size_t>(kBlobs));
  EXPECT_GT(proxy.CutCount(), 0U);
  EXPECT_TRUE(server.Stop());
}

}  // namespace
}  // namespace weft::coordinator
