#include "common/transport/zmq_transport.h"

#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/common/temporary_folder.h"
#include "tests/common/transport/transport_contract.h"

namespace weft {
namespace {

std::unique_ptr<ZmqContext> OpenContext(const std::optional<CurveOptions>& curve = std::nullopt) {
  return ZmqContext::Open({.io_threads = 1,
                           .reconnect_first = std::chrono::milliseconds(1),
                           .reconnect_max = std::chrono::milliseconds(10),
                           .curve = curve})
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
    return OpenContext()->Listen("tcp://127.0.0.1:*").value()->address();
  }
};

// Everybody has the same keys here.
class ZmqCurve : public ZmqTcp {
 public:
  ZmqCurve() {
    const CurveKeys keys = MakeCurveKeys().value();
    EXPECT_TRUE(WriteCurveKeys(folder_.File("all"), keys));
    context_ = OpenContext(CurveOptions{keys, keys.public_half, folder_.path().string()});
  }

 private:
  TemporaryFolder folder_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(ZmqIpc, TransportContract, ZmqIpc);
INSTANTIATE_TYPED_TEST_SUITE_P(ZmqTcp, TransportContract, ZmqTcp);
INSTANTIATE_TYPED_TEST_SUITE_P(ZmqCurve, TransportContract, ZmqCurve);

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
    EXPECT_EQ(listener->address().rfind("tcp://127.0.0.1:", 0), 0U);
    EXPECT_GT(std::stoi(listener->address().substr(16)), 0);
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
  const auto greedy = context->Connect(listener->address(), {.message_bytes_max = 100000}).value();
  const auto modest = context->Connect(listener->address()).value();
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

TEST(ZmqTransport, RefusesPlainTcpBeyondTheLoopback) {
  const auto context = OpenContext();
  EXPECT_EQ(CodeOfListening("tcp://*:0"), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(CodeOfListening("tcp://0.0.0.0:*"), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(context->Connect("tcp://10.0.0.5:7733").error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_TRUE(ZmqContext::Open({.plain_tcp = true}).value()->Listen("tcp://*:*").has_value());
}

class CurveTest : public ::testing::Test {
 protected:
  CurveTest() { EXPECT_TRUE(WriteCurveKeys(guests_.File("known"), known_)); }

  std::unique_ptr<ZmqContext> Server() {
    return OpenContext(CurveOptions{.keys = server_, .guests = guests_.path().string()});
  }
  std::unique_ptr<ZmqContext> Client(const CurveKeys& keys) {
    return OpenContext(CurveOptions{.keys = keys, .server = server_.public_half});
  }
  bool Reaches(ZmqContext& context, BoundListener& listener, Duration patience) {
    const std::string word = std::to_string(++words_);  // Others may have said more than was heard.
    const auto connection = context.Connect(listener.address()).value();
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < deadline) {
      static_cast<void>(connection->Send(word));
      const auto heard = listener.Receive(std::chrono::milliseconds(5)).value();
      if (heard.has_value() && heard->bytes == word) {
        return true;
      }
    }
    return false;
  }

  static constexpr Duration kShort = std::chrono::milliseconds(300);

  TemporaryFolder guests_;
  CurveKeys server_ = MakeCurveKeys().value();
  CurveKeys known_ = MakeCurveKeys().value();
  int words_ = 0;
};

TEST_F(CurveTest, LetsInWhoIsKnownAndNobodyElse) {
  const auto server = Server();
  const auto listener = server->Listen("tcp://127.0.0.1:*").value();
  EXPECT_TRUE(Reaches(*Client(known_), *listener, kPatience));
  EXPECT_FALSE(Reaches(*Client(MakeCurveKeys().value()), *listener, kShort));
  EXPECT_FALSE(Reaches(*OpenContext(), *listener, kShort)) << "a peer without keys got in";
  CurveKeys thief = MakeCurveKeys().value();
  thief.public_half = known_.public_half;
  EXPECT_FALSE(Reaches(*Client(thief), *listener, kShort));
}

TEST_F(CurveTest, SaysNothingToAListenerThatIsNotTheOneItKnows) {
  const auto impostor =
      OpenContext(CurveOptions{.keys = MakeCurveKeys().value(), .guests = guests_.path().string()});
  const auto listener = impostor->Listen("tcp://127.0.0.1:*").value();
  EXPECT_FALSE(Reaches(*Client(known_), *listener, kShort));
}

TEST_F(CurveTest, NoticesNewGuests) {
  const auto server = Server();
  const auto listener = server->Listen("tcp://127.0.0.1:*").value();
  const CurveKeys late = MakeCurveKeys().value();
  EXPECT_FALSE(Reaches(*Client(late), *listener, kShort));
  ASSERT_TRUE(WriteCurveKeys(guests_.File("late"), late));
  EXPECT_TRUE(Reaches(*Client(late), *listener, kPatience));
}

TEST_F(CurveTest, KnowsWhoHasSentWhat) {
  const std::string list = guests_.File("list");
  const CurveKeys ada = MakeCurveKeys().value();
  std::ofstream(list) << "worker known " << known_.public_half << "\nsubmit ada " << ada.public_half
                      << "\n";
  const auto server = OpenContext(CurveOptions{.keys = server_, .guests = list});
  const auto listener = server->Listen("tcp://127.0.0.1:*").value();
  EXPECT_TRUE(Reaches(*Client(known_), *listener, kPatience));
  EXPECT_EQ(listener->Sender(), (Guest{Role::kWorker, "known"}));
  EXPECT_TRUE(Reaches(*Client(ada), *listener, kPatience));
  EXPECT_EQ(listener->Sender(), (Guest{Role::kSubmit, "ada"}));
}

// More of both than one socket of the door answers.
TEST_F(CurveTest, LetsInManyAndNoneOfManyStrangers) {
  constexpr int kMany = 200;
  const auto server = Server();
  const auto listener = server->Listen("tcp://127.0.0.1:*").value();
  const auto client = Client(known_);
  const auto stranger = Client(MakeCurveKeys().value());
  std::vector<std::unique_ptr<Connection>> strangers;
  std::vector<std::unique_ptr<Connection>> connections;
  for (int i = 0; i < kMany; ++i) {
    strangers.push_back(stranger->Connect(listener->address()).value());
    connections.push_back(client->Connect(listener->address()).value());
  }
  std::set<std::string> heard;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (heard.size() < kMany && std::chrono::steady_clock::now() < deadline) {
    for (std::size_t i = 0; i < kMany; ++i) {
      static_cast<void>(strangers[i]->Send("stranger"));
      if (heard.count(std::to_string(i)) == 0) {
        static_cast<void>(connections[i]->Send(std::to_string(i)));
      }
    }
    while (const auto message = listener->Receive(std::chrono::milliseconds(20)).value()) {
      ASSERT_NE(message->bytes, "stranger");
      heard.insert(message->bytes);
    }
  }
  EXPECT_EQ(heard.size(), kMany);
}

TEST_F(CurveTest, SaysWhichKeysAreMissing) {
  const std::string address = "tcp://127.0.0.1:*";
  EXPECT_EQ(Client(known_)->Listen(address).error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(Server()->Connect("tcp://127.0.0.1:7733").error().code(),
            ErrorCode::kFailedPrecondition);
  EXPECT_EQ(
      ZmqContext::Open({.curve = CurveOptions{known_, "", guests_.File("none")}}).error().code(),
      ErrorCode::kNotFound);
}

}  // namespace
}  // namespace weft
