#include "coordinator/cli/batch_file.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft::cli {
namespace {

using ::testing::ElementsAre;

class BatchFileTest : public ::testing::Test {
 protected:
  Result<std::vector<BatchJob>> Read(const std::string& text,
                                     const std::map<std::string, std::string>& variables = {}) {
    return ReadBatchText(text, Path(), variables);
  }

  std::string MessageOf(const std::string& text) {
    const auto jobs = Read(text);
    return jobs ? "" : jobs.error().message();
  }

  std::string Path() { return folder_.File("batch.yaml"); }

  std::vector<std::string> Names(const std::vector<BatchJob>& jobs) {
    std::vector<std::string> names;
    names.reserve(jobs.size());
    for (const BatchJob& job : jobs) {
      names.push_back(job.name);
    }
    return names;
  }

  TemporaryFolder folder_;
};

TEST_F(BatchFileTest, AJobFileIsABatchOfOne) {
  const auto jobs = Read("input: city.mp4\noutput: out.mp4\nsteps: 7\n");
  ASSERT_TRUE(jobs.has_value()) << jobs.error().message();
  ASSERT_EQ(jobs->size(), 1U);
  EXPECT_EQ(jobs->front().name, "city");
  EXPECT_EQ(jobs->front().options.steps, 7U);
  EXPECT_EQ(jobs->front().options.input, folder_.File("city.mp4"));
}

TEST_F(BatchFileTest, AnObjectStaysWhereItIs) {
  const auto jobs = Read(
      "output: s3://results/{name}.mp4\ncontrol: 'depth=1,maps=s3://reels/depth.mkv'\n"
      "clips: ['s3://reels//take [1]/a.mp4']\n");
  ASSERT_TRUE(jobs.has_value()) << jobs.error().message();
  ASSERT_EQ(jobs->size(), 1U);
  EXPECT_EQ(jobs->front().options.input, "s3://reels//take [1]/a.mp4") << "no glob, no other path";
  EXPECT_EQ(jobs->front().options.output, "s3://results/a.mp4");
  EXPECT_EQ(jobs->front().options.controls.front().maps_path(), "s3://reels/depth.mkv");
}

TEST_F(BatchFileTest, ClipsShareFieldsAndHaveTheirOwn) {
  const auto jobs = Read(
      "steps: 7\nseed: 1\noutput: out/{number}-{name}.mp4\nclips:\n"
      "  - a.mp4\n  - {input: b.mp4, seed: 2, name: hero}\n");
  ASSERT_TRUE(jobs.has_value()) << jobs.error().message();
  EXPECT_THAT(Names(*jobs), ElementsAre("a", "hero"));
  EXPECT_EQ((*jobs)[0].options.seed, 1U);
  EXPECT_EQ((*jobs)[1].options.seed, 2U);
  EXPECT_EQ((*jobs)[1].options.steps, 7U);
  EXPECT_EQ((*jobs)[0].options.output, folder_.File("out/1-a.mp4"));
  EXPECT_EQ((*jobs)[1].options.output, folder_.File("out/2-hero.mp4"));
}

TEST_F(BatchFileTest, TenThousandClipsAreRead) {
  constexpr std::size_t kCount = 10'000;
  std::string text = "steps: 7\ncontrol: {softedge: 0.8}\noutput: '{name}.mp4'\nclips:\n";
  for (std::size_t number = 0; number < kCount; ++number) {
    text += "  - {input: shots/" + std::to_string(number) +
            ".mp4, seed: " + std::to_string(number) + "}\n";
  }
  const auto jobs = Read(text);
  ASSERT_TRUE(jobs.has_value()) << jobs.error().message();
  ASSERT_EQ(jobs->size(), kCount);
  EXPECT_EQ(jobs->back().options.seed, kCount - 1);
  EXPECT_EQ(jobs->back().options.steps, 7U);
  EXPECT_EQ(jobs->back().options.controls.size(), 1U);
}

TEST_F(BatchFileTest, APatternStandsForEveryFileThatFitsIt) {
  for (const char* name : {"b.mp4", "a.mp4", "c.txt"}) {
    std::ofstream(folder_.File(name)) << "x";
  }
  const auto jobs = Read("output: '{name}.mkv'\nclips: ['*.mp4']\n");
  ASSERT_TRUE(jobs.has_value()) << jobs.error().message();
  EXPECT_THAT(Names(*jobs), ElementsAre("a", "b"));
  std::ofstream(folder_.File("take [1].mp4")) << "x";
  EXPECT_EQ(Read("output: '{name}.mkv'\nclips: ['take [1].mp4']\n")->size(), 1U);
  EXPECT_EQ(MessageOf("output: '{name}.mkv'\nclips: ['*.avi']\n"),
            Path() + ":2:9: no file fits " + folder_.File("*.avi"));
}

TEST_F(BatchFileTest, VariablesStandForTheirValues) {
  const std::string text = "input: a.mp4\noutput: o.mp4\nprompt: 'a ${what} at ${when}'\n";
  const auto jobs = Read(text, {{"what", "harbour: \"old\""}, {"when", "dawn"}});
  ASSERT_TRUE(jobs.has_value()) << jobs.error().message();
  EXPECT_EQ(jobs->front().options.prompt, "a harbour: \"old\" at dawn");
  EXPECT_EQ(MessageOf(text), Path() + ":3:9: ${what} has no value: give it one with --set what=…");
}

TEST_F(BatchFileTest, DeflickerJobsCallTheirClipStyle) {
  const auto jobs = Read("kind: deflicker\noutput: '{name}.mp4'\nclips: [a.mp4]\n");
  ASSERT_TRUE(jobs.has_value()) << jobs.error().message();
  EXPECT_EQ(jobs->front().options.kind, v1::JOB_KIND_DEFLICKER);
  EXPECT_EQ(jobs->front().options.input, folder_.File("a.mp4"));
}

TEST_F(BatchFileTest, TwoClipsDoNotMeetInOneFile) {
  EXPECT_EQ(MessageOf("output: o.mp4\nclips: [a.mp4, b.mp4]\n"),
            Path() + ":2:16: two clips would write " + folder_.File("o.mp4") +
                ": put {name} into the output's name");
  EXPECT_THAT(MessageOf("clips: [a.mp4, b.mp4]\n"),
              ::testing::HasSubstr(": two clips have no output: add output: FOLDER/{name}.mp4"));
  EXPECT_EQ(MessageOf("output: '{number}.mp4'\nclips: [x/a.mp4, y/a.mp4]\n"),
            Path() + ":2:18: two clips are named a: give one a name of its own");
}

TEST_F(BatchFileTest, ClipsMayComeAfterOthers) {
  const auto jobs = Read(
      "output: '{name}.mp4'\nclips:\n  - a.mp4\n  - {input: b.mp4, after: a}\n"
      "  - {input: c.mp4, after: [a, b, j-0123456789abcdef]}\n");
  ASSERT_TRUE(jobs.has_value()) << jobs.error().message();
  EXPECT_THAT((*jobs)[0].after, ::testing::IsEmpty());
  EXPECT_THAT((*jobs)[1].after, ElementsAre("a"));
  EXPECT_THAT((*jobs)[2].after, ElementsAre("a", "b", "j-0123456789abcdef"));
  EXPECT_EQ(MessageOf("output: '{name}.mp4'\nclips:\n  - {input: a.mp4, after: b}\n  - b.mp4\n"),
            Path() + ":3:27: after b: no clip further up is called that");
}

TEST_F(BatchFileTest, TheOutputsBracesHoldKnownWords) {
  EXPECT_EQ(MessageOf("output: 'out/{nmae}.mp4'\nclips: [a.mp4]\n"),
            Path() +
                ":1:9: output: there is no {nmae}; what may stand in braces is {name}, the "
                "clip's name, and {number}");
  const auto jobs = Read("output: '{name}.mp4'\nclips: ['take-{number}{x}.mp4']\n");
  ASSERT_TRUE(jobs.has_value()) << jobs.error().message();
  EXPECT_EQ(jobs->front().options.output, folder_.File("take-{number}{x}.mp4"));
}

TEST_F(BatchFileTest, SaysWhereItIsWrong) {
  EXPECT_EQ(MessageOf("clips: a.mp4\n"), Path() + ":1:8: clips must be a list of clips");
  EXPECT_EQ(MessageOf("clips: [{seed: 1}]\n"), Path() + ":1:9: a clip needs a field \"input\"");
  EXPECT_THAT(MessageOf("output: o.mp4\nclips:\n  - {input: a.mp4, stepz: 3}\n"),
              ::testing::StartsWith(Path() + ":3:20: there is no field \"stepz\""));
}

}  // namespace
}  // namespace weft::cli
