#include "common/transport/zmq_transport.h"

#include <fstream>

#include "tests/common/temporary_folder.h"
#include "tests/common/transport/transport_contract.h"

namespace weft {
namespace {

std::unique_ptr<ZmqContext> OpenContext() {
  return ZmqContext::Open({.io_threads = 1,
                           .reconnect_first = std::chrono::milliseconds(1),
                           .reconnect_max = std::chrono::milliseconds(10)})
      .value();
}

class ZmqNetwork {
 public:
  Result<std::unique_ptr<BoundListener>> Listen(const std::string& address,
                                                const SocketOptions& options) {
    return context_->Listen(address, options);
  }
  Result<std::unique_ptr<Connection>> Connect(const std::string& address,
                                              const SocketOptions& options) {
    return context_->Connect(address, options);
  }

 protected:
  std::unique_ptr<ZmqContext> context_ = OpenContext();
};

class ZmqIpc : public ZmqNetwork {
 public:
  std::string Address() { return "ipc://" + folder_.File("control"); }

 private:
  TemporaryFolder folder_;
};

class ZmqTcp : public ZmqNetwork {
 public:
  // A port that was free a moment ago.
  static std::string Address() {
    return OpenContext()->Listen("tcp://127.0.0.1:*").value()->Address();
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(ZmqIpc, TransportContract, ZmqIpc);
INSTANTIATE_TYPED_TEST_SUITE_P(ZmqTcp, TransportContract, ZmqTcp);

ErrorCode CodeOfListening(const std::string& address) {
  const auto context = OpenContext();
  const auto listener = context->Listen(address);
  EXPECT_FALSE(listener.has_value()) << address;
  return listener ? ErrorCode::kInternal : listener.error().code();
}

TEST(ZmqTransport, SaysWhichPortItChose) {
  const auto context = OpenContext();
  for (const std::string address : {"tcp://127.0.0.1:*", "tcp://127.0.0.1:0"}) {
    const auto listener = context->Listen(address).value();
    EXPECT_EQ(listener->Address().rfind("tcp://127.0.0.1:", 0), 0U);
    EXPECT_GT(std::stoi(listener->Address().substr(16)), 0);
  }
}

TEST(ZmqTransport, SaysWhatIsWrongWithAnAddress) {
  const TemporaryFolder folder;
  EXPECT_EQ(CodeOfListening("nonsense"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOfListening("tcp://127.0.0.1:99999"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOfListening("ipc://" + folder.File("missing/control")), ErrorCode::kNotFound);
  EXPECT_EQ(OpenContext()->Connect("nonsense").error().code(), ErrorCode::kInvalidArgument);
}

TEST(ZmqTransport, RefusesASocketPathThatTheSystemWouldCut) {
  const TemporaryFolder folder;
  const std::size_t room = 107 - folder.File("").size();
  const std::string longest = "ipc://" + folder.File(std::string(room, 'x'));
  const auto context = OpenContext();
  EXPECT_TRUE(context->Listen(longest).has_value());
  const auto listener = context->Listen(longest + "x");
  const auto connection = context->Connect(longest + "x");
  ASSERT_FALSE(listener.has_value());
  ASSERT_FALSE(connection.has_value());
  for (const Error& error : {listener.error(), connection.error()}) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(error.message().find("108 bytes"), std::string::npos) << error.message();
  }
}

TEST(ZmqTransport, TakesOverTheSocketOfADeadProcess) {
  const TemporaryFolder folder;
  std::ofstream(folder.File("control")) << "left behind";
  EXPECT_TRUE(OpenContext()->Listen("ipc://" + folder.File("control")).has_value());
}

TEST(ZmqTransport, DisconnectsAPeerThatSendsTooMuch) {
  const auto context = OpenContext();
  const auto listener = context->Listen("tcp://127.0.0.1:*", {.message_bytes_max = 1000}).value();
  const auto greedy = context->Connect(listener->Address(), {.message_bytes_max = 100000}).value();
  const auto modest = context->Connect(listener->Address()).value();
  while (!greedy->Send(std::string(100000, 'x'))) {
    std::this_thread::yield();
  }
  while (!modest->Send("hello")) {
    std::this_thread::yield();
  }
  const auto received = listener->Receive(kPatience).value();
  ASSERT_TRUE(received.has_value());
  EXPECT_EQ(received->bytes, "hello");
}

}  // namespace
}  // namespace weft
