// kill -9 of any process at any moment, then the same command again.

#include <chrono>
#include <csignal>
#include <memory>
#include <random>
#include <string>

#include <gmock/gmock.h>

#include "tests/system/rendering.h"

namespace weft::testing {
namespace {

constexpr int kKills = 20;
constexpr unsigned kSeed = 20261122;

class Kill : public Rendering {};

// Goal: the picture does not depend on what crashed. Method: 20 SIGKILLs at random moments of one
// render, each to the coordinator's process or to one of its workers; whenever the coordinator was
// hit, the same command is run again. The frames must be those of an undisturbed render.
TEST_F(Kill, TwentyTimesChangesNothing) {
  const std::vector<std::string> options = {"--lossless", "--chunk", "3", "--workers", "2"};
  const std::string undisturbed = Path("undisturbed.mkv");
  const Outcome calm = RunCommand(Render(undisturbed, options), commands_.path().string());
  ASSERT_EQ(calm.exit_code, 0) << calm.errors;

  std::mt19937 random(kSeed);
  const std::string output = Path("out.mkv");
  const auto command = Render(output, options);
  auto render = std::make_unique<Command>(command, commands_.path().string());
  int kills = 0;
  while (kills < kKills) {
    const auto pause = std::chrono::milliseconds(300 + random() % 1500);
    if (render->WaitFor(pause)) {
      break;
    }
    const std::vector<pid_t> workers = ChildrenOf(render->pid());
    const std::size_t victim = random() % (workers.size() + 1);
    ++kills;
    if (victim < workers.size()) {
      kill(workers[victim], SIGKILL);
      continue;
    }
    render->Signal(SIGKILL);
    render->Wait();
    render = std::make_unique<Command>(command, commands_.path().string());
  }
  const Outcome end = render->Wait();
  ASSERT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_EQ(kills, kKills) << "the render was too short for so many kills";
  EXPECT_EQ(FrameHashes(output, commands_.path().string()),
            FrameHashes(undisturbed, commands_.path().string()));
}

}  // namespace
}  // namespace weft::testing
