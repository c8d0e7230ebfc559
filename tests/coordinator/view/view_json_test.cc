#include "coordinator/view/view_json.h"

#include <gtest/gtest.h>

namespace weft::coordinator {
namespace {

TEST(ViewJson, AJobsSummaryLeavesOutWhatIsNotKnown) {
  v1::JobSummary job;
  job.set_job("j-1");
  job.set_name("neon");
  job.set_user("ada");
  job.set_state(v1::JOB_STATE_ACCEPTED);
  job.set_priority(50);
  job.set_submitted_unix_ms(1'714'564'800'123);
  job.set_output_path("/out.mp4");
  EXPECT_EQ(Dump(ToJson(job)),
            R"({"job":"j-1","name":"neon","user":"ada","kind":"render","state":"accepted",)"
            R"("priority":50,"fraction":0.0,"frames_done":0,"tasks_running":0,)"
            R"("submitted":"2024-05-01T12:00:00.123Z","output":"/out.mp4"})");
}

TEST(ViewJson, AJobsDetailsHaveTheWholeErrorAndTheSpecificationByItsFieldNames) {
  v1::JobDetails details;
  details.mutable_summary()->set_error("the begin…");
  details.mutable_status()->mutable_error()->set_message("the beginning and the end");
  details.mutable_status()->add_notes("a worker was lost");
  v1::StageProgress& stage = *details.mutable_status()->add_stages();
  stage.set_stage(v1::STAGE_DENOISE);
  stage.set_tasks_total(4);
  details.mutable_spec()->set_chunk_frames(16);
  const auto json = ToJson(details);
  EXPECT_EQ(json["error"], "the beginning and the end");
  EXPECT_EQ(json["notes"][0], "a worker was lost");
  EXPECT_EQ(json["stages"][0]["stage"], "denoise");
  EXPECT_EQ(json["stages"][0]["tasks_total"], 4);
  EXPECT_EQ(json["specification"]["chunk_frames"], 16);
}

TEST(ViewJson, AJobsDetailsSayUntilWhenItsResultIsKept) {
  v1::JobDetails details;
  EXPECT_FALSE(ToJson(details).contains("result"));
  details.mutable_result()->set_kept_until_unix_ms(1'714'564'800'123);
  details.mutable_result()->mutable_index()->set_key("j-1/assemble/0.0/e1a1/result/_ada");
  EXPECT_EQ(Dump(ToJson(details)["result"]),
            R"({"kept_until":"2024-05-01T12:00:00.123Z","is_kept":true})");
  details.mutable_result()->clear_index();
  EXPECT_EQ(ToJson(details)["result"]["is_kept"], false);
}

TEST(ViewJson, AWorkerThatIsGoneHasNothingButItsName) {
  v1::WorkerSummary worker;
  worker.set_worker("w");
  worker.set_drained(true);
  EXPECT_EQ(Dump(ToJson(worker)),
            R"({"worker":"w","state":"gone","connected":false,"drained":true})");
}

TEST(ViewJson, AWorkersTaskStandsBesideIt) {
  v1::WorkerSummary worker;
  worker.set_worker("w");
  worker.set_connected(true);
  worker.set_device("cpu");
  worker.add_data_types(v1::DATA_TYPE_BFLOAT16);
  worker.mutable_task()->set_job("j-1");
  worker.mutable_task()->set_stage(v1::STAGE_FINISH);
  worker.set_silent_ms(1500);
  const auto json = ToJson(worker);
  EXPECT_EQ(json["state"], "busy");
  EXPECT_EQ(json["job"], "j-1");
  EXPECT_EQ(json["task"], "finish 0");
  EXPECT_EQ(json["data_types"][0], "bfloat16");
  EXPECT_EQ(json["silent_seconds"], 1.5);
}

TEST(ViewJson, ATaskSaysWhoRunsItAndHowOftenItFailed) {
  v1::TaskSummary task;
  task.mutable_task()->set_job("j-1");
  task.mutable_task()->set_stage(v1::STAGE_PROBE);
  task.set_state(v1::TASK_STATE_RUNNING);
  task.set_attempt(2);
  task.set_failures(1);
  task.set_worker("w");
  EXPECT_EQ(Dump(ToJson(task)),
            R"({"task":"probe","state":"running","ready":false,"attempt":2,"failures":1,)"
            R"("fraction":0.0,"worker":"w"})");
}

TEST(ViewJson, ATaskSaysWhichFramesItMakesAsOneAsksForThem) {
  v1::TaskSummary task;
  task.mutable_task()->set_stage(v1::STAGE_FINISH);
  task.set_first_frame(108);
  task.set_frame_count(8);
  const auto json = ToJson(task);
  EXPECT_EQ(json["frames"], "108:116");
  EXPECT_EQ(json["checks_seam"], false);
}

TEST(ViewJson, ALogRecordIsALineAsInTheFile) {
  v1::LogRecord record;
  record.set_unix_ms(1'714'564'800'123);
  record.set_severity(v1::LOG_SEVERITY_WARNING);
  record.set_message("out of memory");
  record.set_task("denoise 3.1");
  record.set_attempt(2);
  EXPECT_EQ(Dump(ToJson(record)),
            R"({"time":"2024-05-01T12:00:00.123Z","level":"warning","chunk":3,"round":1,)"
            R"("task":"denoise 3.1","attempt":2,"message":"out of memory"})");
}

TEST(ViewJson, BytesThatAreNoTextCostNothing) {
  EXPECT_EQ(Dump({{"name", "a\xFF"}}), "{\"name\":\"a\xEF\xBF\xBD\"}");
}

}  // namespace
}  // namespace weft::coordinator
