#include "coordinator/cli/command_line.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

Result<CommandLine> Read(const std::vector<std::string>& arguments) {
  return ReadCommandLine(arguments, "/here");
}

TEST(CommandLine, ReadsTheFlagsOfARender) {
  const CommandLine line = Read({"render",
                                 "city.mp4",
                                 "-o",
                                 "out/neon.mkv",
                                 "--model",
                                 "/models/demo",
                                 "--prompt",
                                 "neon glow",
                                 "--steps",
                                 "12",
                                 "--size",
                                 "320x176",
                                 "--frames",
                                 "8:24",
                                 "--control",
                                 "softedge=0.8",
                                 "--smooth-steps",
                                 "3,7",
                                 "--no-final-pass",
                                 "--workers",
                                 "2",
                                 "--device",
                                 "cuda:1",
                                 "--dtype",
                                 "float16",
                                 "--lossless",
                                 "--json",
                                 "--keep"})
                               .value();
  EXPECT_EQ(line.command, Command::kRender);
  EXPECT_EQ(line.options.input, "/here/city.mp4");
  EXPECT_EQ(line.options.output, "/here/out/neon.mkv");
  EXPECT_EQ(line.options.model, "/models/demo");
  EXPECT_EQ(line.options.prompt, "neon glow");
  EXPECT_EQ(line.options.steps, 12U);
  EXPECT_THAT(*line.options.smooth_steps, ElementsAre(3, 7));
  EXPECT_FALSE(line.options.final_pass);
  EXPECT_EQ(line.options.device, "cuda:1");
  EXPECT_TRUE(line.options.lossless);
  EXPECT_TRUE(line.options.json);
  EXPECT_TRUE(line.options.keep);
}

TEST(CommandLine, ControlsMayBeRepeatedAndTheirPathsStartWhereWeftWasCalled) {
  const CommandLine line = Read({"render", "city.mp4", "--control", "softedge=0.8", "--control",
                                 "depth=1,net=nets/d,maps=d.mp4"})
                               .value();
  ASSERT_EQ(line.options.controls.size(), 2U);
  EXPECT_EQ(line.options.controls[0].scale(), 0.8);
  EXPECT_EQ(line.options.controls[1].net_path(), "/here/nets/d");
  EXPECT_EQ(line.options.controls[1].maps_path(), "/here/d.mp4");
}

TEST(CommandLine, ReadsAPlan) {
  EXPECT_EQ(Read({"plan", "city.mp4", "--model", "m"})->command, Command::kPlan);
}

TEST(CommandLine, FlagsWinOverTheJobFile) {
  const TemporaryFolder folder;
  std::ofstream(folder.File("job.yaml"))
      << "input: city.mp4\nsteps: 30\nseed: 1\nlossless: true\nkeep: true\n";
  const CommandLine line =
      ReadCommandLine({"render", "job.yaml", "--seed", "7", "--no-lossless", "-o", "x.mp4"},
                      folder.path().string())
          .value();
  EXPECT_EQ(line.options.input, folder.File("city.mp4"));
  EXPECT_EQ(line.options.output, folder.File("x.mp4"));
  EXPECT_EQ(line.options.steps, 30U);
  EXPECT_EQ(line.options.seed, 7U);
  EXPECT_FALSE(line.options.lossless);
  EXPECT_TRUE(line.options.keep);
}

TEST(CommandLine, AWrongValueIsRefusedByItsFlag) {
  const Result<CommandLine> line = Read({"render", "a.mp4", "--steps", "0"});
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().message(), "--steps must be a whole number from 1 to 1000, not \"0\"");
}

TEST(CommandLine, UnknownFlagsAndCommandsAreRefused) {
  EXPECT_THAT(Read({"render", "a.mp4", "--stepz", "3"}).error().message(), HasSubstr("--stepz"));
  EXPECT_THAT(Read({"rendre"}).error().message(), HasSubstr("render"));
  EXPECT_FALSE(Read({}));
  EXPECT_FALSE(Read({"render", "a.mp4", "--steps"}));
  EXPECT_FALSE(Read({"render", "a.mp4", "--steps", "1", "--steps", "2"}));
  EXPECT_THAT(Read({"render", "a.mp4", "--keep", "--no-keep"}).error().message(),
              HasSubstr("--no-keep"));
}

TEST(CommandLine, AMissingJobFileIsNamed) {
  EXPECT_THAT(Read({"render", "none.yaml"}).error().message(), HasSubstr("/here/none.yaml"));
}

TEST(CommandLine, HelpHasEveryFieldAnExampleAndTheExitCodes) {
  const CommandLine help = Read({"render", "--help"}).value();
  EXPECT_EQ(help.command, Command::kShow);
  for (const char* const words : {"--smooth-steps", "--no-final-pass", "--anchor-spacing", "-o,",
                                  "weft render city.mp4", "Exit codes", "130"}) {
    EXPECT_THAT(help.text, HasSubstr(words));
  }
  EXPECT_THAT(Read({"--help"})->text, HasSubstr("plan"));
}

TEST(CommandLine, TellsItsVersion) {
  EXPECT_THAT(Read({"--version"})->text, StartsWith("weft 0."));
}

}  // namespace
}  // namespace weft::cli
