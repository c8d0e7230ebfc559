// `weft deflicker` as a user runs it: any stylized video, with and without its clean source. Every
// run starts LibTorch, so what the probe alone decides is left to
// tests/worker/stages/probe_test.cc.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "tests/system/rendering.h"

namespace weft::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kUsage = 2;
constexpr int kBadInput = 3;

class Deflicker : public Rendering {
 protected:
  void SetUp() override {
    Rendering::SetUp();
    style_ = Path("style.mkv");
    MakeClip(style_, {"-i", clip_, "-vf", kFlicker, "-c:v", "ffv1", "-c:a", "copy"});
  }

  // "weft deflicker" of a clip with a small window and one worker, unless `more` says other.
  static std::vector<std::string> Steady(const std::string& style,
                                         const std::string& output,
                                         const std::vector<std::string>& more) {
    std::vector<std::string> command = {Program("weft"), "deflicker", "--style",
                                        style,           "-o",        output};
    for (const auto& [flag, value] : {std::pair("--window", "2"), std::pair("--workers", "1")}) {
      if (std::find(more.begin(), more.end(), flag) == more.end()) {
        command.insert(command.end(), {flag, value});
      }
    }
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }

  [[nodiscard]] Outcome Run(const std::vector<std::string>& command) const {
    return RunCommand(command, commands_.path().string());
  }

  // The frames that a lossless run of it gives.
  std::string Frames(const std::string& style,
                     const std::vector<std::string>& more,
                     const std::string& pixels = "rgb24") {
    const std::string output = Path("steady-" + std::to_string(++runs_) + ".mkv");
    auto command = Steady(style, output, more);
    command.emplace_back("--lossless");
    const Outcome outcome = Run(command);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
    EXPECT_THAT(outcome.errors, Not(HasSubstr("seams: 0 of"))) << "made again, and not the same";
    return outcome.exit_code == 0 ? FrameHashes(output, commands_.path().string(), pixels) : "";
  }

  void ExpectRefusal(const std::vector<std::string>& command,
                     int exit_code,
                     const ::testing::Matcher<std::string>& words) const {
    const Outcome outcome = Run(command);
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.errors;
    EXPECT_THAT(outcome.errors, AllOf(HasSubstr("weft: error: "), words));
    const std::size_t at = outcome.errors.find("weft: error: ");
    EXPECT_EQ(outcome.errors.find("weft: error: ", at + 1), std::string::npos) << outcome.errors;
    for (const std::string& name : Contents(folder_.path().string())) {
      EXPECT_THAT(name, Not(HasSubstr("out."))) << "left behind";
    }
  }

  static std::ptrdiff_t Count(const std::string& hashes) {
    return std::count(hashes.begin(), hashes.end(), '\n');
  }

  // Grain and brightness that change with every frame.
  static constexpr const char* kFlicker =
      "eq=brightness='0.1*sin(n*2)':eval=frame,noise=alls=24:allf=t:all_seed=7,format=yuv420p";

  std::string style_;  // clip_ with flicker and the same sound.
  int runs_ = 0;
};

// Goal: the picture does not depend on how the work was cut. Method: the same lossless job in
// chunks of 4, 11 and all frames, on 1 and on 2 workers.
TEST_F(Deflicker, GivesTheSameFramesHoweverItIsCut) {
  const std::vector<std::string> guide = {"--guide", clip_, "--workers"};
  const auto cut = [&](const char* workers, const char* chunk) {
    auto more = guide;
    more.insert(more.end(), {workers, "--chunk", chunk});
    return Frames(style_, more);
  };
  const std::string whole = cut("1", "30");
  EXPECT_EQ(Count(whole), 30);
  EXPECT_EQ(cut("1", "4"), whole);
  EXPECT_EQ(cut("2", "11"), whole);
  EXPECT_NE(FrameHashes(style_, commands_.path().string()), whole) << "it changes something";
  EXPECT_NE(Frames(style_, {}), whole) << "the guide counts";
}

TEST_F(Deflicker, WritesAnMp4WithTheStylesSoundAndLength) {
  const std::string output = Path("out.mp4");
  const Outcome outcome = Run(Steady(style_, output, {"--guide", clip_, "--json"}));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("\"frames_total\":30"), HasSubstr("\"done\"")));
  const Outcome streams =
      Run({"ffprobe", "-v", "error", "-count_frames", "-show_entries",
           "stream=codec_name,width,height,r_frame_rate,nb_read_frames", "-of", "csv=p=0", output});
  EXPECT_THAT(streams.output, AllOf(HasSubstr("h264,64,48,25/1,30"), HasSubstr("aac")));
  EXPECT_THAT(
      Contents(folder_.path().string()),
      ElementsAre("clip.mkv", "out.mp4", "out.mp4.seams.json", "out.mp4.seams.png", "style.mkv"))
      << "nothing else is left";
}

