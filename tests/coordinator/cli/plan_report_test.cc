#include "coordinator/cli/plan_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace weft::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

PlanReport Report(std::uint32_t frames) {
  PlanReport report;
  v1::JobSpec& spec = report.spec;
  spec.set_input_path("/clips/city.mp4");
  spec.set_steps(10);
  spec.set_guidance(7.5);
  spec.set_strength(1);
  spec.set_window(4);
  spec.set_final_pass(true);
  spec.set_chunk_frames(8);
  spec.set_anchor_spacing(16);
  spec.set_anchors_attended(3);
  spec.set_device("cpu");
  spec.add_smooth_steps(4);
  spec.add_smooth_steps(9);
  v1::Clip& clip = report.clip;
  clip.set_frame_count(frames);
  for (v1::Size* const size : {clip.mutable_source_size(), clip.mutable_size()}) {
    size->set_width(321);
    size->set_height(177);
  }
  clip.mutable_padded_size()->set_width(328);
  clip.mutable_padded_size()->set_height(184);
  clip.set_vae_factor(8);
  clip.mutable_frame_rate()->set_numerator(30000);
  clip.mutable_frame_rate()->set_denominator(1001);
  clip.add_scene_starts(0);
  clip.add_scene_starts(12);
  report.plan = coordinator::PlanJob(spec, clip).value();
  report.workers = 2;
  report.rates = NominalRates(spec);
  report.task_seconds.assign(report.plan.tasks.size(), 2.0);
  report.wall_seconds = 83;
  return report;
}

TEST(PlanReport, SaysWhichFramesAreMadeAgain) {
  PlanReport report = Report(40);
  EXPECT_THAT(PlanText(report), Not(HasSubstr("Seam checks")));
  report.spec.set_seam_report(true);
  report.spec.set_seam_checks(2);
  report.plan = coordinator::PlanJob(report.spec, report.clip).value();
  report.task_seconds.assign(report.plan.tasks.size(), 2.0);
  EXPECT_THAT(PlanText(report), HasSubstr("\nSeam checks: 15:17, 31:33 made again, without a "
                                          "border\n"));
  const auto json = nlohmann::json::parse(PlanJson(report));
  EXPECT_EQ(json["seam_checks"].dump(), "[[15,17],[31,33]]");
  EXPECT_EQ(json["chunks"].size(), 5U);
  report.spec.set_seam_checks(1);
  report.spec.set_exchange(v1::EXCHANGE_NONE);
  report.plan = coordinator::PlanJob(report.spec, report.clip).value();
  report.task_seconds.assign(report.plan.tasks.size(), 2.0);
  EXPECT_THAT(PlanText(report), HasSubstr("\nSeam checks: 12:37 made again")) << "3 passes of 4";
}

TEST(PlanReport, TabulatesChunksRoundsAndTasks) {
  const std::string text = PlanText(Report(20));
  EXPECT_THAT(text, HasSubstr("20 frames from frame 0, 30 frames/s, 2 scenes"));
  EXPECT_THAT(text, HasSubstr("321x177 to 321x177 (the model sees 328x184), 2 anchors"));
  EXPECT_THAT(text, HasSubstr("Chunks: 3\n"
                              "  chunk  core   halo\n"
                              "      0  0:8    0:12\n"
                              "      1  8:16   4:20\n"
                              "      2  16:20  12:20\n"));
  EXPECT_THAT(text, HasSubstr("Rounds: 3 of 10 steps\n"
                              "  round  smooths step  runs steps  predicts step\n"
                              "      0  -             0-3         4\n"
                              "      1  4             5-8         9\n"
                              "      2  9             -           -\n"));
  EXPECT_THAT(text, HasSubstr("denoise       9"));
  EXPECT_THAT(text, HasSubstr("Time: about 1:23 with 2 workers on cpu\n  An estimate"));
  EXPECT_THAT(text, HasSubstr("60 GFLOP/s"));
}

TEST(PlanReport, SaysHowFramesAreCountedWhereTheJobBeginsLater) {
  PlanReport report = Report(20);
  report.clip.set_first_frame(7);
  EXPECT_THAT(PlanText(report), HasSubstr("20 frames from frame 7, "));
  EXPECT_THAT(PlanText(report), HasSubstr("\nChunks: 3; frames are counted from the job's first\n"
                                          "  chunk  core   halo\n"
                                          "      0  0:8    0:12\n"));
}

TEST(PlanReport, SaysWhereTheResultHasFewerBitsThanTheClip) {
  PlanReport report = Report(20);
  report.clip.set_bits(8);
  EXPECT_THAT(PlanText(report), Not(HasSubstr("bits")));
  report.clip.set_bits(10);
  EXPECT_THAT(PlanText(report), HasSubstr("\n  the clip has 10 bits a colour, the result has 8\n"));
  EXPECT_EQ(nlohmann::json::parse(PlanJson(report))["clip"]["bits"], 10);
}

TEST(PlanReport, ListsOnlyTheFirstOfManyChunks) {
  const std::string text = PlanText(Report(1000));
  EXPECT_THAT(text, HasSubstr("Chunks: 125\n"));
  EXPECT_THAT(text, HasSubstr("and 101 more\n"));
}

