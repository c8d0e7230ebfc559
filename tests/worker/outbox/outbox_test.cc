#include "worker/outbox/outbox.h"

#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "common/wire/ids_wire.h"
#include "tests/common/process_limits.h"

namespace weft::worker {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OutboxTest : public ::testing::Test {
 protected:
  OutboxTest()
      : folder_(::testing::TempDir() + "weft-outbox-" + std::to_string(getpid()) + "-" +
                ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder_);
  }
  ~OutboxTest() override { fs::remove_all(folder_); }
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

  [[nodiscard]] std::string PathOf(std::uint32_t chunk) const {
    return folder_ + "/j-1.denoise." + std::to_string(chunk) + ".0.e3a2.outcome";
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
  const Outbox::Found found = Outbox::Open(folder_)->Load().value();
  ASSERT_EQ(found.outcomes.size(), 1U);
  EXPECT_EQ(found.outcomes[0].task_completed().result().frames(), 2U);
  EXPECT_THAT(found.warnings, IsEmpty());
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
  ASSERT_TRUE(fs::exists(PathOf(1)));
  fs::resize_file(PathOf(1), fs::file_size(PathOf(1)) - 1);
  std::ofstream(PathOf(3) + ".part") << "begun";
  const Outbox::Found found = outbox.Load().value();
  EXPECT_EQ(found.outcomes.size(), 1U);
  EXPECT_THAT(found.warnings, ElementsAre(HasSubstr(PathOf(1))));
  EXPECT_FALSE(fs::exists(PathOf(1)));
  EXPECT_FALSE(fs::exists(PathOf(3) + ".part"));
}

TEST_F(OutboxTest, LeavesAloneWhatIsNotItsOwn) {
  const Outbox outbox = *Outbox::Open(folder_);
  ASSERT_TRUE(outbox.Keep(Outcome(1)));
  std::ofstream(folder_ + "/notes.txt") << "an operator's";
  fs::create_directory(folder_ + "/lost+found");
  fs::create_directory(folder_ + "/a folder.outcome");
  fs::create_symlink(folder_ + "/notes.txt", folder_ + "/a link.outcome");
  const Outbox::Found found = outbox.Load().value();
  EXPECT_EQ(found.outcomes.size(), 1U);
  EXPECT_THAT(found.warnings, IsEmpty());
  for (const char* name : {"/notes.txt", "/lost+found", "/a folder.outcome", "/a link.outcome"}) {
    EXPECT_TRUE(fs::exists(folder_ + name)) << name;
  }
}

// As long as one lives, root is somebody else where it may be: root may read everything.
class AsNobody {
 public:
  AsNobody() {
    constexpr uid_t kNobody = 65534;
    done_ = seteuid(kNobody) == 0;
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
  ~AsNobody() {
    if (done_) {
      static_cast<void>(!seteuid(before_));
    }
  }

 private:
  const uid_t before_ = geteuid();
  bool done_ = false;
};

TEST_F(OutboxTest, TellsOfAResultThatCannotBeReadAndKeepsIt) {
  const Outbox outbox = *Outbox::Open(folder_);
  ASSERT_TRUE(outbox.Keep(Outcome(1)));
  ASSERT_TRUE(outbox.Keep(Outcome(2)));
  fs::permissions(folder_, fs::perms::all);
  fs::permissions(PathOf(1), fs::perms::none);
  fs::permissions(PathOf(2), fs::perms::all);
  {
    const AsNobody nobody;
    if (geteuid() == 0 || faccessat(AT_FDCWD, folder_.c_str(), X_OK, AT_EACCESS) != 0) {
      GTEST_SKIP() << "root may read everything, or others do not come here";
    }
    const Outbox::Found found = outbox.Load().value();
    EXPECT_EQ(found.outcomes.size(), 1U);
    EXPECT_THAT(found.warnings, ElementsAre(HasSubstr(PathOf(1) + ": Permission denied")));
  }
  fs::permissions(PathOf(1), fs::perms::owner_all);
  EXPECT_EQ(outbox.Load()->outcomes.size(), 2U);
}

TEST_F(OutboxTest, SaysThatItCannotBeLookedThrough) {
  const Outbox outbox = *Outbox::Open(folder_);
  ASSERT_TRUE(outbox.Keep(Outcome(1)));
  {
    const DescriptorLimit limit(0);
    const auto found = outbox.Load();
    ASSERT_FALSE(found);
    EXPECT_THAT(found.error().message(), HasSubstr(folder_ + ": Too many open files"));
  }
  EXPECT_EQ(outbox.Load()->outcomes.size(), 1U);
}

TEST_F(OutboxTest, LeavesNothingOfAResultThatHasNoRoom) {
  const Outbox outbox = *Outbox::Open(folder_);
  {
    const FileSizeLimit limit(4);
    EXPECT_FALSE(outbox.Keep(Outcome(1)));
  }
  EXPECT_FALSE(fs::exists(PathOf(1) + ".part"));
  EXPECT_TRUE(outbox.Keep(Outcome(1)));
}

TEST_F(OutboxTest, SaysWhyItCannotBeOpened) {
  EXPECT_FALSE(Outbox::Open("/proc/weft-outbox"));
}

}  // namespace
}  // namespace weft::worker
