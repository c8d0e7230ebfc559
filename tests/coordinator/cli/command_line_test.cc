#include "coordinator/cli/command_line.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
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
  EXPECT_EQ(line.command, Command::kRun);
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

TEST(CommandLine, ReadsTheFlagsOfADeflickerJob) {
  const CommandLine line =
      Read({"deflicker",  "--style", "neon.mp4", "--guide",  "city.mp4",  "-o",
            "steady.mkv", "--mode",  "fast",     "--window", "8",         "--guide-weight",
            "20",         "--patch", "7",        "--align",  "--frames",  "2:9",
            "--seed",     "4",       "--chunk",  "5",        "--workers", "2",
            "--lossless", "--keep"})
          .value();
  EXPECT_EQ(line.command, Command::kRun);
  EXPECT_EQ(line.options.kind, v1::JOB_KIND_DEFLICKER);
  EXPECT_EQ(line.options.input, "/here/neon.mp4");
  EXPECT_EQ(line.options.guide, "/here/city.mp4");
  EXPECT_EQ(line.options.output, "/here/steady.mkv");
  EXPECT_EQ(line.options.mode, v1::SMOOTHING_MODE_FAST);
  EXPECT_EQ(line.options.window, 8U);
  EXPECT_EQ(line.options.guide_weight, 20U);
  EXPECT_EQ(line.options.patch, 7U);
  EXPECT_TRUE(line.options.align);
  EXPECT_EQ(line.options.chunk, 5U);
  EXPECT_EQ(Read({"deflicker", "neon.mp4"})->options.input, "/here/neon.mp4");
}

TEST(CommandLine, EachCommandHasTheFlagsOfItsKindAlone) {
  EXPECT_THAT(Read({"deflicker", "--style", "a.mp4", "--prompt", "neon"}).error().message(),
              AllOf(HasSubstr("--prompt"), HasSubstr("weft deflicker --help")));
  EXPECT_THAT(Read({"render", "a.mp4", "--guide", "b.mp4"}).error().message(),
              AllOf(HasSubstr("--guide"), HasSubstr("weft render --help")));
  EXPECT_THAT(Read({"plan", "a.mp4", "--stepz"}).error().message(), HasSubstr("weft plan --help"));
  EXPECT_FALSE(Read({"render", "a.mp4", "--kind", "deflicker"}));
  EXPECT_EQ(Read({"deflicker", "a.mp4", "--window", "0"}).error().message(),
            "--window must be a whole number from 1 to 256, not \"0\"");
}

TEST(CommandLine, APlanIsOfTheKindThatItsFileOrFlagSays) {
  const TemporaryFolder folder;
  const std::string here = folder.path().string();
  std::ofstream(folder.File("job.yaml")) << "kind: deflicker\nstyle: a.mp4\n";
  EXPECT_EQ(ReadCommandLine({"plan", "job.yaml", "--guide", "g.mp4"}, here)->options.guide,
            folder.File("g.mp4"));
  EXPECT_EQ(Read({"plan", "--kind", "deflicker", "--style", "a.mp4"})->options.kind,
            v1::JOB_KIND_DEFLICKER);
  EXPECT_THAT(Read({"plan", "a.mp4", "--guide", "g.mp4"}).error().message(),
              HasSubstr("--guide: a render job has none; --kind says"));
  EXPECT_THAT(Read({"plan", "a.mp4", "--kind", "resize"}).error().message(),
              HasSubstr("--kind must be render or deflicker"));
}

