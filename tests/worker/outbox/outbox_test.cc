#include "worker/outbox/outbox.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "common/wire/ids_wire.h"

namespace weft::worker {
namespace {

class OutboxTest : public ::testing::Test {
 protected:
  OutboxTest()
      : folder_(::testing::TempDir() + "weft-outbox-" + std::to_string(getpid()) + "-" +
                ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
  }
  ~OutboxTest() override { std::filesystem::remove_all(folder_); }
  OutboxTest(const OutboxTest&) = delete;
  OutboxTest& operator=(const OutboxTest&) = delete;

  static AttemptId Attempt(std::uint32_t chunk) {
    return {.task = {.job = {"j-1"}, .stage = Stage::kDenoise, .chunk = chunk},
            .number = 2,
            .epoch = 3};
  }

  static v1::ToCoordinator Outcome(std::uint32_t chunk) {
    v1::ToCoordinator outcome;
    *outcome.mutable_task_completed()->mutable_attempt() = ToWire(Attempt(chunk));
    outcome.mutable_task_completed()->mutable_result()->set_frames(chunk);
    return outcome;
  }

  const std::string folder_;
};

TEST_F(OutboxTest, GivesTheNextLifeWhatWasKeptAndNotForgotten) {
  {
    const Outbox outbox = *Outbox::Open(folder_);
    ASSERT_TRUE(outbox.Keep(Outcome(1)));
    ASSERT_TRUE(outbox.Keep(Outcome(2)));
    ASSERT_TRUE(outbox.Keep(Outcome(2)));
    outbox.Forget(Attempt(1));
    outbox.Forget(Attempt(7));
  }
  const auto found = Outbox::Open(folder_)->Load();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].task_completed().result().frames(), 2U);
}

TEST_F(OutboxTest, BelongsToOneProcessAtATime) {
  const Outbox outbox = *Outbox::Open(folder_);
  const auto second = Outbox::Open(folder_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kFailedPrecondition);
}

TEST_F(OutboxTest, RemovesWhatIsDamagedOrWasNotFinished) {
  const Outbox outbox = *Outbox::Open(folder_);
  ASSERT_TRUE(outbox.Keep(Outcome(1)));
  ASSERT_TRUE(outbox.Keep(Outcome(2)));
  const std::string path = folder_ + "/j-1.denoise.1.0.e3a2.outcome";
  ASSERT_TRUE(std::filesystem::exists(path));
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  std::ofstream(folder_ + "/j-1.denoise.3.0.e3a2.outcome.part") << "begun";
  EXPECT_EQ(outbox.Load().size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(OutboxTest, SaysWhyItCannotBeOpened) {
  EXPECT_FALSE(Outbox::Open("/proc/weft-outbox"));
}

}  // namespace
}  // namespace weft::worker
