#include "coordinator/core/task_index.h"

#include <deque>
#include <string>

#include <gtest/gtest.h>

#include "coordinator/core/task_table.h"

namespace weft::coordinator {
namespace {

TEST(TaskIndex, FindsNothingWhereNothingIs) {
  const TaskIndex index;
  EXPECT_EQ(index.Find({{"j"}, Stage::kProbe, 0, 0}), nullptr);
}

// Goal: however often it grows, every task is found by its id, and no other. Method: tasks that
// differ in one part of their id alone, and ids that differ from each of them in one part.
TEST(TaskIndex, FindsEveryTaskAndNoOther) {
  std::deque<Task> tasks;
  TaskIndex index;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    for (const Stage stage : {Stage::kDenoise, Stage::kFinish}) {
      for (const std::uint32_t round : {0U, 7U}) {
        Task& task = tasks.emplace_back();
        task.id = {{"j" + std::to_string(i % 3)}, stage, i, round};
        index.Insert(task);
      }
    }
  }
  for (Task& task : tasks) {
    ASSERT_EQ(index.Find(task.id), &task);
    ASSERT_EQ(index.Find(task.id), &task) << "the one that was found last";
    TaskId other = task.id;
    other.round = 1;
    EXPECT_EQ(index.Find(other), nullptr);
    other = task.id;
    other.stage = Stage::kAnnotate;
    EXPECT_EQ(index.Find(other), nullptr);
    other = task.id;
    other.chunk += 1000;
    EXPECT_EQ(index.Find(other), nullptr);
    other = task.id;
    other.job = {"j"};
    EXPECT_EQ(index.Find(other), nullptr);
  }
}

}  // namespace
}  // namespace weft::coordinator
