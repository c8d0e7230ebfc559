#include "coordinator/cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace weft::cli {
namespace {

using testing::HasSubstr;

void AddStage(v1::Stage stage, std::uint32_t done, std::uint32_t running, v1::JobStatus& status) {
  v1::StageProgress& progress = *status.add_stages();
  progress.set_stage(stage);
  progress.set_tasks_done(done);
  progress.set_tasks_running(running);
  progress.set_tasks_total(10);
}

v1::JobStatus Halfway() {
  v1::JobStatus status;
  status.set_state(v1::JOB_STATE_RUNNING);
  AddStage(v1::STAGE_PROBE, 10, 0, status);
  AddStage(v1::STAGE_DENOISE, 4, 2, status);
  AddStage(v1::STAGE_FINISH, 1, 1, status);
  status.set_frames_done(34);
  status.set_frames_total(81);
  status.set_fraction(0.456);
  status.set_eta_seconds(83);
  status.set_workers(2);
  status.set_workers_busy(1);
  return status;
}

TEST(Progress, SecondsReadLikeAClock) {
  EXPECT_EQ(FormatSeconds(0), "0:00");
  EXPECT_EQ(FormatSeconds(59.4), "0:59");
  EXPECT_EQ(FormatSeconds(59.6), "1:00");
  EXPECT_EQ(FormatSeconds(3723), "1:02:03");
  EXPECT_EQ(FormatSeconds(-1), "0:00");
}

TEST(Progress, AProbeInPartsShowsHowManyAreDone) {
  v1::JobStatus status;
  AddStage(v1::STAGE_PROBE, 3, 1, status);
  status.set_workers(1);
  EXPECT_EQ(PlainLine(status), "probe 3 of 10, 0%, 1 worker");
  status.mutable_stages(0)->set_tasks_total(1);
  EXPECT_EQ(PlainLine(status), "probe 0%, 1 worker");
}

TEST(Progress, TheStageIsTheEarliestThatRuns) {
  EXPECT_EQ(CurrentStage(Halfway()), "denoise");
  v1::JobStatus idle;
  AddStage(v1::STAGE_PROBE, 10, 0, idle);
  AddStage(v1::STAGE_ANCHOR, 0, 0, idle);
  EXPECT_EQ(CurrentStage(idle), "anchor");
  EXPECT_EQ(CurrentStage(v1::JobStatus()), "");
}

TEST(Progress, TheBarFillsWithTheJob) {
  EXPECT_EQ(BarLine(Halfway(), 79),
            "denoise [#############----------------] 45%  34/81 frames  1:23 left  2 workers");
}

TEST(Progress, TheBarNeverExceedsTheTerminal) {
  for (int width = 0; width < 200; ++width) {
    EXPECT_LE(BarLine(Halfway(), width).size(), static_cast<std::size_t>(width));
  }
}

TEST(Progress, TheBarDoesWithoutWhatIsNotKnownYet) {
  EXPECT_EQ(BarLine(v1::JobStatus(), 30), "start [--------] 0%  0 workers");
}

TEST(Progress, OnlyADoneJobIsAtAHundredPercent) {
  v1::JobStatus status = Halfway();
  status.set_fraction(1.0);
  EXPECT_THAT(BarLine(status, 80), HasSubstr(" 99%"));
  status.set_state(v1::JOB_STATE_DONE);
  EXPECT_THAT(BarLine(status, 80), HasSubstr(" 100%"));
}

TEST(Progress, PlainLinesReadAsSentences) {
  EXPECT_EQ(PlainLine(Halfway()), "denoise 45%, 34 of 81 frames done, about 1:23 left, 2 workers");
}

TEST(Progress, TheLastLineTellsTheRate) {
  EXPECT_EQ(OutcomeLine({.output = "neon.mp4", .frames = 81, .seconds = 125}),
            "neon.mp4: 81 frames in 2:05, 0.65 frames/s");
  EXPECT_EQ(OutcomeLine({.output = "neon.mp4", .frames = 1, .seconds = 0}),
            "neon.mp4: 1 frame in 0:00, 0.00 frames/s");
}

TEST(Progress, TheLastWordsTellHowBordersLook) {
  Outcome outcome{.output = "neon.mp4", .frames = 81, .seconds = 125};
  v1::SeamFigures& seams = outcome.seams.emplace();
  seams.set_chunks(1);
  seams.set_interior(1.953);
  EXPECT_EQ(SeamLine(outcome), "seams: one chunk, no border; 1.95 levels from frame to frame");
  seams.set_chunks(2);
  EXPECT_EQ(SeamLine(outcome),
            "seams: every border is a scene cut; 1.95 levels from frame to frame");
  seams.set_borders(1);
  seams.set_border(2.1);
  EXPECT_EQ(SeamLine(outcome), "seams: 2.10 levels at 1 border, 1.95 inside");
  seams.set_borders(3);
  seams.set_step(-0.004);
  seams.set_step_error(0.0123);
  EXPECT_EQ(SeamLine(outcome),
            "seams: 2.10 levels at 3 borders, 1.95 inside; -0.4 % (give or take 1.2 %) against "
            "what is beside them");
  const nlohmann::json done = nlohmann::json::parse(DoneEvent(outcome));
  EXPECT_EQ(done["seams"]["borders"], 3);
  EXPECT_EQ(done["seams"]["step"], -0.004);
  seams.set_checks(2);
  seams.set_checks_equal(1);
  EXPECT_THAT(SeamLine(outcome),
              testing::StartsWith("seams: 1 of 2 checked borders equal to the same frames made "
                                  "without one; 2.10 levels at 3 borders"));
  seams.set_seam(0.101);
  EXPECT_THAT(SeamLine(outcome), testing::HasSubstr("made without one (+10.1 %); 2.10 levels"));
  EXPECT_EQ(nlohmann::json::parse(DoneEvent(outcome))["seams"]["seam"], 0.101);
  seams.set_approximate(true);
  EXPECT_THAT(SeamLine(outcome), testing::EndsWith("; approximate: the chunks exchanged nothing"));
  seams.set_unmeasured("frames of 8x8");
  EXPECT_EQ(SeamLine(outcome),
            "seams: 1 of 2 checked borders equal to the same frames made without one (+10.1 %); "
            "not measured: frames of 8x8");
  seams.set_checks(0);
  EXPECT_EQ(SeamLine(outcome), "seams: not measured: frames of 8x8");
}

TEST(Progress, EventsAreJsonObjectsOnOneLine) {
  const Error error(ErrorCode::kInvalidArgument, "frame \"3\"\nis \xff bad");
  for (const std::string& text :
       {ProgressEvent(Halfway()), NoteEvent("worker local-1 is \"gone\"\n\xff"),
        DoneEvent({.output = "a\xff.mp4", .frames = 3, .seconds = 2}),
        FailedEvent(error, ExitCode::kBadInput)}) {
    EXPECT_EQ(text.find('\n'), std::string::npos);
    EXPECT_TRUE(nlohmann::json::parse(text).is_object());
  }
}

TEST(Progress, EventsTellWhatTheBarTells) {
  const nlohmann::json event = nlohmann::json::parse(ProgressEvent(Halfway()));
  EXPECT_EQ(event["event"], "progress");
  EXPECT_EQ(event["stage"], "denoise");
  EXPECT_EQ(event["fraction"], 0.456);
  EXPECT_EQ(event["frames_done"], 34);
  EXPECT_EQ(event["frames_total"], 81);
  EXPECT_EQ(event["eta_seconds"], 83);
  EXPECT_EQ(event["workers"], 2);
  EXPECT_EQ(event["stages"][1]["tasks_done"], 4);
  EXPECT_FALSE(nlohmann::json::parse(ProgressEvent(v1::JobStatus())).contains("eta_seconds"));

  const nlohmann::json failed = nlohmann::json::parse(
      FailedEvent(Error(ErrorCode::kNoSpace, "disk full"), ExitCode::kCannotWrite));
  EXPECT_EQ(failed["event"], "failed");
  EXPECT_EQ(failed["code"], "no space left");
  EXPECT_EQ(failed["message"], "disk full");
  EXPECT_EQ(failed["exit_code"], 4);
}

}  // namespace
}  // namespace weft::cli
