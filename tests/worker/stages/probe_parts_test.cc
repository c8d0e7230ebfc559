// What parts of a clip find, joined, is what one reading of it finds: bit for bit, however it is
// cut.

#include "common/plan/probe_parts.h"

#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "tests/worker/media/scratch.h"
#include "worker/stages/probe.h"

namespace weft::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const PartWatch kUnwatched = [](double) { return Status(); };

// Waves that are others in every fourth part of 120 frames, and move.
constexpr char kScenes[] =
    "-f lavfi -i \"color=gray:size=64x36:rate=25,format=yuv420p,"
    "geq=lum='128+100*sin(X*(0.1+0.3*floor(N/30))+0.05*N)*cos(Y*(0.4-0.1*floor(N/30)))'"
    ":cb='128+60*sin(floor(N/30))':cr='128+60*cos(2*floor(N/30))'\" -frames:v 120 ";

// A way to make such a clip.
struct Sample {
  const char* name;
  const char* options;
};

void PrintTo(const Sample& sample, std::ostream* out) {
  *out << sample.name;
}

const Sample kSamples[] = {
    {"closed.mp4", "-c:v libx264 -g 25 -bf 3"},
    {"open.mp4",
     "-c:v libx264 -x264-params open-gop=1:keyint=15:min-keyint=15:bframes=3:scenecut=0"},
    {"open_hevc.mp4",
     "-c:v libx265 -x265-params log-level=none:open-gop=1:keyint=12:min-keyint=12 -tag:v hvc1"},
    {"refresh.mp4", "-c:v libx264 -x264-params intra-refresh=1:keyint=20:bframes=0"},
    {"variable.mkv",
     "-vf \"settb=1/1000,setpts='40*N+16*mod(N,3)'\" -vsync vfr -c:v libx264 -g 10"},
    {"one_key.mp4", "-c:v libx264 -g 1000 -bf 2"},
    {"no_index.ts", "-c:v libx264 -g 15 -bf 3"},
    {"lossless.mkv", "-c:v ffv1 -g 10"},
};

class ProbePartsOf : public ::testing::TestWithParam<Sample> {
 protected:
  static v1::JobSpec JobOf(const std::string& path) {
    v1::JobSpec job;
    job.set_kind(v1::JOB_KIND_DEFLICKER);
    job.set_input_path(path);
    job.set_output_path("/out.mkv");
    job.set_lossless(true);
    return job;
  }

  // The clip, when its parts begin at `starts`; each is read by a worker of its own.
  static v1::Clip InParts(const v1::JobSpec& job, const std::vector<std::uint32_t>& starts) {
    WarmClip first;
    const v1::Clip clip = IndexClips(job, first).value();
    v1::SceneChanges all;
    for (std::size_t part = 0; part < starts.size(); ++part) {
      WarmClip warm;
      all.MergeFrom(
          ReadPart(job, clip, ProbePart(starts, part, clip.frame_count()), kUnwatched, warm)
              .value());
    }
    return JoinParts(job, clip, all, first).value();
  }

  static std::vector<std::uint32_t> RandomStarts(std::uint32_t frame_count, std::mt19937& random) {
    std::vector<std::uint32_t> starts = {0};
    while (starts.back() + 1 < frame_count) {
      starts.push_back(starts.back() + 1 + random() % 40);
    }
    starts.pop_back();
    return starts.empty() ? std::vector<std::uint32_t>{0} : starts;
  }

  static void ExpectSameInAnyParts(const v1::JobSpec& job) {
    const v1::Clip whole = ProbeClip(job).value();
    std::mt19937 random(1);
    for (int cut = 0; cut < 6; ++cut) {
      const std::vector<std::uint32_t> starts = RandomStarts(whole.frame_count(), random);
      const v1::Clip joined = InParts(job, starts);
      EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(joined, whole))
          << starts.size() << " parts: " << joined.DebugString() << whole.DebugString();
    }
  }

  media::Scratch scratch_;
};

TEST_P(ProbePartsOf, FindTheSameScenesHoweverTheClipIsCut) {
  v1::JobSpec job = JobOf(scratch_.Make(
      GetParam().name, kScenes + std::string(GetParam().options) + " -pix_fmt yuv420p"));
  EXPECT_THAT(ProbeClip(job).value().scene_starts(), ElementsAre(0, 30, 60, 90));
  ExpectSameInAnyParts(job);
  job.mutable_frames()->set_begin(17);
  job.mutable_frames()->set_end(101);
  ExpectSameInAnyParts(job);
}

std::string NameOf(const ::testing::TestParamInfo<Sample>& sample) {
  std::string name = sample.param.name;
  return name.replace(name.find('.'), 1, "_");
}

INSTANTIATE_TEST_SUITE_P(Clips, ProbePartsOf, ::testing::ValuesIn(kSamples), NameOf);

class ProbeParts : public ProbePartsOf {};

