#include "coordinator/cli/fleet_commands.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft::cli {
namespace {

using ::testing::HasSubstr;

struct Said {
  std::optional<ExitCode> code;
  std::string out;
  std::string complaint;
};

Said Command(const std::vector<std::string>& arguments, const std::string& folder = "/") {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Said said;
  said.code = CommandFleet(arguments, folder);
  said.out = testing::internal::GetCapturedStdout();
  said.complaint = testing::internal::GetCapturedStderr();
  return said;
}

TEST(FleetCommands, LeavesOtherCommandsAlone) {
  EXPECT_EQ(Command({}).code, std::nullopt);
  EXPECT_EQ(Command({"render", "--help"}).code, std::nullopt);
}

TEST(FleetCommands, EveryCommandShowsAnExample) {
  for (const std::string name :
       {"submit",  "jobs",     "show",   "tasks",   "workers", "watch",  "fetch",
        "preview", "logs",     "events", "pause",   "resume",  "cancel", "retry",
        "drop",    "priority", "drain",  "undrain", "fsck",    "backup"}) {
    const Said said = Command({name, "--help"});
    EXPECT_EQ(said.code, ExitCode::kDone) << name;
    EXPECT_THAT(said.out, HasSubstr("Example:\n  weft " + name)) << name;
    EXPECT_THAT(FleetHelp(), HasSubstr("weft " + name + " "));
  }
}

TEST(FleetCommands, WrongUsageIsSaidBeforeAnybodyIsAsked) {
  EXPECT_EQ(Command({"show"}).code, ExitCode::kUsage);
  EXPECT_EQ(Command({"jobs", "--state", "asleep"}).code, ExitCode::kUsage);
  EXPECT_EQ(Command({"logs", "j-1", "--grep", "("}).code, ExitCode::kUsage);
  EXPECT_EQ(Command({"priority", "j-1", "101"}).code, ExitCode::kUsage);
}

TEST(FleetCommands, ADryRunReadsTheFilesAndAsksNobody) {
  const TemporaryFolder folder;
  std::ofstream(folder.File("shots.yaml"))
      << "kind: deflicker\noutput: 'out-{name}.mp4'\nclips: [a.mp4, b.mp4]\n";
  const Said said =
      Command({"submit", "shots.yaml", "--dry-run", "--unchecked"}, folder.path().string());
  EXPECT_EQ(said.code, ExitCode::kDone) << said.complaint;
  EXPECT_EQ(said.out, "a: deflicker " + folder.File("a.mp4") + " to " + folder.File("out-a.mp4") +
                          "\nb: deflicker " + folder.File("b.mp4") + " to " +
                          folder.File("out-b.mp4") + "\n");
}

TEST(FleetCommands, AWrongJobFileIsWrongUsage) {
  const TemporaryFolder folder;
  std::ofstream(folder.File("shots.yaml")) << "stepz: 3\n";
  const Said said = Command({"submit", "shots.yaml"}, folder.path().string());
  EXPECT_EQ(said.code, ExitCode::kUsage);
  EXPECT_THAT(said.complaint, HasSubstr("shots.yaml:1:1: there is no field \"stepz\""));
}

TEST(FleetCommands, AClipThatIsNotThereIsBadInput) {
  const TemporaryFolder folder;
  std::ofstream(folder.File("shots.yaml")) << "kind: deflicker\nstyle: a.mp4\noutput: b.mp4\n";
  const Said said = Command({"submit", "shots.yaml"}, folder.path().string());
  EXPECT_EQ(said.code, ExitCode::kBadInput);
  EXPECT_THAT(said.complaint, HasSubstr("no such file: " + folder.File("a.mp4")));
}

}  // namespace
}  // namespace weft::cli
