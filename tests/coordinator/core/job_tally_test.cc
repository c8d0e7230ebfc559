#include "coordinator/core/job_tally.h"

#include <gtest/gtest.h>

#include "coordinator/core/job_id.h"
#include "coordinator/core/job_news.h"

namespace weft::coordinator {
namespace {

using std::chrono::seconds;

PlannedTask Finish(std::uint32_t chunk, double weight) {
  return {.place = {Stage::kFinish, chunk, 0}, .core = {0, 8}, .halo = {0, 8}, .weight = weight};
}

TEST(JobTally, CountsWorkOfDoneAndRunningTasks) {
  const PlannedTask a = Finish(0, 30);
  const PlannedTask b = Finish(1, 10);
  JobTally tally;
  tally.Add(a);
  tally.Add(b);
  tally.Move(a, TaskState::kWaiting, TaskState::kRunning, 0);
  tally.Advance(a, 0, 0.5);
  EXPECT_DOUBLE_EQ(tally.WorkDone(), 15);
  tally.Move(a, TaskState::kRunning, TaskState::kDone, 0.5);
  EXPECT_DOUBLE_EQ(tally.WorkDone(), 30);
  EXPECT_DOUBLE_EQ(tally.WorkTotal(), 40);
  EXPECT_EQ(tally.FramesDone(), 8U);
  PlannedTask measuring = Finish(0, 5);
  measuring.place.round = 1;
  tally.Move(measuring, TaskState::kRunning, TaskState::kDone, 0);
  EXPECT_EQ(tally.FramesDone(), 8U) << "no frame is finished by that";
  EXPECT_EQ(tally.Stages().at(Stage::kFinish).done, 2U);
}

TEST(JobTally, TakesBackTheWorkOfALostAttempt) {
  const PlannedTask a = Finish(0, 30);
  JobTally tally;
  tally.Add(a);
  tally.Move(a, TaskState::kWaiting, TaskState::kRunning, 0);
  tally.Advance(a, 0, 0.9);
  tally.Move(a, TaskState::kRunning, TaskState::kWaiting, 0.9);
  EXPECT_DOUBLE_EQ(tally.WorkDone(), 0);
}

TEST(Pace, TellsTheTimeLeftOnceItHasSeenEnough) {
  Pace pace;
  const Time start{seconds(100)};
  EXPECT_EQ(pace.SecondsLeft(start, 0, 100), std::nullopt);
  pace.Begin(start, 20);  // An earlier life did 20.
  pace.Begin(start + seconds(50), 70);
  EXPECT_EQ(pace.SecondsLeft(start + seconds(2), 40, 100), std::nullopt);
  EXPECT_EQ(pace.SecondsLeft(start + seconds(10), 20.5, 100), std::nullopt);
  EXPECT_DOUBLE_EQ(pace.SecondsLeft(start + seconds(10), 40, 100).value(), 30);
}

TEST(JobNews, GivesEachReaderWhatItHasNotRead) {
  JobNews news;
  news.Add("a");
  news.Add("b");
  EXPECT_EQ(news.NotesSince(0).size(), 2U);
  EXPECT_EQ(news.NotesSince(1), std::vector<std::string>{"b"});
  EXPECT_TRUE(news.NotesSince(2).empty());
  for (int i = 0; i < 500; ++i) {
    news.Add("c");
  }
  EXPECT_EQ(news.NotesSince(0).size(), 100U);
  EXPECT_EQ(news.NoteCount(), 502U);
}

TEST(JobId, FollowsFromTheTokenAlone) {
  EXPECT_EQ(JobIdOf("").value, "j-cbf29ce484222325");        // FNV-1a's published offset basis,
  EXPECT_EQ(JobIdOf("foobar").value, "j-85944171f73967e8");  // and a published test vector.
}

}  // namespace
}  // namespace weft::coordinator