TEST(CommandLine, AJobFileOfAnotherKindIsToldWhereItBelongs) {
  const TemporaryFolder folder;
  const std::string here = folder.path().string();
  std::ofstream(folder.File("job.yaml")) << "kind: deflicker\nstyle: a.mp4\n";
  EXPECT_THAT(ReadCommandLine({"render", "job.yaml"}, here).error().message(),
              HasSubstr("job.yaml is a deflicker job: run it with weft deflicker"));
  EXPECT_TRUE(ReadCommandLine({"deflicker", "job.yaml"}, here));
  std::ofstream(folder.File("job.yaml")) << "style: a.mp4\n";
  EXPECT_TRUE(ReadCommandLine({"deflicker", "job.yaml"}, here));
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

TEST(CommandLine, AClipIsNamedOnce) {
  const auto both =
      ReadCommandLine({"deflicker", "a.mkv", "--style", "b.mkv", "-o", "c.mkv"}, "/here");
  ASSERT_FALSE(both.has_value());
  EXPECT_THAT(both.error().message(), AllOf(HasSubstr("a.mkv"), HasSubstr("--style b.mkv")));
  EXPECT_FALSE(ReadCommandLine({"render", "a.mkv", "--input", "b.mkv"}, "/here").has_value());
}

TEST(CommandLine, AWrongValueIsRefusedByItsFlag) {
  const Result<CommandLine> line = Read({"render", "a.mp4", "--steps", "0"});
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().message(), "--steps must be a whole number from 1 to 1000, not \"0\"");
}

TEST(CommandLine, AMistypedWordIsNamedWithWhatWasProbablyMeant) {
  EXPECT_EQ(Read({"render", "a.mp4", "--stregnth", "0.5"}).error().message(),
            "--stregnth is no option of weft render; do you mean --strength? (weft render --help "
            "lists what there is)");
  EXPECT_EQ(Read({"plan", "a.mp4", "--sedd=5"}).error().message(),
            "--sedd is no option of weft plan; do you mean --seed? (weft plan --help lists what "
            "there is)");
  EXPECT_EQ(Read({"rendr", "a.mp4"}).error().message(),
            "there is no command \"rendr\"; do you mean weft render? (weft --help lists commands)");
  EXPECT_THAT(Read({"render", "a.mp4", "b.mp4"}).error().message(),
              StartsWith("weft render does not take \"b.mp4\""));
  EXPECT_THAT(Read({}).error().message(), StartsWith("name a command"));
}

TEST(CommandLine, TheOutputMayHaveTheClipsName) {
  const TemporaryFolder folder;
  const std::string here = folder.path().string();
  EXPECT_EQ(Read({"render", "shots/city.mp4", "-o", "out/{name}.{number}.mp4"})->options.output,
            "/here/out/city.1.mp4");
  EXPECT_EQ(ReadCommandLine({"render", "a.mp4", "-o", "x.mp4"}, "/a{b}")->options.output,
            "/a{b}/x.mp4");
  std::ofstream(folder.File("job.yaml")) << "input: city.mp4\noutput: out/{name}.x.mp4\n";
  EXPECT_EQ(ReadCommandLine({"plan", "job.yaml"}, here)->options.output,
            folder.File("out/city.x.mp4"));
  EXPECT_EQ(ReadCommandLine({"render", "job.yaml", "--input", "sea.mp4"}, here)->options.output,
            folder.File("out/sea.x.mp4"));
  EXPECT_THAT(Read({"render", "a.mp4", "-o", "{nmae}.mp4"}).error().message(),
              StartsWith("--output: there is no {nmae}; what may stand in braces is {name}"));
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
  EXPECT_THAT(help.text, Not(HasSubstr("--guide ")));
  EXPECT_THAT(Read({"--help"})->text,
              AllOf(HasSubstr("plan"), HasSubstr("weft deflicker --style")));
}

TEST(CommandLine, HelpOfADeflickerJobSaysWhatBecomesOfItsClips) {
  const CommandLine help = Read({"deflicker", "--help"}).value();
  for (const char* const words :
       {"--style", "--guide", "--align", "[robust]", "-o,", "weft deflicker --style neon.mp4",
        "10-bit", "time stamps", "Exit codes", "130"}) {
    EXPECT_THAT(help.text, HasSubstr(words));
  }
  EXPECT_THAT(help.text, Not(HasSubstr("--prompt")));
}

TEST(CommandLine, TellsItsVersion) {
  EXPECT_THAT(Read({"--version"})->text, StartsWith("weft 0."));
}

}  // namespace
}  // namespace weft::cli
