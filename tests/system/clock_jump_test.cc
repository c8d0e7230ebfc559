// Somebody sets the machine's clock while a render runs.

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/system/rendering.h"

namespace weft::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 24 * kHour;

class ClockJump : public Rendering {
 protected:
  void SetUp() override {
    Rendering::SetUp();
    SetClock(0);
  }

  // The wall clock of the programs is off the machine's by so many seconds from now on.
  void SetClock(std::int64_t seconds) const {
    std::ofstream file(Path("offset"), std::ios::binary | std::ios::in | std::ios::out);
    if (!file) {
      file.open(Path("offset"), std::ios::binary);
    }
    file.write(reinterpret_cast<const char*>(&seconds), sizeof(seconds));
  }

  [[nodiscard]] std::vector<std::string> Jumping(const std::vector<std::string>& command) const {
    std::vector<std::string> words = {"env", "LD_PRELOAD=" WEFT_JUMPING_CLOCK_LIBRARY,
                                      "WEFT_JUMPING_CLOCK=" + Path("offset")};
    words.insert(words.end(), command.begin(), command.end());
    return words;
  }

  // "coordinator", or "worker-N".
  [[nodiscard]] std::string LogOf(const std::string& program, const std::string& output) const {
    std::ostringstream text;
    text << std::ifstream(Path(output) + ".weft/" + program + ".log").rdbuf();
    return text.str();
  }

  [[nodiscard]] std::string Hashes(const std::string& output) const {
    return FrameHashes(Path(output), commands_.path().string());
  }
};

// The years that lines of a log carry.
std::set<std::string> Years(const std::string& log) {
  std::set<std::string> years;
  const std::string key = "\"time\":\"";
  for (std::size_t at = log.find(key); at != std::string::npos; at = log.find(key, at + 1)) {
    years.insert(log.substr(at + key.size(), 4));
  }
  return years;
}

// Goal: the picture, and who is taken for lost, do not depend on the wall clock. Method: one render
// on two workers while the wall clock of all programs jumps to and fro by an hour up to years, and
// the frames of an undisturbed render beside it. A lease, a heartbeat or a time-out that reads the
// wall clock ends at the first jump forward, or never after one back.
TEST_F(ClockJump, ChangesNothingButTheTimesInTheLog) {
  const std::vector<std::string> more = {"--lossless", "--workers", "2", "--chunk", "4", "--keep"};
  const Outcome calm = RunCommand(Render(Path("calm.mkv"), more), commands_.path().string());
  ASSERT_EQ(calm.exit_code, 0) << calm.errors;

  constexpr std::array<std::int64_t, 7> kJumps = {kHour,      -kHour,      kDay,       -2 * kDay,
                                                  400 * kDay, -800 * kDay, 4000 * kDay};
  Command render(Jumping(Render(Path("out.mkv"), more)), commands_.path().string());
  std::size_t jumps = 0;
  while (!render.WaitFor(std::chrono::milliseconds(150))) {
    SetClock(kJumps.at(jumps++ % kJumps.size()));
  }
  const Outcome outcome = render.Wait();
  ASSERT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_EQ(Hashes("out.mkv"), Hashes("calm.mkv"));
  EXPECT_GE(jumps, kJumps.size()) << "the render was too short";
  for (const char* worker : {"worker-0", "worker-1"}) {
    EXPECT_GT(Years(LogOf(worker, "out.mkv")).size(), 1U) << worker << " has seen no jump";
  }
  for (const char* loss : {"was lost", "is silent", "failed", "again"}) {
    EXPECT_THAT(LogOf("coordinator", "out.mkv"), Not(HasSubstr(loss)));
    EXPECT_THAT(LogOf("coordinator", "calm.mkv"), Not(HasSubstr(loss))) << "it means nothing";
  }
}

// Goal: a job goes on where its coordinator starts again under another clock. Method: the command
// is killed in the middle of its work, and given again with the clock three years back.
TEST_F(ClockJump, BetweenTwoRunsChangesNothing) {
  const std::vector<std::string> more = {"--lossless", "--workers", "1",   "--chunk",
                                         "4",          "--frames",  "0:12"};
  const Outcome calm = RunCommand(Render(Path("calm.mkv"), more), commands_.path().string());
  ASSERT_EQ(calm.exit_code, 0) << calm.errors;
  {
    SetClock(400 * kDay);
    Command render(Jumping(Render(Path("out.mkv"), more)), commands_.path().string());
    while (LogOf("worker-0", "out.mkv").find("denoise 1") == std::string::npos) {
      ASSERT_FALSE(render.WaitFor(std::chrono::milliseconds(20))) << "it ended before";
    }
    render.Signal(SIGKILL);
    render.Wait();
  }
  ASSERT_THAT(Contents(folder_.path().string()),
              AllOf(Contains("out.mkv.weft"), Not(Contains("out.mkv"))));
  SetClock(-800 * kDay);
  const Outcome outcome =
      RunCommand(Jumping(Render(Path("out.mkv"), more)), commands_.path().string());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_EQ(Hashes("out.mkv"), Hashes("calm.mkv"));
}

}  // namespace
}  // namespace weft::testing
