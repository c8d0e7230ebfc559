#include "coordinator/view/view_words.h"

#include <gtest/gtest.h>

namespace weft::coordinator {
namespace {

TEST(ViewWords, EveryJobStateHasANameThatLeadsBack) {
  for (int state = v1::JobState_MIN + 1; state <= v1::JobState_MAX; ++state) {
    const auto job_state = static_cast<v1::JobState>(state);
    EXPECT_EQ(JobStateNamed(JobStateName(job_state)), job_state) << state;
  }
  EXPECT_EQ(JobStateNamed("asleep"), std::nullopt);
  EXPECT_EQ(JobStateName(v1::JOB_STATE_UNSPECIFIED), "unknown");
}

TEST(ViewWords, EveryTaskStateHasANameThatLeadsBack) {
  for (int state = v1::TaskState_MIN + 1; state <= v1::TaskState_MAX; ++state) {
    const auto task_state = static_cast<v1::TaskState>(state);
    EXPECT_EQ(TaskStateNamed(TaskStateName(task_state)), task_state) << state;
  }
}

TEST(ViewWords, AWorkerIsWhatMattersMostAboutIt) {
  v1::WorkerSummary worker;
  worker.set_drained(true);
  EXPECT_EQ(WorkerStateName(worker), "gone");
  worker.set_connected(true);
  EXPECT_EQ(WorkerStateName(worker), "drained");
  worker.set_aside(true);
  EXPECT_EQ(WorkerStateName(worker), "aside");
  worker = {};
  worker.set_connected(true);
  EXPECT_EQ(WorkerStateName(worker), "idle");
  worker.mutable_task()->set_stage(v1::STAGE_PROBE);
  EXPECT_EQ(WorkerStateName(worker), "busy");
  worker.set_leaving(true);
  EXPECT_EQ(WorkerStateName(worker), "leaving");
}

TEST(ViewWords, TasksAreNamedAsInLogs) {
  v1::TaskId task;
  EXPECT_EQ(TaskName(task), "");
  task.set_job("j-1");
  task.set_stage(v1::STAGE_DENOISE);
  task.set_chunk(3);
  task.set_round(1);
  EXPECT_EQ(TaskName(task), "denoise 3.1");
}

}  // namespace
}  // namespace weft::coordinator