TEST_F(ProbeParts, FindTheSameBesideAGuide) {
  scratch_.Make("guide.mp4", kScenes + std::string("-c:v libx264 -g 12"));
  for (const char* rate : {"25", "12.5", "60"}) {
    v1::JobSpec job = JobOf(scratch_.Make(
        "style.mp4", "-i %/guide.mp4 -vf negate -r " + std::string(rate) + " -c:v libx264 -g 10"));
    job.set_guide_path(scratch_.Path("guide.mp4"));
    job.set_align_guide(true);
    EXPECT_THAT(ProbeClip(job).value().scene_starts(), SizeIs(4));
    ExpectSameInAnyParts(job);
  }
}

// As a guide of half the rate shows the same frame for two, so that a part may have none of its
// own.
TEST_F(ProbeParts, MayHaveNoFrameOfTheGuide) {
  const std::string style = scratch_.Make("style.mp4", kScenes + std::string("-c:v libx264 -g 12"));
  v1::JobSpec job = JobOf(style);
  job.set_guide_path(scratch_.Make("guide.mp4", "-i %/style.mp4 -r 5 -c:v libx264 -g 4"));
  job.set_align_guide(true);
  std::vector<std::uint32_t> single(120);
  for (std::uint32_t frame = 0; frame < 120; ++frame) {
    single[frame] = frame;
  }
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(InParts(job, single),
                                                                 ProbeClip(job).value()));
}

TEST_F(ProbeParts, AreThoseOfTheClipAlone) {
  const std::string clip =
      scratch_.Make("long.mp4",
                    "-f lavfi -i testsrc2=size=32x18:rate=25 -frames:v 2100 -c:v "
                    "libx264 -preset ultrafast -g 50 -sc_threshold 0");
  v1::JobSpec job = JobOf(clip);
  EXPECT_THAT(ProbeClip(job).value().part_starts(), ElementsAre(0, 1050));
  job.mutable_frames()->set_begin(60);
  EXPECT_THAT(ProbeClip(job).value().part_starts(), ElementsAre(0, 1040)) << "1100 of the clip";
  job.mutable_frames()->set_begin(200);
  EXPECT_THAT(ProbeClip(job).value().part_starts(), IsEmpty()) << "too short";
  job = JobOf(scratch_.Make("long.ts", "-i %/long.mp4 -c copy"));
  EXPECT_THAT(ProbeClip(job).value().part_starts(), IsEmpty()) << "no index to be trusted";
  v1::JobSpec guided = JobOf(clip);
  guided.set_guide_path(job.input_path());
  EXPECT_THAT(ProbeClip(guided).value().part_starts(), IsEmpty()) << "nor one of the guide";
}

TEST_F(ProbeParts, NameTheFrameThatCannotBeRead) {
  const std::string whole =
      scratch_.Make("whole.mp4",
                    "-f lavfi -i testsrc2=size=64x36:rate=25 -frames:v 200 -c:v libx264 -g 10 "
                    "-bf 0 -movflags +faststart");
  std::string bytes = media::BytesOf(whole);
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2), 400, '\0');
  const v1::JobSpec job = JobOf(scratch_.Write("damaged.mp4", bytes));
  WarmClip warm;
  const v1::Clip clip = IndexClips(job, warm).value();
  EXPECT_TRUE(ReadPart(job, clip, {0, 40}, kUnwatched, warm));
  EXPECT_TRUE(ReadPart(job, clip, {160, 200}, kUnwatched, warm));
  const auto damaged = ReadPart(job, clip, {40, 160}, kUnwatched, warm);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(damaged.error().message(), ProbeClip(job).error().message());
}

TEST_F(ProbeParts, AreMissedWhereTheyAreNotAllThere) {
  const v1::JobSpec job = JobOf(scratch_.Make("clip.mp4", kScenes + std::string("-c:v libx264")));
  WarmClip warm;
  const v1::Clip clip = IndexClips(job, warm).value();
  const v1::SceneChanges some = ReadPart(job, clip, {0, 100}, kUnwatched, warm).value();
  const auto joined = JoinParts(job, clip, some, warm);
  ASSERT_FALSE(joined);
  EXPECT_EQ(joined.error().code(), ErrorCode::kDataLoss);
}

TEST_F(ProbeParts, TellHowFarTheyAreAndStopWhenTold) {
  const v1::JobSpec job = JobOf(scratch_.Make("clip.mp4", kScenes + std::string("-c:v libx264")));
  WarmClip warm;
  const v1::Clip clip = IndexClips(job, warm).value();
  double told = 0;
  const auto stopped = ReadPart(
      job, clip, {20, 60},
      [&](double fraction) {
        EXPECT_GT(fraction, told);
        told = fraction;
        return fraction < 0.5 ? Status() : Status(Failure(ErrorCode::kCancelled, "enough"));
      },
      warm);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code(), ErrorCode::kCancelled);
  EXPECT_DOUBLE_EQ(told, 0.5);
}

}  // namespace
}  // namespace weft::worker