TEST_F(Deflicker, TakesAJobFileAndSaysTheSameAsTheFlags) {
  const std::string job = Path("job.yaml");
  std::ofstream(job) << "kind: deflicker\nstyle: style.mkv\nguide: clip.mkv\noutput: by-file.mkv\n"
                        "window: 3\nmode: balanced\nseed: 5\nframes: 4:18\nlossless: true\n";
  const Outcome file = Run({Program("weft"), "deflicker", job});
  ASSERT_EQ(file.exit_code, 0) << file.errors;
  EXPECT_EQ(FrameHashes(Path("by-file.mkv"), commands_.path().string()),
            Frames(style_, {"--guide", clip_, "--window", "3", "--mode", "balanced", "--seed", "5",
                            "--frames", "4:18"}));
  const Outcome plan = Run({Program("weft"), "plan", job, "--chunk", "5"});
  EXPECT_EQ(plan.exit_code, 0) << plan.errors;
  EXPECT_THAT(plan.output, AllOf(HasSubstr("14 frames from frame 4"), HasSubstr("2 scenes"),
                                 HasSubstr("finish        4")));
  ExpectRefusal({Program("weft"), "render", job}, kUsage, HasSubstr("weft deflicker"));
}

TEST_F(Deflicker, RefusesAGuideThatDoesNotMatchAndAlignsItWhenAsked) {
  const std::string cut = Path("cut.mkv");
  MakeClip(cut, {"-i", clip_, "-frames:v", "28", "-c:v", "ffv1"});
  ExpectRefusal(Steady(style_, Path("out.mkv"), {"--guide", cut, "--lossless"}), kBadInput,
                AllOf(HasSubstr("cut.mkv has 28 frames"), HasSubstr("style.mkv has 30 frames"),
                      HasSubstr("--align")));
  // The same pictures, each shown twice as often: aligned, every frame finds its own again.
  const std::string doubled = Path("doubled.mkv");
  MakeClip(doubled, {"-i", clip_, "-vf", "fps=50", "-c:v", "ffv1"});
  EXPECT_EQ(Frames(style_, {"--guide", doubled, "--align"}), Frames(style_, {"--guide", clip_}));
}

// Goal: key frames make the same clip however it is cut, and from either kind of style clip.
TEST_F(Deflicker, MakesAClipFromKeyFrames) {
  const std::string keys = Path("keys.mkv");
  MakeClip(keys, {"-i", style_, "-vf", "select='eq(n,0)+eq(n,14)+eq(n,15)+eq(n,29)'", "-vsync",
                  "vfr", "-an", "-c:v", "ffv1"});
  const std::vector<std::string> all = {"--guide",     clip_,          "--mode",
                                        "interpolate", "--key-frames", "0,14,15,29"};
  const auto cut = [&](const char* workers, const char* chunk) {
    auto more = all;
    more.insert(more.end(), {"--workers", workers, "--chunk", chunk});
    return Frames(keys, more);
  };
  const std::string whole = cut("1", "30");
  EXPECT_EQ(Count(whole), 30);
  EXPECT_EQ(cut("2", "7"), whole);
  EXPECT_EQ(Frames(style_, all), whole) << "the whole style, of which the key frames count";
  ExpectRefusal(Steady(keys, Path("out.mkv"),
                       {"--guide", clip_, "--mode", "interpolate", "--key-frames", "0,29"}),
                kBadInput,
                AllOf(HasSubstr("keys.mkv has 4 frames"), HasSubstr("--key-frames names 2"),
                      HasSubstr("clip.mkv has 30 frames")));
}

TEST_F(Deflicker, PropagatesOnePicture) {
  const std::string picture = Path("picture.png");
  MakeClip(picture, {"-i", style_, "-frames:v", "1", "-pix_fmt", "rgb24"});
  EXPECT_EQ(Count(Frames(picture, {"--guide", clip_, "--mode", "propagate", "--frames", "0:4"})),
            4);
  ExpectRefusal(Steady(picture, Path("out.mkv"), {"--mode", "propagate", "--lossless"}), kUsage,
                HasSubstr("guide is missing"));
}

TEST_F(Deflicker, TakesVeryShortClipsAndOddSizesAndTenBits) {
  EXPECT_EQ(Count(Frames(style_, {"--guide", clip_, "--frames", "3:4"})), 1);
  EXPECT_EQ(Count(Frames(style_, {"--frames", "3:5", "--window", "200"})), 2);
  const std::string odd = Path("odd.mkv");
  MakeClip(odd, {"-i", style_, "-vf", "scale=33:21,setsar=1", "-an", "-frames:v", "3", "-c:v",
                 "ffv1", "-pix_fmt", "yuv444p10le"});
  EXPECT_EQ(Count(Frames(odd, {"--window", "200"})), 3);
}

