#include "coordinator/cli/yaml_job.h"

#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft::cli {
namespace {

using std::string_literals::operator""s;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

JobOptions Read(const std::string& text) {
  JobOptions options;
  const Status read = ReadJobText(text, "/jobs/job.yaml", options);
  EXPECT_TRUE(read) << read.error().message();
  return options;
}

std::string Complaint(const std::string& text) {
  JobOptions options;
  const Status read = ReadJobText(text, "/jobs/job.yaml", options);
  return read ? "nothing" : read.error().message();
}

TEST(YamlJob, ReadsOneLoraOrAList) {
  const JobOptions one = Read("lora: ink.safetensors\n");
  ASSERT_EQ(one.loras.size(), 1U);
  EXPECT_EQ(one.loras[0].path(), "/jobs/ink.safetensors");
  EXPECT_EQ(one.loras[0].weight(), 1.0);
  const JobOptions two = Read("lora: [ink.safetensors, \"/l/oil.safetensors:-0.5\"]\n");
  ASSERT_EQ(two.loras.size(), 2U);
  EXPECT_EQ(two.loras[1].path(), "/l/oil.safetensors");
  EXPECT_EQ(two.loras[1].weight(), -0.5);
}

TEST(YamlJob, SaysWhichLoraOfTheListIsWrong) {
  EXPECT_THAT(Complaint("steps: 5\nlora: [a.safetensors, b.pt]\n"),
              StartsWith("/jobs/job.yaml:2:23: lora: must be FILE.safetensors"));
}

TEST(YamlJob, ReadsSeveralControls) {
  const JobOptions options = Read(
      "control:\n"
      "  - softedge: 0.8\n"
      "  - {kind: tile, scale: 0.6, net: tile.safetensors, start: 0.25, end: 0.5}\n"
      "  - kind: depth\n"
      "    net: /n/depth\n"
      "    maps: ../depth.mp4\n"
      "  - canny=0.5,maps=canny.mp4,net=canny\n");
  ASSERT_EQ(options.controls.size(), 4U);
  EXPECT_EQ(options.controls[0].kind(), v1::CONTROL_KIND_SOFT_EDGE);
  EXPECT_EQ(options.controls[1].net_path(), "/jobs/tile.safetensors");
  EXPECT_EQ(options.controls[1].start(), 0.25);
  EXPECT_EQ(options.controls[1].end(), 0.5);
  EXPECT_EQ(options.controls[2].scale(), 1.0);
  EXPECT_EQ(options.controls[2].net_path(), "/n/depth");
  EXPECT_EQ(options.controls[2].maps_path(), "/depth.mp4");
  EXPECT_EQ(options.controls[3].maps_path(), "/jobs/canny.mp4");
}

TEST(YamlJob, SaysWhichControlOfTheListIsWrong) {
  EXPECT_THAT(Complaint("control:\n  - softedge: 0.8\n  - {kind: tile, strength: 1}\n"),
              StartsWith("/jobs/job.yaml:3:5: control: there is no \"strength\" of a control"));
  EXPECT_THAT(Complaint("control: [softedge=1, tile=3]"),
              StartsWith("/jobs/job.yaml:1:23: control: tile's scale must be"));
  EXPECT_THAT(Complaint("control:\n  - {kind: tile, start: 0.5, end: 0.2}\n"),
              StartsWith("/jobs/job.yaml:2:5: control: must have its start below its end"));
  EXPECT_THAT(Complaint("control: {softedge: 1, tile: 1}"),
              StartsWith("/jobs/job.yaml:1:10: control: there is no \"softedge\""));
}

TEST(YamlJob, ReadsEveryKindOfField) {
  const JobOptions options = Read(
      "input: city.mp4\n"
      "output: /out/neon.mkv\n"
      "model: ../models/demo\n"
      "prompt: \"neon: glow\"\n"
      "negative: ''\n"
      "steps: 12\n"
      "guidance: 6\n"
      "seed: 18446744073709551615\n"
      "size: 320x176\n"
      "frames: 8:24\n"
      "control: {softedge: 0.8}\n"
      "smooth-steps: [3, 7]\n"
      "final-pass: false\n"
      "lossless: true\n"
      "dtype: bfloat16\n"
      "workers: 2\n");
  EXPECT_EQ(options.input, "/jobs/city.mp4");
  EXPECT_EQ(options.output, "/out/neon.mkv");
  EXPECT_EQ(options.model, "/models/demo");
  EXPECT_EQ(options.prompt, "neon: glow");
  EXPECT_EQ(options.steps, 12U);
  EXPECT_EQ(options.guidance, 6.0);
  EXPECT_EQ(options.seed, 18446744073709551615U);
  EXPECT_EQ(options.size->height(), 176U);
  EXPECT_EQ(options.frames->end(), 24U);
  ASSERT_EQ(options.controls.size(), 1U);
  EXPECT_EQ(options.controls[0].scale(), 0.8);
  EXPECT_THAT(*options.smooth_steps, ElementsAre(3, 7));
  EXPECT_FALSE(options.final_pass);
  EXPECT_TRUE(options.lossless);
  EXPECT_EQ(options.data_type, v1::DATA_TYPE_BFLOAT16);
  EXPECT_EQ(options.workers, 2U);
}

TEST(YamlJob, ReadsTheCommandLinesTextToo) {
  const JobOptions options = Read("smooth-steps: 4,9\ncontrol: softedge=1\n");
  EXPECT_THAT(*options.smooth_steps, ElementsAre(4, 9));
  ASSERT_EQ(options.controls.size(), 1U);
  EXPECT_EQ(options.controls[0].scale(), 1.0);
  EXPECT_THAT(*Read("smooth-steps: []").smooth_steps, ElementsAre());
  EXPECT_THAT(*Read("smooth-steps: none").smooth_steps, ElementsAre());
}

TEST(YamlJob, LeavesFieldsThatItDoesNotName) {
  JobOptions options;
  options.steps = 7;
  options.seed = 9;
  ASSERT_TRUE(ReadJobText("steps: 8", "/jobs/job.yaml", options));
  EXPECT_EQ(options.steps, 8U);
  EXPECT_EQ(options.seed, 9U);
}

TEST(YamlJob, RefusesAnUnknownFieldAtItsPlaceWithTheKnownOnes) {
  const std::string complaint = Complaint("prompt: neon\n  \nstep: 20\n");
  EXPECT_THAT(complaint, StartsWith("/jobs/job.yaml:3:1: there is no field \"step\"; fields are "));
  EXPECT_THAT(complaint, HasSubstr("prompt, negative, steps, guidance"));
}

TEST(YamlJob, RefusesAWrongValueAtItsPlaceWithWhatIsAllowed) {
  EXPECT_EQ(Complaint("prompt: neon\nsteps:   many\n"),
            "/jobs/job.yaml:2:10: steps: must be a whole number from 1 to 1000, not \"many\"");
  EXPECT_EQ(Complaint("steps: 0"),
            "/jobs/job.yaml:1:8: steps: must be a whole number from 1 to 1000, not \"0\"");
  EXPECT_EQ(Complaint("strength: 1.5"),
            "/jobs/job.yaml:1:11: strength: must be a number above 0, up to 1, not \"1.5\"");
  EXPECT_EQ(Complaint("dtype: half"),
            "/jobs/job.yaml:1:8: dtype: must be float32, bfloat16 or float16, not \"half\"");
  EXPECT_EQ(Complaint("keep: 1"), "/jobs/job.yaml:1:7: keep: must be true or false, not \"1\"");
}

TEST(YamlJob, RefusesAValueOfTheWrongShapeAtItsPlace) {
  EXPECT_EQ(Complaint("steps: [1, 2]"),
            "/jobs/job.yaml:1:8: steps: must be a single value, not a list");
  EXPECT_EQ(Complaint("prompt: {a: b}"),
            "/jobs/job.yaml:1:9: prompt: must be a single value, not a map");
  EXPECT_THAT(Complaint("prompt:\nsteps: 3\n"),
              HasSubstr("prompt: must be a single value, not nothing"));
  EXPECT_THAT(Complaint("smooth-steps: {a: 1}"), HasSubstr("must be a list such as [4, 9, 14]"));
  EXPECT_THAT(Complaint("smooth-steps: [[1], 2]"), HasSubstr("must be a list such as [4, 9, 14]"));
  EXPECT_THAT(Complaint("control: {softedge: [1]}"), HasSubstr("{softedge: 0.8}"));
  EXPECT_THAT(Complaint("control: {depth: 1}"), HasSubstr("depth needs maps=CLIP"));
}

TEST(YamlJob, ReadsADeflickerJob) {
  const JobOptions options = Read(
      "style: neon.mp4\n"
      "guide: ../city.mp4\n"
      "output: steady.mkv\n"
      "mode: fast\n"
      "window: 8\n"
      "guide-weight: 0\n"
      "patch: 7\n"
      "align: true\n"
      "lossless: true\n"
      "kind: deflicker  # Wherever it stands.\n");
  EXPECT_EQ(options.kind, v1::JOB_KIND_DEFLICKER);
  EXPECT_EQ(options.input, "/jobs/neon.mp4");
  EXPECT_EQ(options.guide, "/city.mp4");
  EXPECT_EQ(options.output, "/jobs/steady.mkv");
  EXPECT_EQ(options.mode, v1::SMOOTHING_MODE_FAST);
  EXPECT_EQ(options.window, 8U);
  EXPECT_EQ(options.guide_weight, 0U);
  EXPECT_EQ(options.patch, 7U);
  EXPECT_TRUE(options.align);
}

TEST(YamlJob, RefusesFieldsOfAnotherKindAtTheirPlace) {
  EXPECT_THAT(
      Complaint("kind: deflicker\nstyle: a.mp4\n  \nprompt: neon\n"),
      StartsWith("/jobs/job.yaml:4:1: a deflicker job has no field \"prompt\", a render job "
                 "has; fields are kind, style, guide"));
  EXPECT_THAT(Complaint("prompt: neon\nguide: a.mp4\n"),
              StartsWith("/jobs/job.yaml:2:1: a render job has no field \"guide\", a deflicker"));
  EXPECT_THAT(
      Complaint("kind: deflicker\nstile: a.mp4\n"),
      StartsWith("/jobs/job.yaml:2:1: there is no field \"stile\"; fields are kind, style"));
  EXPECT_EQ(Complaint("seed: 1\nkind: resize\n"),
            "/jobs/job.yaml:2:7: kind: must be render or deflicker, not \"resize\"");
  EXPECT_EQ(Complaint("kind: render\nkind: deflicker\n"),
            "/jobs/job.yaml:2:1: field \"kind\" is given twice");
}

TEST(YamlJob, ADeflickerJobNeedsAWindow) {
  EXPECT_EQ(Complaint("kind: deflicker\nwindow: 0\n"),
            "/jobs/job.yaml:2:9: window: must be a whole number from 1 to 256, not \"0\"");
  EXPECT_EQ(Complaint("window: 0\n"), "nothing");
}

TEST(YamlJob, IsOfTheKindThatTheCallerWantsUnlessItSaysItsOwn) {
  JobOptions options;
  options.kind = v1::JOB_KIND_DEFLICKER;
  EXPECT_TRUE(ReadJobText("style: a.mp4", "/jobs/job.yaml", options));
  EXPECT_EQ(options.kind, v1::JOB_KIND_DEFLICKER);
  EXPECT_TRUE(ReadJobText("kind: render\nprompt: neon", "/jobs/job.yaml", options));
  EXPECT_EQ(options.kind, v1::JOB_KIND_RENDER);
}

TEST(YamlJob, SaysWhoTakesWhatIsOfAFarm) {
  EXPECT_EQ(Complaint("output: '{name}.mp4'\nclips: [a.mp4]\n"),
            "/jobs/job.yaml:2:1: this is a batch file, of many clips: weft submit takes it");
  EXPECT_EQ(Complaint("input: a.mp4\nafter: hero\n"),
            "/jobs/job.yaml:2:1: \"after\" is of jobs of a farm: weft submit takes this file");
}

TEST(YamlJob, TheOutputsBracesHoldKnownWords) {
  EXPECT_EQ(Read("output: 'out/{name}.mp4'").output, "/jobs/out/{name}.mp4");
  EXPECT_EQ(Complaint("steps: 3\noutput: 'out/{nmae}.mp4'\n"),
            "/jobs/job.yaml:2:9: output: there is no {nmae}; what may stand in braces is {name}, "
            "the clip's name, and {number}");
}

TEST(YamlJob, RefusesAFieldGivenTwice) {
  EXPECT_EQ(Complaint("steps: 3\nseed: 1\nsteps: 4\n"),
            "/jobs/job.yaml:3:1: field \"steps\" is given twice");
}

TEST(YamlJob, RefusesWhatIsNotOneMap) {
  EXPECT_THAT(Complaint("- steps\n"), StartsWith("/jobs/job.yaml:1:1: must be a map of fields"));
  EXPECT_THAT(Complaint("just words"), HasSubstr("must be a map of fields"));
  EXPECT_THAT(Complaint(""), HasSubstr("must hold one job, not 0"));
  EXPECT_THAT(Complaint("steps: 1\n---\nsteps: 2\n"), HasSubstr("must hold one job, not 2"));
}

TEST(YamlJob, SaysWhereTheSyntaxBreaks) {
  EXPECT_THAT(Complaint("steps: 3\nprompt: \"open\n"), StartsWith("/jobs/job.yaml:2:14: "));
  EXPECT_THAT(Complaint("steps: [1, 2\nseed: 3\n"), StartsWith("/jobs/job.yaml:2:"));
}

TEST(YamlJob, ReadsAFileOrSaysWhyNot) {
  const TemporaryFolder folder;
  const std::string path = folder.File("job.yaml");
  std::ofstream(path) << "input: a.mp4\n";
  JobOptions options;
  ASSERT_TRUE(ReadJobFile(path, options));
  EXPECT_EQ(options.input, folder.File("a.mp4"));

  const Status missing = ReadJobFile(folder.File("none.yaml"), options);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message(), HasSubstr("none.yaml"));
  EXPECT_FALSE(ReadJobFile(folder.path().string(), options));

  std::ofstream(path) << "prompt: caf\xE9\n";
  EXPECT_EQ(ReadJobFile(path, options).error().message(),
            path + " is no job file (YAML): it is no text");
  std::ofstream(path) << "prompt: ne\0n\n"s;
  EXPECT_FALSE(ReadJobFile(path, options));
  std::string text = "prompt: \"";
  while (text.size() < 8192) {
    text += "é";  // One of them lies across the end of what is looked at.
  }
  std::ofstream(path) << text << "\"\n";
  EXPECT_TRUE(ReadJobFile(path, options));

  std::ofstream(path) << std::string((16 << 20) + 1, ' ');
  EXPECT_THAT(ReadJobFile(path, options).error().message(), HasSubstr("too large"));
}

}  // namespace
}  // namespace weft::cli
