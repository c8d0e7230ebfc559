// What is brought to one measure over whole scenes, and anchors that the user gives: no frame
// depends on how the job was cut.

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/system/rendering.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kBadInput = 3;
constexpr const char* kModel = WEFT_SOURCE_DIR "/deploy/models/weft-demo";

class SceneStatistics : public Rendering {
 protected:
  // The frames that the command makes, with a lossless output.
  std::string Frames(std::vector<std::string> command, const std::vector<std::string>& more) {
    const std::string output = Path("out-" + std::to_string(++runs_) + ".mkv");
    command.insert(command.begin(), Program("weft"));
    command.insert(command.end(), {"-o", output, "--lossless"});
    command.insert(command.end(), more.begin(), more.end());
    const Outcome outcome = RunCommand(command, commands_.path().string());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
    EXPECT_THAT(outcome.errors, Not(HasSubstr("seams: 0 of"))) << "made again, and not the same";
    return outcome.exit_code == 0 ? FrameHashes(output, commands_.path().string()) : "";
  }

  // A render without smoothing, in which a frame would know its neighbours; of frames 4 to 19, with
  // a cut at 12.
  std::string Rendered(const std::vector<std::string>& more) {
    return Frames(
        {"render", clip_, "--model", kModel, "--prompt", "a harbour", "--frames", "4:20", "--steps",
         "2", "--size", "64x48", "--smooth-steps", "none", "--window", "0", "--strength", "0.7"},
        more);
  }

  int runs_ = 0;
};

TEST_F(SceneStatistics, SteadyColoursAreTheSameHoweverTheJobIsCut) {
  MakeClip(Path("style.mkv"),
           {"-i", clip_, "-vf", "eq=brightness='0.1*sin(n*2)':eval=frame", "-c:v", "ffv1"});
  const std::vector<std::string> deflicker = {"deflicker", "--style", Path("style.mkv"), "--window",
                                              "1",         "--mode",  "balanced"};
  const std::string whole = Frames(deflicker, {"--steady-colours", "--chunk", "30"});
  EXPECT_EQ(Frames(deflicker, {"--steady-colours", "--chunk", "7", "--workers", "2"}), whole);
  EXPECT_NE(Frames(deflicker, {"--chunk", "30"}), whole);
  const std::string rendered = Rendered({"--steady-colours", "--chunk", "16"});
  EXPECT_EQ(Rendered({"--steady-colours", "--chunk", "5", "--verify", "3"}), rendered);
  EXPECT_EQ(Rendered({"--steady-colours", "--chunk", "1"}), rendered);
  EXPECT_NE(Rendered({"--chunk", "16"}), rendered);
}

TEST_F(SceneStatistics, SteadyDepthIsTheSameHoweverTheJobIsCut) {
  MakeClip(Path("depth.mkv"),
           {"-i", clip_, "-an", "-vf",
            "format=gray,eq=brightness='0.2*sin(n*2)':eval=frame,format=bgr0", "-c:v", "ffv1"});
  const std::string depth = "depth=1,maps=" + Path("depth.mkv");
  const std::string whole = Rendered({"--control", depth + ",steady", "--chunk", "16"});
  EXPECT_EQ(Rendered({"--control", depth + ",steady", "--chunk", "5"}), whole);
  EXPECT_NE(Rendered({"--control", depth, "--chunk", "16"}), whole);
}

TEST_F(SceneStatistics, AnchorsMayBeGiven) {
  const std::string whole = Rendered({"--anchor-frames", "3,11", "--chunk", "16"});
  EXPECT_EQ(Rendered({"--anchor-frames", "3,11", "--chunk", "5", "--workers", "2"}), whole);
  EXPECT_NE(Rendered({"--chunk", "16"}), whole);
  const Outcome outcome =
      RunCommand({Program("weft"), "render", clip_, "-o", Path("out.mkv"), "--model", kModel,
                  "--prompt", "a harbour", "--frames", "4:20", "--anchor-frames", "3,16"},
                 commands_.path().string());
  EXPECT_EQ(outcome.exit_code, kBadInput);
  EXPECT_THAT(outcome.errors, HasSubstr("anchor_frames: 16 is no frame of the job, which has 16"));
}

}  // namespace
}  // namespace weft::testing