// Goal: a high bit depth comes through, and does not depend on how the work was cut. Method: a
// shallow ramp of 10 bits with flicker, without loss and as H.264, in chunks of 4 and 11.
TEST_F(Deflicker, KeepsAHighBitDepthHoweverItIsCut) {
  const std::string style = Path("deep.mkv");
  MakeClip(style, {"-f", "lavfi", "-i",
                   "nullsrc=size=64x48:rate=10,format=gray10le,geq=lum='400+X+Y/8+20*sin(3*N)'",
                   "-frames:v", "15", "-c:v", "ffv1"});
  const auto cut = [&](const char* chunk) {
    return Frames(style, {"--high-bit-depth", "--chunk", chunk}, "gbrp16le");
  };
  const std::string whole = cut("15");
  EXPECT_EQ(Count(whole), 15);
  EXPECT_EQ(cut("4"), whole);
  EXPECT_NE(Frames(style, {"--chunk", "15"}, "gbrp16le"), whole) << "8 bits would do as well";
  const auto encoded = [&](const std::string& name, const char* chunk) {
    const Outcome outcome =
        Run(Steady(style, Path(name), {"--high-bit-depth", "--chunk", chunk, "--gop", "8"}));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
    return FrameHashes(Path(name), commands_.path().string(), "yuv420p10le");
  };
  EXPECT_EQ(encoded("four.mp4", "4"), encoded("eleven.mp4", "11"));
  const Outcome probed = RunCommand({"ffprobe", "-v", "error", "-show_entries", "stream=pix_fmt",
                                     "-of", "default=nw=1:nk=1", Path("four.mp4")},
                                    commands_.path().string());
  EXPECT_EQ(probed.output, "yuv420p10le\n");
}

TEST_F(Deflicker, RefusesWhatCannotServeWithOneMessage) {
  const auto guided_by = [&](const std::string& guide) {
    return Steady(style_, Path("out.mp4"), {"--guide", guide});
  };
  ExpectRefusal(guided_by(Path("none.mp4")), kBadInput, HasSubstr("guide: no such file"));
  const std::string sound = Path("sound.mp4");
  MakeClip(sound, {"-f", "lavfi", "-i", "sine=duration=1"});
  ExpectRefusal(guided_by(sound), kBadInput,
                AllOf(HasSubstr("sound.mp4"), HasSubstr("no video stream")));
  const std::string alpha = Path("alpha.mkv");
  MakeClip(alpha, {"-i", clip_, "-frames:v", "2", "-c:v", "ffv1", "-pix_fmt", "yuva420p"});
  ExpectRefusal(Steady(alpha, Path("out.mp4"), {}), kBadInput,
                AllOf(HasSubstr("alpha.mkv"), HasSubstr("transparency")));
  ExpectRefusal(Steady(style_, Path("out.mp4"), {"--guide", clip_, "--prompt", "x"}), kUsage,
                HasSubstr("--prompt"));
  ExpectRefusal({Program("weft"), "deflicker", style_, "-o", Path("out.mp4"), "--window", "0"},
                kUsage, HasSubstr("--window must be a whole number from 1"));
  ExpectRefusal({Program("weft"), "deflicker", style_, "-o", clip_, "--guide", clip_}, kBadInput,
                HasSubstr("it is the guide"));
}

class KilledDeflicker : public Deflicker {};

// Goal: the picture does not depend on what crashed. Method: SIGKILLs at random moments of one job,
// each to the coordinator's process or to one of its workers; whenever the coordinator was hit, the
// same command is run again.
TEST_F(KilledDeflicker, GoesOnWithTheSameCommand) {
  constexpr int kKillsMax = 6;
  constexpr int kKillsMin = 3;  // Fewer, and the job was too short to show anything.
  constexpr unsigned kSeed = 20261125;
  const std::string large = Path("large.mkv");
  MakeClip(large, {"-i", style_, "-vf", "scale=128:96", "-c:v", "ffv1"});
  const std::vector<std::string> options = {"--window", "8", "--chunk", "2", "--workers", "2"};
  const std::string calm = Frames(large, options);

  auto command = Steady(large, Path("out.mkv"), options);
  command.emplace_back("--lossless");
  std::mt19937 random(kSeed);
  auto job = std::make_unique<Command>(command, commands_.path().string());
  int kills = 0;
  while (kills < kKillsMax && !job->WaitFor(std::chrono::milliseconds(300 + random() % 600))) {
    const std::vector<pid_t> workers = ChildrenOf(job->pid());
    const std::size_t victim = random() % (workers.size() + 1);
    ++kills;
    if (victim < workers.size()) {
      kill(workers[victim], SIGKILL);
      continue;
    }
    job->Signal(SIGKILL);
    job->Wait();
    EXPECT_FALSE(std::filesystem::exists(Path("out.mkv"))) << "an output appears only whole";
    job = std::make_unique<Command>(command, commands_.path().string());
  }
  const Outcome end = job->Wait();
  ASSERT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_GE(kills, kKillsMin);
  EXPECT_EQ(FrameHashes(Path("out.mkv"), commands_.path().string()), calm);
}

}  // namespace
}  // namespace weft::testing
