#include "coordinator/core/view_desk.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/wire/error_wire.h"
#include "tests/coordinator/core/farm_script.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Duration kSpan{1500};

v1::JobList JobsOf(FarmScript& farm, const v1::ListJobs& request) {
  v1::ToCoordinator message;
  *message.mutable_list_jobs() = request;
  return farm.Say("client", message).At("client").job_list();
}

v1::TaskList TasksOf(FarmScript& farm, const v1::ListTasks& request) {
  v1::ToCoordinator message;
  *message.mutable_list_tasks() = request;
  return farm.Say("client", message).At("client").task_list();
}

v1::WorkerList WorkersOf(FarmScript& farm, const v1::ListWorkers& request = {}) {
  v1::ToCoordinator message;
  *message.mutable_list_workers() = request;
  return farm.Say("client", message).At("client").worker_list();
}

v1::FromCoordinator Show(FarmScript& farm, const std::string& job) {
  v1::ToCoordinator message;
  message.mutable_show_job()->set_job(job);
  return farm.Say("client", message).At("client");
}

std::string SubmitAs(FarmScript& farm, const std::string& name, const std::string& user) {
  v1::ToCoordinator message = SubmitMessage(name, SampleSpec());
  message.mutable_submit_job()->mutable_terms()->set_user(user);
  message.mutable_submit_job()->mutable_terms()->set_name(name);
  return farm.Say("client", message).At("client").job_submitted().job();
}

std::vector<std::string> Names(const v1::JobList& list) {
  std::vector<std::string> names;
  for (const v1::JobSummary& job : list.jobs()) {
    names.push_back(job.name());
  }
  return names;
}

TEST(ViewDesk, ListsTheNewestJobsFirstPageByPage) {
  FarmScript farm;
  for (const std::string name : {"one", "two", "three"}) {
    SubmitAs(farm, name, "ada");
  }
  v1::ListJobs request;
  request.set_limit(2);
  const v1::JobList first = JobsOf(farm, request);
  EXPECT_THAT(Names(first), ElementsAre("three", "two"));
  ASSERT_NE(first.next(), 0U);
  request.set_before(first.next());
  SubmitAs(farm, "four", "ada");  // Does not move the pages that were begun.
  const v1::JobList second = JobsOf(farm, request);
  EXPECT_THAT(Names(second), ElementsAre("one"));
  EXPECT_EQ(second.next(), 0U);
}

TEST(ViewDesk, FindsJobsByNameUserStateAndTheBeginningOfAnId) {
  FarmScript farm;
  const std::string one = SubmitAs(farm, "one", "ada");
  SubmitAs(farm, "two", "bob");
  v1::ListJobs request;
  request.set_match("two");
  EXPECT_THAT(Names(JobsOf(farm, request)), ElementsAre("two"));
  request.set_match(one.substr(0, one.size() - 2));
  EXPECT_THAT(Names(JobsOf(farm, request)), ElementsAre("one"));
  request.set_match("tw");
  EXPECT_THAT(Names(JobsOf(farm, request)), IsEmpty()) << "names count whole";
  request.clear_match();
  request.set_user("ada");
  EXPECT_THAT(Names(JobsOf(farm, request)), ElementsAre("one"));
  request.clear_user();
  request.add_states(v1::JOB_STATE_PAUSED);
  EXPECT_THAT(Names(JobsOf(farm, request)), IsEmpty());
  request.add_states(v1::JOB_STATE_ACCEPTED);
  EXPECT_THAT(Names(JobsOf(farm, request)), ElementsAre("two", "one"));
}

TEST(ViewDesk, TellsWhenAJobCameAndWentAlsoAfterARestart) {
  FarmOptions options;
  options.unix_offset = Duration(1'000'000);
  FarmScript farm(options);
  SubmitAs(farm, "one", "ada");
  const auto submitted =
      static_cast<std::uint64_t>((farm.Now().time_since_epoch() + options.unix_offset).count());
  EXPECT_EQ(JobsOf(farm, {}).jobs(0).submitted_unix_ms(), submitted);
  EXPECT_EQ(JobsOf(farm, {}).jobs(0).ended_unix_ms(), 0U);
  farm.Pass(kSpan);
  farm.RunAll("w");
  const std::uint64_t ended = JobsOf(farm, {}).jobs(0).ended_unix_ms();
  EXPECT_GE(ended, submitted + static_cast<std::uint64_t>(kSpan.count()));
  farm.Restart();
  const v1::JobSummary job = JobsOf(farm, {}).jobs(0);
  EXPECT_EQ(job.state(), v1::JOB_STATE_DONE);
  EXPECT_EQ(job.submitted_unix_ms(), submitted);
  EXPECT_EQ(job.ended_unix_ms(), ended);
  EXPECT_EQ(job.fraction(), 1.0);
}

