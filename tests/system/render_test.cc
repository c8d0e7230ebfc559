// Whole renders through every real part: coordinator, worker processes, ZeroMQ, RocksDB, LibTorch,
// PatchMatch, FFmpeg.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/system/rendering.h"

namespace weft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Render : public Rendering {};

// Goal: the picture does not depend on how the work was cut. Method: the same lossless job with
// chunks of 8, 24 and all frames, on 1 and on 2 workers; every frame's hash must agree.
TEST_F(Render, GivesTheSameFramesHoweverItIsCut) {
  std::string expected;
  for (const char* chunk : {"8", "24", "30"}) {
    for (const char* workers : {"1", "2"}) {
      const std::string output = Path(std::string("out-") + chunk + "-" + workers + ".mkv");
      const Outcome outcome = RunCommand(
          Rendering::Render(output, {"--lossless", "--chunk", chunk, "--workers", workers}),
          commands_.path().string());
      ASSERT_EQ(outcome.exit_code, 0) << outcome.errors;
      const std::string hashes = FrameHashes(output, commands_.path().string());
      EXPECT_EQ(std::count(hashes.begin(), hashes.end(), '\n'), 30);
      if (expected.empty()) {
        expected = hashes;
      }
      EXPECT_EQ(hashes, expected) << "chunk " << chunk << ", workers " << workers;
    }
  }
}

// Goal: the file does not depend on it either. Method: H.264 with chunks of 7, 16 and all frames;
// all bytes must agree, with groups of 5 frames that begin inside of chunks and at the scene cut,
// and so must the frames beside two borders, which the jobs make a second time.
TEST_F(Render, WritesTheSameFileHoweverItIsCut) {
  std::set<std::string> files;
  for (const char* chunk : {"7", "16", "30"}) {
    const std::string output = Path(std::string("out-") + chunk + ".mp4");
    const Outcome outcome = RunCommand(
        Rendering::Render(output, {"--chunk", chunk, "--seam-checks", "2", "--gop", "5"}),
        commands_.path().string());
    ASSERT_EQ(outcome.exit_code, 0) << outcome.errors;
    files.insert(ReadFile(output));
    const nlohmann::json seams = nlohmann::json::parse(ReadFile(output + ".seams.json"));
    EXPECT_EQ(seams["checks"].size(), chunk == std::string("7") ? 2U : chunk[0] == '1' ? 1U : 0U);
    for (const nlohmann::json& check : seams["checks"]) {
      EXPECT_TRUE(check["equal"]) << "chunk " << chunk << ", frame " << check["frame"];
      EXPECT_EQ(check["border"], check["interior"]);
      EXPECT_GT(check["interior"], 0);
    }
  }
  EXPECT_EQ(files.size(), 1U);
  const Outcome keys =
      RunCommand({"ffprobe", "-v", "error", "-select_streams", "v", "-skip_frame", "nokey",
                  "-show_entries", "frame=pts_time", "-of", "csv=p=0", Path("out-7.mp4")},
                 commands_.path().string());
  EXPECT_EQ(keys.output, "0.000000\n0.200000\n0.400000\n0.480000\n0.680000\n0.880000\n1.080000\n")
      << "frames 0, 5, 10, 12, 17, 22 and 27";
}

// Chunks that exchange nothing do show where they meet, and the report says so.
TEST_F(Render, SaysHowMuchABorderShowsWhereChunksExchangeNothing) {
  const std::string output = Path("out.mp4");
  const Outcome outcome = RunCommand(
      Rendering::Render(output, {"--chunk", "8", "--exchange", "none", "--overlap", "1"}),
      commands_.path().string());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.errors;
  const nlohmann::json seams = nlohmann::json::parse(ReadFile(output + ".seams.json"));
  ASSERT_EQ(seams["checks"].size(), 1U);
  EXPECT_FALSE(seams["checks"][0]["equal"]);
  EXPECT_NE(seams["seam"], 0);
  EXPECT_THAT(outcome.errors, HasSubstr("seams: 0 of 1 checked border equal "));
}

