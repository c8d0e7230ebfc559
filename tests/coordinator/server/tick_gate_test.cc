#include "coordinator/server/tick_gate.h"

#include <gtest/gtest.h>

namespace weft::coordinator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Time kStart{Duration(5000)};

TEST(TickGate, OpensWhereAllWereHeard) {
  TickGate gate;
  EXPECT_TRUE(gate.MayTick(kStart, true));
  EXPECT_FALSE(gate.MayTick(kStart + milliseconds(1), false));
  EXPECT_TRUE(gate.MayTick(kStart + milliseconds(2), true));
}

TEST(TickGate, OpensNowAndThenWhereMoreAlwaysWaits) {
  TickGate gate;
  int opened = 0;
  for (int turn = 0; turn < 1000; ++turn) {
    opened += gate.MayTick(kStart + milliseconds(turn), false) ? 1 : 0;
  }
  EXPECT_EQ(opened, 1000 / 64);
}

TEST(TickGate, WaitsForWhatWasSaidInAStandstill) {
  TickGate gate;
  EXPECT_TRUE(gate.MayTick(kStart, true));
  const Time awake = kStart + seconds(40);
  EXPECT_FALSE(gate.MayTick(awake, true));
  EXPECT_EQ(gate.Settled(), awake + seconds(10));
  Time now = awake;
  for (; now < awake + seconds(10); now += milliseconds(200)) {
    EXPECT_FALSE(gate.MayTick(now, true));
  }
  EXPECT_TRUE(gate.MayTick(now, true));
  EXPECT_FALSE(gate.MayTick(now + milliseconds(1500), true));
  EXPECT_EQ(gate.Settled(), now + seconds(3)) << "as long as it stood";
}

TEST(TickGate, OpensWhereEveryTurnIsAStandstill) {
  TickGate gate;
  int opened = 0;
  for (int turn = 0; turn < 100; ++turn) {
    opened += gate.MayTick(kStart + milliseconds(1100 * turn), true) ? 1 : 0;
    opened += gate.MayTick(kStart + milliseconds(1100 * turn + 10), true) ? 1 : 0;
  }
  EXPECT_GE(opened, 20);
}

}  // namespace
}  // namespace weft::coordinator
