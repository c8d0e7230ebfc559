// Whole renders in which frames attend to one another across the borders of chunks.

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/system/rendering.h"

namespace weft::testing {
namespace {

struct Kind {
  std::string name;
  std::string attention;
  std::vector<std::string> more;
};

class Attention : public Rendering, public ::testing::WithParamInterface<Kind> {
 protected:
  // A lossless render of 13 frames across a scene cut.
  [[nodiscard]] std::vector<std::string> Command(const std::string& output,
                                                 const std::string& attention,
                                                 const std::vector<std::string>& more) const {
    std::vector<std::string> command = {Program("weft"),
                                        "render",
                                        clip_,
                                        "-o",
                                        output,
                                        "--model",
                                        WEFT_SOURCE_DIR "/deploy/models/weft-demo",
                                        "--prompt",
                                        "a photo of towers, neon glow",
                                        "--lossless",
                                        "--frames",
                                        "2:15",
                                        "--steps",
                                        "4",
                                        "--guidance",
                                        "4",
                                        "--control",
                                        "softedge=1.0",
                                        "--window",
                                        "2",
                                        "--attention",
                                        attention};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }

  std::string Frames(const std::string& name,
                     const std::string& attention,
                     const std::vector<std::string>& more) {
    const std::string output = Path(name + ".mkv");
    const Outcome outcome = RunCommand(Command(output, attention, more), commands_.path().string());
    EXPECT_EQ(outcome.exit_code, 0) << name << ": " << outcome.errors;
    EXPECT_EQ(outcome.errors.find("seams: 0 of"), std::string::npos) << name << ": a border shows";
    std::string hashes = FrameHashes(output, commands_.path().string());
    EXPECT_EQ(std::count(hashes.begin(), hashes.end(), '\n'), 13) << name;
    return hashes;
  }
};

// Goal: in every attention mode, the picture does not depend on how the work was cut. Method: the
// same job in chunks shorter than a window, and as one chunk, on 1 and on 2 workers; and with
// rounds of one step and of several.
TEST_P(Attention, GivesTheSameFramesHoweverItIsCut) {
  const Kind& kind = GetParam();
  std::set<std::string> hashes;
  for (const char* chunk : {"3", "5", "13"}) {
    std::vector<std::string> more = kind.more;
    more.insert(more.end(), {"--chunk", chunk, "--workers", chunk[0] == '5' ? "1" : "2"});
    hashes.insert(Frames(std::string("chunk-") + chunk, kind.attention, more));
  }
  for (const char* steps : {"1", "2", "4"}) {  // Exchanged every step, and deep halos.
    std::vector<std::string> more = kind.more;
    more.insert(more.end(), {"--chunk", "3", "--workers", "2", "--round-steps", steps});
    hashes.insert(Frames(std::string("steps-") + steps, kind.attention, more));
  }
  EXPECT_EQ(hashes.size(), 1U);
  EXPECT_NE(*hashes.begin(), Frames("self", "self", kind.more)) << "others are not seen at all";
}

INSTANTIATE_TEST_SUITE_P(
    Kinds,
    Attention,
    ::testing::Values(Kind{"Window", "window:4/2", {"--smooth-steps", "1,3", "--strength", "0.8"}},
                      Kind{"Pattern", "pattern:first,-1,0,1", {"--smooth-steps", "2"}},
                      Kind{"PatternEuler", "pattern:-2,0", {"--sampler", "euler"}}),
    [](const auto& instance) { return instance.param.name; });

using ControlNetAttention = Attention;

// The same of frames that attend to others in the ControlNets as well.
TEST_P(ControlNetAttention, GivesTheSameFramesHoweverItIsCut) {
  const Kind& kind = GetParam();
  std::set<std::string> hashes;
  for (const char* chunk : {"3", "13"}) {
    std::vector<std::string> more = kind.more;
    more.insert(more.end(), {"--chunk", chunk, "--controlnets-attend"});
    hashes.insert(Frames(std::string("chunk-") + chunk, kind.attention, more));
  }
  EXPECT_EQ(hashes.size(), 1U);
  EXPECT_NE(*hashes.begin(), Frames("unet-alone", kind.attention, kind.more));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds,
    ControlNetAttention,
    ::testing::Values(Kind{"Anchors", "anchors", {"--anchor-spacing", "4", "--smooth-steps", "1"}},
                      Kind{"Window", "window:4/2", {"--smooth-steps", "none"}}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace weft::testing