TEST(ViewDesk, ShowsAJobWithWhatItWasAskedForAndWhatHappened) {
  FarmScript farm;
  const std::string id = SubmitAs(farm, "one", "ada");
  farm.Say("w", HelloMessage("w", 1));
  const v1::JobDetails details = Show(farm, id).job_details();
  EXPECT_EQ(details.summary().name(), "one");
  EXPECT_EQ(details.spec().output_path(), SampleSpec().output_path());
  EXPECT_EQ(details.terms().user(), "ada");
  EXPECT_EQ(details.status().state(), v1::JOB_STATE_RUNNING);
  EXPECT_FALSE(details.has_clip()) << "the probe still runs";
}

TEST(ViewDesk, RefusesWhatItDoesNotKnow) {
  FarmScript farm;
  const v1::FromCoordinator answer = Show(farm, "j-none");
  EXPECT_EQ(FromWire(answer.request_refused().error()).code(), ErrorCode::kNotFound);
  EXPECT_THAT(answer.request_refused().error().message(), HasSubstr("j-none"));
}

TEST(ViewDesk, ListsTasksInTheirOrderWithWhoRunsThem) {
  FarmScript farm;
  const std::string id = SubmitAs(farm, "one", "ada");
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  v1::ListTasks request;
  request.set_job(id);
  v1::TaskList tasks = TasksOf(farm, request);
  ASSERT_EQ(tasks.tasks_size(), 1);
  EXPECT_EQ(tasks.tasks(0).state(), v1::TASK_STATE_RUNNING);
  EXPECT_EQ(tasks.tasks(0).worker(), "w");
  EXPECT_EQ(tasks.tasks(0).attempt(), 1U);
  farm.Say("w", CompletedMessage(probe));
  request.set_limit(2);
  tasks = TasksOf(farm, request);
  ASSERT_EQ(tasks.tasks_size(), 2);
  EXPECT_EQ(tasks.tasks(0).task().stage(), v1::STAGE_PROBE);
  EXPECT_EQ(tasks.tasks(0).fraction(), 1.0);
  ASSERT_EQ(tasks.next(), 2U);
  request.set_skip(2);
  EXPECT_NE(TasksOf(farm, request).tasks(0).task().stage(), v1::STAGE_PROBE);
  request.set_skip(0);
  request.add_states(v1::TASK_STATE_DONE);
  EXPECT_EQ(TasksOf(farm, request).tasks_size(), 1);
}

TEST(ViewDesk, ATaskTellsWhichFramesOfTheSourceItMakes) {
  v1::JobSpec spec = SampleSpec();
  spec.set_seam_report(true);
  spec.set_seam_checks(1);
  spec.set_chunk_frames(8);
  FarmScript farm;
  v1::ListTasks request;
  request.set_job(farm.Submit("one", spec));
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  v1::Clip clip = SampleClip(20);
  clip.set_first_frame(100);
  farm.Say("w", CompletedMessage(probe, clip));
  std::map<std::uint32_t, v1::TaskSummary> denoise;  // By chunk.
  const v1::TaskList tasks = TasksOf(farm, request);
  for (const v1::TaskSummary& task : tasks.tasks()) {
    if (task.task().stage() == v1::STAGE_DENOISE) {
      denoise[task.task().chunk()] = task;
    } else if (task.task().stage() == v1::STAGE_PROBE || task.task().stage() == v1::STAGE_ANCHOR) {
      EXPECT_EQ(task.frame_count(), 0U);
    }
  }
  ASSERT_EQ(denoise.size(), 4U) << "three chunks, and a border that is checked";
  EXPECT_EQ(denoise[1].first_frame(), 108U);
  EXPECT_EQ(denoise[1].frame_count(), 8U);
  EXPECT_EQ(denoise[2].frame_count(), 4U);
  EXPECT_FALSE(denoise[2].checks_seam());
  EXPECT_TRUE(denoise[3].checks_seam());
}

// Submits a job with previews; its probe is done, and worker "w" has what comes back to do, the
// first denoising.
v1::Task FirstPictured(FarmScript& farm) {
  v1::JobSpec spec = SampleSpec();
  spec.clear_controls();
  spec.set_anchors_attended(0);
  spec.set_previews(true);
  farm.Submit("one", spec);
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  v1::Task denoise = *farm.Say("w", CompletedMessage(probe)).Assignment("w");
  EXPECT_EQ(denoise.attempt().task().stage(), v1::STAGE_DENOISE);
  return denoise;
}

TEST(ViewDesk, TellsWhereThePicturesOfRoundsAndChunksAre) {
  FarmScript farm;
  const v1::Task denoise = FirstPictured(farm);
  v1::ToCoordinator message;
  v1::ShowPreviews& show = *message.mutable_show_previews();
  show.set_job(denoise.attempt().task().job());
  show.add_rounds(0);
  for (const std::uint32_t chunk : {0, 1, 9}) {
    show.add_chunks(chunk);
  }
  EXPECT_THAT(farm.Say("client", message).At("client").preview_list().previews(), IsEmpty());
  farm.Say("w", CompletedMessage(denoise));
  const v1::PreviewList list = farm.Say("client", message).At("client").preview_list();
  ASSERT_EQ(list.previews_size(), 1);
  EXPECT_EQ(list.previews(0).chunk(), denoise.attempt().task().chunk());
  EXPECT_THAT(list.previews(0).blob().key(), HasSubstr("preview"));
  show.set_job("j-none");
  EXPECT_TRUE(farm.Say("client", message).At("client").has_request_refused());
}

