#include "coordinator/cli/worker_fleet.h"

#include <chrono>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "tests/common/temporary_folder.h"

namespace weft::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class WorkerFleetTest : public testing::Test {
 protected:
  [[nodiscard]] FleetWorker Shell(const std::string& script) const {
    return {"local-0", {"/bin/sh", {"-c", script}, folder_.File("worker-0.out")}};
  }

  // Blocks until some child has ended, and leaves it to be found.
  static void AwaitEnd() {
    siginfo_t ended{};
    ASSERT_EQ(::waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT), 0);
  }

  [[nodiscard]] std::string Printed() const {
    std::ostringstream text;
    text << std::ifstream(folder_.File("worker-0.out")).rdbuf();
    return text.str();
  }

  TemporaryFolder folder_;
  ManualClock clock_;
};

TEST_F(WorkerFleetTest, RestartsAWorkerThatDiesAfterAPause) {
  WorkerFleet fleet({Shell("kill -9 $$")});
  ASSERT_TRUE(fleet.Tend(clock_.Now()));
  AwaitEnd();
  clock_.Advance(seconds(10));
  EXPECT_THAT(fleet.Tend(clock_.Now()).value(),
              ElementsAre("worker local-0 was killed by signal 9 (Killed) and is started again"));
  clock_.Advance(milliseconds(199));
  EXPECT_THAT(fleet.Tend(clock_.Now()).value(), IsEmpty());
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);  // Nothing runs yet.
  clock_.Advance(milliseconds(1));
  EXPECT_THAT(fleet.Tend(clock_.Now()).value(), IsEmpty());
  AwaitEnd();  // It ran again.
}

TEST_F(WorkerFleetTest, GivesUpOnAWorkerThatEndsAtOnceAgainAndAgain) {
  WorkerFleet fleet({Shell("echo cannot load libtorch; exit 127")});
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(fleet.Tend(clock_.Now())) << i;
    AwaitEnd();
    if (i < 4) {
      ASSERT_TRUE(fleet.Tend(clock_.Now())) << i;
      clock_.Advance(seconds(5));
    }
  }
  const auto last = fleet.Tend(clock_.Now());
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(last.error().message(), HasSubstr("exited with status 127"));
  EXPECT_THAT(last.error().message(), HasSubstr("5 times"));
  EXPECT_THAT(last.error().message(), HasSubstr("cannot load libtorch"));
}

TEST_F(WorkerFleetTest, QuotesTheLogOfAWorkerThatPrintedNothing) {
  const std::string log = folder_.File("worker-0.log");
  std::ofstream(log) << R"({"level":"error","process":71,"message":"no CUDA device"})"
                     << "\n";
  FleetWorker worker = Shell("exit 1");
  worker.command.arguments.insert(worker.command.arguments.end(), {"--log-file", log});
  WorkerFleet fleet({worker}, {.early_ends_max = 1});
  ASSERT_TRUE(fleet.Tend(clock_.Now()));
  AwaitEnd();
  EXPECT_THAT(fleet.Tend(clock_.Now()).error().message(),
              HasSubstr("its log says: no CUDA device"));
}

TEST_F(WorkerFleetTest, DoesNotGiveUpOnceThereWasWork) {
  WorkerFleet fleet({Shell("exit 1")});
  for (int i = 0; i < 12; ++i) {
    ASSERT_TRUE(fleet.Tend(clock_.Now())) << i;
    AwaitEnd();
    fleet.SawWork();
    ASSERT_TRUE(fleet.Tend(clock_.Now())) << i;
    clock_.Advance(seconds(5));
  }
}

TEST_F(WorkerFleetTest, DoesNotGiveUpOnWorkersThatLiveForAWhile) {
  WorkerFleet fleet({Shell("exit 1")});
  for (int i = 0; i < 12; ++i) {
    ASSERT_TRUE(fleet.Tend(clock_.Now())) << i;
    AwaitEnd();
    clock_.Advance(seconds(2));
    ASSERT_TRUE(fleet.Tend(clock_.Now())) << i;
    clock_.Advance(milliseconds(200));
  }
}

TEST_F(WorkerFleetTest, SaysThatAProgramIsMissing) {
  WorkerFleet fleet({{"local-0", {folder_.File("none"), {}, folder_.File("out")}}});
  const auto tended = fleet.Tend(clock_.Now());
  ASSERT_FALSE(tended);
  EXPECT_EQ(tended.error().code(), ErrorCode::kInternal);
  EXPECT_THAT(tended.error().message(), HasSubstr(folder_.File("none")));
}

TEST_F(WorkerFleetTest, StopsPolitelyFirst) {
  // The shell answers SIGTERM once its trap is set, which it says through the file.
  WorkerFleet fleet(
      {Shell("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done")});
  ASSERT_TRUE(fleet.Tend(clock_.Now()));
  while (Printed() != "ready\n") {
  }
  fleet.Stop();
  EXPECT_EQ(Printed(), "ready\nbye\n");
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

TEST_F(WorkerFleetTest, KillsWhatDoesNotListen) {
  WorkerFleet fleet({Shell("trap '' TERM; echo ready; while :; do sleep 0.01; done")},
                    {.stop_patience = milliseconds(50)});
  ASSERT_TRUE(fleet.Tend(clock_.Now()));
  while (Printed() != "ready\n") {
  }
  fleet.Stop();
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

TEST_F(WorkerFleetTest, ChildrenInheritNoFilesAndNoBlockedSignals) {
  const std::ofstream open_file(folder_.File("open"));
  WorkerFleet fleet({Shell("ls /proc/self/fd | wc -l; grep SigBlk /proc/self/status")});
  ASSERT_TRUE(fleet.Tend(clock_.Now()));
  AwaitEnd();
  // 0, 1, 2, and the listing's own.
  EXPECT_EQ(Printed(), "4\nSigBlk:\t0000000000000000\n");
}

}  // namespace
}  // namespace weft::cli