TEST(PlanReport, JsonHoldsEverything) {
  const nlohmann::json json = nlohmann::json::parse(PlanJson(Report(1000)));
  EXPECT_EQ(json["chunks"].size(), 125U);
  EXPECT_EQ(json["chunks"][1]["core"], (nlohmann::json{8, 16}));
  EXPECT_EQ(json["rounds"].size(), 3U);
  EXPECT_TRUE(json["rounds"][0]["smooth_step"].is_null());
  EXPECT_EQ(json["rounds"][1]["smooth_step"], 4);
  EXPECT_EQ(json["rounds"][1]["first_step"], 5);
  EXPECT_EQ(json["rounds"][1]["last_step"], 8) << "it runs that one as well";
  EXPECT_TRUE(json["rounds"][2]["first_step"].is_null()) << "it runs none";
  EXPECT_TRUE(json["rounds"][2]["last_step"].is_null());
  EXPECT_EQ(json["clip"]["frames"], 1000);
  EXPECT_EQ(json["estimate"]["seconds"], 83);
  std::uint64_t tasks = 0;
  std::uint64_t bytes = 0;
  for (const nlohmann::json& stage : json["stages"]) {
    tasks += stage["tasks"].get<std::uint64_t>();
    bytes += stage["bytes"].get<std::uint64_t>();
  }
  EXPECT_EQ(json["tasks"], tasks);
  EXPECT_EQ(json["bytes_stored"], bytes);
  // Three rounds of 1000 latents, two predictions, and more.
  EXPECT_GT(bytes, 5U * 1000 * 4 * 4 * 41 * 23);
}

PlanReport PatternReport() {
  PlanReport report = Report(40);
  report.spec.set_anchors_attended(0);
  report.spec.mutable_attention()->set_kind(v1::ATTENTION_KIND_PATTERN);
  report.spec.mutable_attention()->add_pattern(-1);
  report.spec.mutable_attention()->add_pattern(0);
  report.clip.set_step_multiply_adds(1e9);
  const coordinator::ExchangeRates rates = coordinator::RatesOf(report.spec, 2, 1e9);
  report.exchange = coordinator::WeighExchange(report.spec, report.clip, rates);
  report.clip.set_round_steps(report.exchange->chosen().round_steps);
  report.plan = coordinator::PlanJob(report.spec, report.clip).value();
  report.task_seconds.assign(report.plan.tasks.size(), 2.0);
  return report;
}

TEST(PlanReport, WeighsDeepHalosAgainstAnExchangeEveryStep) {
  PlanReport report = PatternReport();
  const std::string text = PlanText(report);
  EXPECT_THAT(text, HasSubstr("Exchange: " + coordinator::Reason(*report.exchange)));
  EXPECT_THAT(text, HasSubstr("\n  every step  "));
  EXPECT_THAT(text, HasSubstr("\n  deep halos  "));
  EXPECT_THAT(text, HasSubstr("with 2 workers, 1e+03 MB/s and 20 ms a task"));
  const nlohmann::json json = nlohmann::json::parse(PlanJson(report))["exchange"];
  EXPECT_EQ(json["chosen_round_steps"], report.clip.round_steps());
  EXPECT_LT(json["every_step"]["multiply_adds"], json["deep_halos"]["multiply_adds"]);
  EXPECT_GT(json["every_step"]["bytes"], json["deep_halos"]["bytes"]);
  EXPECT_GT(json["deep_halos"]["seconds"], 0);
  EXPECT_TRUE(json["asked_round_steps"].is_null());
  report.spec.set_round_steps(3);
  EXPECT_THAT(PlanText(report), HasSubstr("Exchange: rounds of 3 steps, as the job asks; else "));
  EXPECT_TRUE(nlohmann::json::parse(PlanJson(Report(20)))["exchange"].is_null());
}

PlanReport DeflickerReport() {
  PlanReport report = Report(20);
  report.spec.Clear();
  report.spec.set_kind(v1::JOB_KIND_DEFLICKER);
  report.spec.set_input_path("/clips/neon.mp4");
  report.spec.set_guide_path("/clips/city.mp4");
  report.spec.set_window(4);
  report.spec.set_chunk_frames(8);
  report.plan = coordinator::PlanJob(report.spec, report.clip).value();
  report.task_seconds.assign(report.plan.tasks.size(), 2.0);
  return report;
}

TEST(PlanReport, ADeflickerJobHasNoModelAndNoRounds) {
  const std::string text = PlanText(DeflickerReport());
  EXPECT_THAT(text, HasSubstr("321x177, guided by /clips/city.mp4\n"));
  EXPECT_THAT(text, HasSubstr("      1  8:16   4:20\n"));
  EXPECT_THAT(text, HasSubstr("finish        3"));
  EXPECT_THAT(text, HasSubstr("Time: about 1:23 with 2 workers\n"));
  EXPECT_THAT(text, HasSubstr("takes each worker for 1 Mpixel/s for PatchMatch;"));
  for (const char* const words : {"Rounds", "model", "GFLOP", "denoise", "anchor"}) {
    EXPECT_THAT(text, Not(HasSubstr(words)));
  }
  const nlohmann::json json = nlohmann::json::parse(PlanJson(DeflickerReport()));
  EXPECT_EQ(json["kind"], "deflicker");
  EXPECT_TRUE(json["rounds"].empty());
  EXPECT_EQ(json["estimate"]["seconds"], 83);
}

TEST(PlanReport, SaysSoWhereNothingIsEstimated) {
  PlanReport report = DeflickerReport();
  report.task_seconds.clear();
  report.wall_seconds.reset();
  EXPECT_THAT(PlanText(report), HasSubstr("Time: not estimated"));
  const nlohmann::json json = nlohmann::json::parse(PlanJson(report));
  EXPECT_TRUE(json["estimate"].is_null());
  EXPECT_FALSE(json["stages"][0].contains("estimated_work_seconds"));
}

}  // namespace
}  // namespace weft::cli