TEST(ViewDesk, GoesOnWithoutAPictureThatAWorkerCouldNotDraw) {
  FarmScript farm;
  const v1::Task denoise = FirstPictured(farm);
  v1::ToCoordinator completed = CompletedMessage(denoise);
  auto& outputs = *completed.mutable_task_completed()->mutable_result()->mutable_outputs();
  ASSERT_EQ(outputs.rbegin()->name(), "preview");
  outputs.RemoveLast();
  const Reply reply = farm.Say("w", completed);
  EXPECT_TRUE(reply.At("w").has_outcome_acknowledged());
  EXPECT_TRUE(reply.Assignment("w").has_value()) << "its work is taken";
  farm.Restart();
  v1::ListTasks request;
  request.set_job(denoise.attempt().task().job());
  request.add_states(v1::TASK_STATE_DONE);
  EXPECT_EQ(TasksOf(farm, request).tasks_size(), 2) << "with the probe";
  v1::ToCoordinator message;
  message.mutable_show_previews()->set_job(denoise.attempt().task().job());
  message.mutable_show_previews()->add_rounds(0);
  message.mutable_show_previews()->add_chunks(denoise.attempt().task().chunk());
  EXPECT_THAT(farm.Say("client", message).At("client").preview_list().previews(), IsEmpty());
}

TEST(ViewDesk, ListsWorkersThatAreHereAndThoseThatWereDrained) {
  FarmScript farm;
  SubmitAs(farm, "one", "ada");
  farm.Say("b", HelloMessage("b", 1));
  farm.Say("a", HelloMessage("a", 1));
  v1::ToCoordinator drain;
  drain.mutable_drain_worker()->set_worker("away");
  farm.Say("client", drain);
  const v1::WorkerList workers = WorkersOf(farm);
  ASSERT_EQ(workers.workers_size(), 3);
  EXPECT_EQ(workers.workers(0).worker(), "a");
  EXPECT_TRUE(workers.workers(0).connected());
  EXPECT_FALSE(workers.workers(0).has_task());
  EXPECT_EQ(workers.workers(1).worker(), "away");
  EXPECT_FALSE(workers.workers(1).connected());
  EXPECT_TRUE(workers.workers(1).drained());
  EXPECT_EQ(workers.workers(2).task().stage(), v1::STAGE_PROBE);
  v1::ListWorkers request;
  request.set_limit(1);
  EXPECT_EQ(WorkersOf(farm, request).next(), "a");
  request.set_after("a");
  EXPECT_EQ(WorkersOf(farm, request).workers(0).worker(), "away");
}

TEST(ViewDesk, CountsWhatThereIsAndWhatIsWanted) {
  FarmScript farm;
  v1::ToCoordinator question;
  question.mutable_show_farm();
  SubmitAs(farm, "one", "ada");
  SubmitAs(farm, "two", "ada");
  farm.Say("a", HelloMessage("a", 1));
  v1::FarmStatus status = farm.Say("client", question).At("client").farm_status();
  std::map<v1::JobState, std::uint64_t> jobs;
  for (const v1::JobCount& count : status.jobs()) {
    jobs[count.state()] = count.jobs();
  }
  EXPECT_EQ(jobs[v1::JOB_STATE_RUNNING], 1U);
  EXPECT_EQ(jobs[v1::JOB_STATE_ACCEPTED], 1U);
  EXPECT_EQ(jobs.count(v1::JOB_STATE_FAILED), 1U) << "every state is named";
  ASSERT_EQ(status.workers_size(), 1);
  EXPECT_EQ(status.workers(0).device(), "cpu");
  EXPECT_EQ(status.workers(0).connected(), 1U);
  EXPECT_EQ(status.workers(0).idle(), 0U);
  EXPECT_EQ(status.tasks_running(), 1U);
  EXPECT_EQ(status.attempts_started(), 1U);
  EXPECT_EQ(status.attempts_done(), 0U);
  EXPECT_EQ(status.tasks_waiting(), 1U);
  std::uint64_t ready = 0;
  std::uint64_t running = 0;
  for (const v1::Demand& demand : status.demands()) {
    ready += demand.ready();
    running += demand.running();
  }
  EXPECT_EQ(ready, 1U);
  EXPECT_EQ(running, 1U);
}

TEST(ViewDesk, PagesStaySmallWhateverIsAsked) {
  FarmScript farm;
  for (int number = 0; number < 600; ++number) {
    SubmitAs(farm, "job " + std::to_string(number), "ada");
  }
  v1::ListJobs request;
  request.set_limit(100'000);
  EXPECT_EQ(JobsOf(farm, request).jobs_size(), 500);
}

}  // namespace
}  // namespace weft::coordinator
