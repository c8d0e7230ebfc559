#include "coordinator/cli/stop_signals.h"

#include <csignal>

#include <gtest/gtest.h>

namespace weft::cli {
namespace {

TEST(StopSignals, AFirstSignalIsAskedFor) {
  Result<StopSignals> signals = StopSignals::Catch();
  ASSERT_TRUE(signals);
  EXPECT_FALSE(signals->Caught());
  std::raise(SIGTERM);
  EXPECT_TRUE(signals->Caught());
  EXPECT_TRUE(signals->Caught());
}

TEST(StopSignalsDeathTest, ASecondSignalEndsTheProcess) {
  const auto twice = [] {
    Result<StopSignals> signals = StopSignals::Catch();
    std::raise(SIGINT);
    if (signals->Caught()) {
      std::raise(SIGINT);
    }
  };
  EXPECT_EXIT(twice(), testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace weft::cli
