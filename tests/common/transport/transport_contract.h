// What every transport promises. A test file names its network and instantiates the suite:
//
//   struct Network {
//     std::string Address();                              // Where nobody listens yet.
//     Result<std::unique_ptr<BoundListener>> Listen(const std::string&, const SocketOptions&);
//     Result<std::unique_ptr<Connection>> Connect(const std::string&, const SocketOptions&);
//   };
//   INSTANTIATE_TYPED_TEST_SUITE_P(Memory, TransportContract, Network);

#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "common/transport.h"
#include "common/transport/bound_listener.h"
#include "common/transport/socket_options.h"

namespace weft {

constexpr Duration kNoWait = Duration::zero();
constexpr Duration kPatience = std::chrono::seconds(10);

template <typename Network>
class TransportContract : public ::testing::Test {
 protected:
  TransportContract() : address_(network_.Address()) {}

  std::unique_ptr<BoundListener> Listen(const SocketOptions& options = {}) {
    return network_.Listen(address_, options).value();
  }

  // Listens as soon as the listener before is really gone.
  std::unique_ptr<BoundListener> ListenAgain() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    auto listener = network_.Listen(address_, {});
    while (!listener && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
      listener = network_.Listen(address_, {});
    }
    return std::move(listener).value();
  }

  std::unique_ptr<Connection> Connect(const SocketOptions& options = {}) {
    return network_.Connect(address_, options).value();
  }

  // Sends as soon as the connection stands.
  static void SendSoon(Connection& connection, const std::string& bytes) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!connection.Send(bytes)) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the connection never stood";
      std::this_thread::yield();
    }
  }

  static std::string Next(Connection& connection) {
    const auto message = connection.Receive(kPatience);
    EXPECT_TRUE(message.has_value() && message->has_value()) << "nothing came";
    return message && *message ? **message : std::string();
  }

  static Received Next(Listener& listener) {
    const auto message = listener.Receive(kPatience);
    EXPECT_TRUE(message.has_value() && message->has_value()) << "nothing came";
    return message && *message ? **message : Received{};
  }

  Network network_;
  std::string address_;
};

TYPED_TEST_SUITE_P(TransportContract);

TYPED_TEST_P(TransportContract, CarriesAnyBytesBothWays) {
  const auto listener = this->Listen();
  const auto connection = this->Connect();
  std::string every_byte(1 << 20, '\0');
  for (std::size_t i = 0; i < every_byte.size(); ++i) {
    every_byte[i] = static_cast<char>(i * 31 % 256);
  }
  for (const std::string& bytes : {std::string(), std::string("hello"), every_byte}) {
    this->SendSoon(*connection, bytes);
    const Received received = this->Next(*listener);
    EXPECT_EQ(received.bytes, bytes);
    ASSERT_TRUE(listener->Send(received.from, bytes));
    EXPECT_EQ(this->Next(*connection), bytes);
  }
}

TYPED_TEST_P(TransportContract, KeepsTheOrderOfEachPeer) {
  const auto listener = this->Listen();
  const auto connection = this->Connect();
  this->SendSoon(*connection, "0");
  for (int i = 1; i < 200; ++i) {
    ASSERT_TRUE(connection->Send(std::to_string(i)));
  }
  for (int i = 0; i < 200; ++i) {
    const Received received = this->Next(*listener);
    ASSERT_EQ(received.bytes, std::to_string(i));
    ASSERT_TRUE(listener->Send(received.from, received.bytes));
  }
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(this->Next(*connection), std::to_string(i));
  }
}

TYPED_TEST_P(TransportContract, TellsPeersApart) {
  const auto listener = this->Listen();
  const auto first = this->Connect();
  const auto second = this->Connect();
  this->SendSoon(*first, "first");
  this->SendSoon(*second, "second");
  const Received a = this->Next(*listener);
  const Received b = this->Next(*listener);
  EXPECT_NE(a.from, b.from);
  ASSERT_TRUE(listener->Send(a.from, "to " + a.bytes));
  ASSERT_TRUE(listener->Send(b.from, "to " + b.bytes));
  EXPECT_EQ(this->Next(*first), "to first");
  EXPECT_EQ(this->Next(*second), "to second");
}

