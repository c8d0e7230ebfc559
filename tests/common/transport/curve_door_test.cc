#include "common/transport/curve_door.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <zmq.hpp>

#include "common/transport/curve_keys.h"
#include "tests/common/temporary_folder.h"

namespace weft {
namespace {

constexpr int kShortMs = 500;
constexpr int kPatienceMs = 10000;

// A guarded listener in a context of its own, and whoever wants in.
class CurveDoorTest : public ::testing::Test {
 protected:
  CurveDoorTest() {
    EXPECT_TRUE(WriteCurveKeys(guests_.File("known"), known_));
    CurveDoor::Guard(listener_);
    listener_.set(zmq::sockopt::curve_publickey, server_.public_half);
    listener_.set(zmq::sockopt::curve_secretkey, server_.secret_half);
    listener_.bind("tcp://127.0.0.1:*");
  }

  zmq::socket_t Knock(const CurveKeys& keys) {
    zmq::socket_t socket(outside_, zmq::socket_type::dealer);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::reconnect_ivl, 5);
    socket.set(zmq::sockopt::curve_publickey, keys.public_half);
    socket.set(zmq::sockopt::curve_secretkey, keys.secret_half);
    socket.set(zmq::sockopt::curve_serverkey, server_.public_half);
    socket.connect(listener_.get(zmq::sockopt::last_endpoint));
    socket.send(zmq::str_buffer("knock"));
    return socket;
  }

  bool HearsWithin(int milliseconds) {
    listener_.set(zmq::sockopt::rcvtimeo, milliseconds);
    zmq::message_t name;
    zmq::message_t word;
    return listener_.recv(name).has_value() && listener_.recv(word).has_value();
  }

  TemporaryFolder guests_;
  CurveKeys server_ = MakeCurveKeys().value();
  CurveKeys known_ = MakeCurveKeys().value();
  zmq::context_t inside_;
  zmq::context_t outside_;
  zmq::socket_t listener_{inside_, zmq::socket_type::router};
};

TEST_F(CurveDoorTest, NobodyGetsInWhereNobodyAnswers) {
  const zmq::socket_t guest = Knock(known_);
  EXPECT_FALSE(HearsWithin(kShortMs));
  const auto door = CurveDoor::Open(inside_, guests_.path().string()).value();
  EXPECT_TRUE(HearsWithin(kPatienceMs)) << "it should have come back";
}

// Each of them asks on: far more than one socket answers.
TEST_F(CurveDoorTest, AGuestIsLetInAfterManyStrangers) {
  const auto door = CurveDoor::Open(inside_, guests_.path().string()).value();
  constexpr int kMany = 20;
  std::vector<zmq::socket_t> strangers;
  strangers.reserve(kMany);
  for (int i = 0; i < kMany; ++i) {
    strangers.push_back(Knock(MakeCurveKeys().value()));
  }
  EXPECT_FALSE(HearsWithin(2 * kShortMs));
  const zmq::socket_t guest = Knock(known_);
  EXPECT_TRUE(HearsWithin(kPatienceMs));
}

TEST_F(CurveDoorTest, AContextHasOneDoor) {
  const auto door = CurveDoor::Open(inside_, guests_.path().string()).value();
  const auto second = CurveDoor::Open(inside_, guests_.path().string());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code(), ErrorCode::kAlreadyExists);
}

}  // namespace
}  // namespace weft