TEST_F(Render, WritesAnMp4WithTheSourcesSoundAndLength) {
  const std::string output = Path("out.mp4");
  const Outcome outcome =
      RunCommand(Rendering::Render(output, {"--chunk", "8"}), commands_.path().string());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.errors;
  const Outcome streams = RunCommand(
      {"ffprobe", "-v", "error", "-count_frames", "-show_entries",
       "stream=codec_name,nb_read_frames:format=duration", "-of", "default=nk=1:nw=1", output},
      commands_.path().string());
  EXPECT_THAT(streams.output, HasSubstr("h264\n30\n"));
  EXPECT_THAT(streams.output, HasSubstr("aac"));
  const double seconds =
      std::stod(streams.output.substr(streams.output.rfind('\n', streams.output.size() - 2)));
  EXPECT_NEAR(seconds, 30 / 25.0, 0.06);
  EXPECT_THAT(outcome.errors, HasSubstr("seams: ")) << "at frames 8, 16 and 24";
  EXPECT_THAT(outcome.errors,
              HasSubstr("seams: 1 of 1 checked border equal to the same frames made without "
                        "one (+0.0 %); "));
  EXPECT_THAT(outcome.errors, HasSubstr(" levels at 3 borders, "));
  EXPECT_THAT(Contents(folder_.path().string()),
              ElementsAre("clip.mkv", "out.mp4", "out.mp4.seams.json", "out.mp4.seams.png"))
      << "nothing else is left";
}

TEST_F(Render, TakesAJobFileAndSaysTheSameAsTheFlags) {
  const std::string by_flags = Path("flags.mkv");
  const std::string by_file = Path("file.mkv");
  const std::string job = Path("job.yaml");
  {
    std::ofstream file(job);
    file << "input: clip.mkv\noutput: file.mkv\nmodel: " WEFT_SOURCE_DIR
            "/deploy/models/weft-demo\n"
         << "prompt: a photo of towers, neon glow\nsteps: 5\nstrength: 0.8\nguidance: 4\nseed: 7\n"
         << "control: softedge=1.0\nsmooth-steps: [2, 4]\nwindow: 3\nanchor-spacing: 8\n"
         << "lossless: true\n";
  }
  const Outcome file = RunCommand({Program("weft"), "render", job}, commands_.path().string());
  ASSERT_EQ(file.exit_code, 0) << file.errors;
  const Outcome flags =
      RunCommand(Rendering::Render(by_flags, {"--lossless"}), commands_.path().string());
  ASSERT_EQ(flags.exit_code, 0) << flags.errors;
  EXPECT_EQ(FrameHashes(by_file, commands_.path().string()),
            FrameHashes(by_flags, commands_.path().string()));
}

TEST_F(Render, KeepsOddSizesWhenLossless) {
  const std::string output = Path("odd.mkv");
  const Outcome outcome =
      RunCommand(Rendering::Render(output, {"--lossless", "--size", "61x45", "--frames", "3:9"}),
                 commands_.path().string());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.errors;
  const Outcome streams =
      RunCommand({"ffprobe", "-v", "error", "-count_frames", "-show_entries",
                  "stream=width,height,nb_read_frames", "-of", "csv=p=0", output},
                 commands_.path().string());
  EXPECT_THAT(streams.output, HasSubstr("61,45,6"));
}

TEST_F(Render, StopsOnInterruptAndGoesOnWithTheSameCommand) {
  const std::string undisturbed = Path("undisturbed.mkv");
  ASSERT_EQ(RunCommand(Rendering::Render(undisturbed, {"--lossless", "--chunk", "4"}),
                       commands_.path().string())
                .exit_code,
            0);

  const std::string output = Path("out.mkv");
  const auto command = Rendering::Render(output, {"--lossless", "--chunk", "4"});
  Command first(command, commands_.path().string());
  ASSERT_FALSE(first.WaitFor(std::chrono::milliseconds(2500))) << "it was to be interrupted";
  first.Signal(SIGINT);
  const Outcome interrupted = first.Wait();
  EXPECT_EQ(interrupted.exit_code, 130) << interrupted.errors;
  EXPECT_THAT(interrupted.errors, HasSubstr("same command"));
  EXPECT_FALSE(std::filesystem::exists(output)) << "an output appears only whole";

  const Outcome second = RunCommand(command, commands_.path().string());
  ASSERT_EQ(second.exit_code, 0) << second.errors;
  EXPECT_EQ(FrameHashes(output, commands_.path().string()),
            FrameHashes(undisturbed, commands_.path().string()));
}

}  // namespace
}  // namespace weft::testing