TYPED_TEST_P(TransportContract, GivesUpWaitingAfterTheTimeout) {
  const auto listener = this->Listen();
  const auto connection = this->Connect();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(listener->Receive(kNoWait).value(), std::nullopt);
  EXPECT_EQ(connection->Receive(kNoWait).value(), std::nullopt);
  EXPECT_EQ(connection->Receive(std::chrono::milliseconds(-5)).value(), std::nullopt);
  EXPECT_EQ(listener->Receive(std::chrono::milliseconds(20)).value(), std::nullopt);
  EXPECT_EQ(connection->Receive(std::chrono::milliseconds(20)).value(), std::nullopt);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(40));
}

// An implementation that looks into its queue every 10 ms would need 5 s for this.
TYPED_TEST_P(TransportContract, WakesAtOnceWhenAMessageComes) {
  constexpr int kRounds = 500;
  const auto listener = this->Listen();
  std::thread echo([&] {
    for (int i = 0; i < kRounds; ++i) {
      const Received received = this->Next(*listener);
      EXPECT_TRUE(listener->Send(received.from, received.bytes));
    }
  });
  const auto connection = this->Connect();
  this->SendSoon(*connection, "0");
  const auto start = std::chrono::steady_clock::now();
  for (int i = 1; i < kRounds; ++i) {
    this->Next(*connection);
    EXPECT_TRUE(connection->Send(std::to_string(i)));
  }
  this->Next(*connection);
  echo.join();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(2500));
}

TYPED_TEST_P(TransportContract, RefusesToSendWhereNobodyListens) {
  const auto connection = this->Connect();
  const Status sent = connection->Send("hello?");
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().code(), ErrorCode::kUnavailable);
}

TYPED_TEST_P(TransportContract, RefusesToSendToAPeerItNeverMet) {
  const auto listener = this->Listen();
  const Status sent = listener->Send({"stranger"}, "hello?");
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().code(), ErrorCode::kUnavailable);
}

TYPED_TEST_P(TransportContract, NoticesThatAPeerIsGone) {
  const auto listener = this->Listen();
  auto connection = this->Connect();
  this->SendSoon(*connection, "hello");
  const PeerId peer = this->Next(*listener).from;
  connection.reset();
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  Status sent = listener->Send(peer, "still there?");
  while (sent) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    sent = listener->Send(peer, "still there?");
  }
  EXPECT_EQ(sent.error().code(), ErrorCode::kUnavailable);
}

TYPED_TEST_P(TransportContract, DeliversWhatALeavingPeerSaidLast) {
  const auto listener = this->Listen();
  auto connection = this->Connect();
  this->SendSoon(*connection, "goodbye");
  connection.reset();
  EXPECT_EQ(this->Next(*listener).bytes, "goodbye");
}

TYPED_TEST_P(TransportContract, FindsAListenerThatCameBack) {
  const auto connection = this->Connect();
  auto listener = this->Listen();
  this->SendSoon(*connection, "hello");
  const PeerId before = this->Next(*listener).from;
  listener.reset();
  // What is sent before the break is noticed is lost: the conversation above asks again.
  listener = this->ListenAgain();
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::optional<Received> received;
  while (!received) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    (void)connection->Send("hello again");
    received = listener->Receive(std::chrono::milliseconds(1)).value();
  }
  EXPECT_EQ(received->bytes, "hello again");
  EXPECT_NE(received->from, before);
  ASSERT_TRUE(listener->Send(received->from, "welcome back"));
  EXPECT_EQ(this->Next(*connection), "welcome back");
}

TYPED_TEST_P(TransportContract, RefusesAnAddressThatIsTaken) {
  const auto listener = this->Listen();
  const auto second = this->network_.Listen(listener->address(), {});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code(), ErrorCode::kAlreadyExists);
  const auto connection = this->Connect();
  this->SendSoon(*connection, "unharmed");
  EXPECT_EQ(this->Next(*listener).bytes, "unharmed");
}

