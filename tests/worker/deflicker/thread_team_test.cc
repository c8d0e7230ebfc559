#include "worker/deflicker/thread_team.h"

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace weft::deflicker {
namespace {

TEST(ThreadTeam, CallsEveryNumberOnce) {
  for (const int thread_count : {1, 2, 5}) {
    SCOPED_TRACE(thread_count);
    ThreadTeam team(thread_count);
    EXPECT_EQ(team.ThreadCount(), thread_count);
    for (const int count : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> calls(static_cast<std::size_t>(count));
      team.ForEach(count, [&](int i) { ++calls[static_cast<std::size_t>(i)]; });
      for (const std::atomic<int>& times : calls) {
        ASSERT_EQ(times.load(), 1) << count;
      }
    }
  }
}

TEST(ThreadTeam, ReturnsAfterTheLastCall) {
  ThreadTeam team(3);
  int sums[64] = {};  // Not atomic: what the threads wrote is there to see.
  for (int round = 1; round <= 500; ++round) {
    team.ForEach(64, [&](int i) { sums[i] += i; });
    for (int i = 0; i < 64; ++i) {
      ASSERT_EQ(sums[i], round * i);
    }
  }
}

TEST(ThreadTeam, UsesItsThreads) {
  ThreadTeam team(2);
  std::atomic<int> waiting = 0;
  // Each call waits for the other: one thread alone would wait forever.
  team.ForEach(2, [&](int) {
    ++waiting;
    while (waiting.load() < 2) {
      std::this_thread::yield();
    }
  });
  EXPECT_EQ(waiting.load(), 2);
}

}  // namespace
}  // namespace weft::deflicker
