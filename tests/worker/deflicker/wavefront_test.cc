#include "worker/deflicker/wavefront.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <vector>

#include <gtest/gtest.h>

namespace weft::deflicker {
namespace {

// How often each pass was at each row.
class Calls {
 public:
  Calls(int passes, int rows)
      : rows_(rows), counts_(static_cast<std::size_t>(passes) * static_cast<std::size_t>(rows)) {}

  std::atomic<int>& Of(int pass, int row) {
    return counts_[static_cast<std::size_t>(pass) * static_cast<std::size_t>(rows_) +
                   static_cast<std::size_t>(row)];
  }

  // Of the passes before `pass`, at the row and beside it: all were there once.
  bool AreThereBefore(int pass, int row) {
    for (int near = std::max(row - 1, 0); near <= std::min(row + 1, rows_ - 1); ++near) {
      for (int before = 0; before < pass; ++before) {
        if (Of(before, near).load() != 1) {
          return false;
        }
      }
    }
    return true;
  }

  [[nodiscard]] bool AreOneEach() const {
    return std::all_of(counts_.begin(), counts_.end(),
                       [](const std::atomic<int>& count) { return count.load() == 1; });
  }

 private:
  int rows_;
  std::vector<std::atomic<int>> counts_;
};

void ExpectOrder(Wavefront* wavefront, int passes, int rows) {
  Calls calls(passes, rows);
  std::vector<std::atomic<int>> kept(static_cast<std::size_t>(wavefront->SlotCount(passes)));
  std::atomic<int> early = 0;
  std::atomic<int> lost = 0;
  wavefront->Run(passes, rows, [&](const Wavefront::Step& step) {
    early += calls.AreThereBefore(step.pass, step.row) ? 0 : 1;
    std::atomic<int>& slot = kept[static_cast<std::size_t>(step.slot)];
    lost += step.pass == 0 || slot.load() == step.row ? 0 : 1;
    slot.store(step.row);
    ++calls.Of(step.pass, step.row);
  });
  EXPECT_EQ(early.load(), 0);
  EXPECT_EQ(lost.load(), 0);
  EXPECT_TRUE(calls.AreOneEach());
}

TEST(Wavefront, CallsEveryRowOfAPassAfterThoseAroundItOfThePassBefore) {
  for (const int thread_count : {1, 2, 5}) {
    ThreadTeam team(thread_count);
    Wavefront wavefront(&team);
    for (const int passes : {1, 2, 3, 8}) {
      for (const int rows : {1, 2, 3, 70, 9}) {
        SCOPED_TRACE(testing::Message()
                     << thread_count << " threads, " << passes << " passes, " << rows << " rows");
        ExpectOrder(&wavefront, passes, rows);
      }
    }
  }
}

}  // namespace
}  // namespace weft::deflicker