TYPED_TEST_P(TransportContract, NeverBlocksOnAPeerThatDoesNotListen) {
  const SocketOptions small{.queue_messages_max = 10};
  const auto listener = this->Listen(small);
  const auto connection = this->Connect(small);
  this->SendSoon(*connection, "hello");
  const PeerId peer = this->Next(*listener).from;
  const std::string bytes(100000, 'x');
  Status down;
  Status up;
  for (int i = 0; i < 10000 && (down || up); ++i) {
    down = listener->Send(peer, bytes);
    up = connection->Send(bytes);
  }
  ASSERT_FALSE(down.has_value());
  ASSERT_FALSE(up.has_value());
  EXPECT_EQ(down.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(up.error().code(), ErrorCode::kUnavailable);
}

TYPED_TEST_P(TransportContract, RefusesMessagesThatAreTooLong) {
  const SocketOptions small{.message_bytes_max = 1000};
  const auto listener = this->Listen(small);
  const auto connection = this->Connect(small);
  const std::string longest(1000, 'x');
  this->SendSoon(*connection, longest);
  const Received received = this->Next(*listener);
  EXPECT_EQ(received.bytes, longest);
  EXPECT_TRUE(listener->Send(received.from, longest));
  EXPECT_EQ(this->Next(*connection), longest);
  for (const Status& sent :
       {connection->Send(longest + "x"), listener->Send(received.from, longest + "x")}) {
    ASSERT_FALSE(sent.has_value());
    EXPECT_EQ(sent.error().code(), ErrorCode::kInvalidArgument);
  }
}

TYPED_TEST_P(TransportContract, StopsWaitingWhenItIsInterrupted) {
  const auto listener = this->Listen();
  std::thread interrupter([&] { listener->Interrupt(); });
  const auto begin = std::chrono::steady_clock::now();
  const auto nothing = listener->Receive(std::chrono::hours(1));
  interrupter.join();
  ASSERT_TRUE(nothing.has_value());
  EXPECT_FALSE(nothing->has_value());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::minutes(30));
}

TYPED_TEST_P(TransportContract, RemembersAnInterruptionUntilItWaits) {
  const auto listener = this->Listen();
  const auto connection = this->Connect();
  this->SendSoon(*connection, "first");
  listener->Interrupt();
  std::optional<Received> first;
  while (!first) {  // The message may be on its way still, and the interruption come before it.
    first = listener->Receive(kPatience).value();
  }
  EXPECT_EQ(first->bytes, "first");
  listener->Interrupt();
  EXPECT_FALSE(listener->Receive(std::chrono::hours(1)).value().has_value());
  this->SendSoon(*connection, "second");
  EXPECT_EQ(this->Next(*listener).bytes, "second");
}

TYPED_TEST_P(TransportContract, SendsSeveralMessagesAtOnce) {
  const auto listener = this->Listen({.message_bytes_max = 1000});
  const auto connection = this->Connect();
  this->SendSoon(*connection, "hello");
  const PeerId peer = this->Next(*listener).from;
  const std::vector<std::string> messages = {"one", "", "three"};
  ASSERT_TRUE(listener->SendAll(peer, messages));
  ASSERT_TRUE(listener->Send(peer, "four"));
  for (const std::string& message : messages) {
    EXPECT_EQ(this->Next(*connection), message);
  }
  EXPECT_EQ(this->Next(*connection), "four");
  const Status too_long = listener->SendAll(peer, {"short", std::string(1001, 'x')});
  ASSERT_FALSE(too_long.has_value());
  EXPECT_EQ(too_long.error().code(), ErrorCode::kInvalidArgument);
  const Status unknown = listener->SendAll({"nobody"}, messages);
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code(), ErrorCode::kUnavailable);
  ASSERT_TRUE(listener->Send(peer, "five"));
  EXPECT_EQ(this->Next(*connection), "five");
}

REGISTER_TYPED_TEST_SUITE_P(TransportContract,
                            CarriesAnyBytesBothWays,
                            KeepsTheOrderOfEachPeer,
                            TellsPeersApart,
                            GivesUpWaitingAfterTheTimeout,
                            WakesAtOnceWhenAMessageComes,
                            RefusesToSendWhereNobodyListens,
                            RefusesToSendToAPeerItNeverMet,
                            NoticesThatAPeerIsGone,
                            DeliversWhatALeavingPeerSaidLast,
                            FindsAListenerThatCameBack,
                            RefusesAnAddressThatIsTaken,
                            NeverBlocksOnAPeerThatDoesNotListen,
                            RefusesMessagesThatAreTooLong,
                            SendsSeveralMessagesAtOnce,
                            StopsWaitingWhenItIsInterrupted,
                            RemembersAnInterruptionUntilItWaits);

}  // namespace weft
