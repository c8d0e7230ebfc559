// Somebody sets the machine's clock while a render runs.

#include <array>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/system/rendering.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr unsigned kSeed = 20261127;
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

  [[nodiscard]] std::string CoordinatorLog(const std::string& output) const {
    std::ostringstream text;
    text << std::ifstream(Path(output) + ".weft/coordinator.log").rdbuf();
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

  const std::array<std::int64_t, 7> kJumps = {kHour,      -kHour,      kDay,       -2 * kDay,
                                              400 * kDay, -800 * kDay, 4000 * kDay};
  std::mt19937 random(kSeed);
  Command render(Jumping(Render(Path("out.mkv"), more)), commands_.path().string());
  int jumps = 0;
  while (!render.WaitFor(std::chrono::milliseconds(100 + random() % 400))) {
    SetClock(kJumps.at(random() % kJumps.size()));
    ++jumps;
  }
  const Outcome outcome = render.Wait();
  ASSERT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_EQ(Hashes("out.mkv"), Hashes("calm.mkv"));
  const std::string log = CoordinatorLog("out.mkv");
  EXPECT_GT(jumps, 5);
  EXPECT_GT(Years(log).size(), 2U) << "the programs have not seen the clock jump";
  for (const char* loss : {"was lost", "is silent", "failed", "again"}) {
    EXPECT_THAT(log, Not(HasSubstr(loss)));
    EXPECT_THAT(CoordinatorLog("calm.mkv"), Not(HasSubstr(loss))) << "the words mean nothing";
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
    while (CoordinatorLog("out.mkv").find("denoise") == std::string::npos &&
           !render.WaitFor(std::chrono::milliseconds(50))) {
    }
  }
  SetClock(-800 * kDay);
  const Outcome outcome =
      RunCommand(Jumping(Render(Path("out.mkv"), more)), commands_.path().string());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_EQ(Hashes("out.mkv"), Hashes("calm.mkv"));
}

}  // namespace
}  // namespace weft::testing
