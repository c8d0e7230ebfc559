#include "coordinator/server/care_desk.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/bulk/remote_blob_store.h"
#include "tests/common/temporary_folder.h"
#include "tests/coordinator/server/running_server.h"
#include "tests/coordinator/server/story.h"

namespace weft::coordinator {
namespace {

using ::testing::HasSubstr;

class CareDeskTest : public ::testing::Test {
 protected:
  std::unique_ptr<Connection> Connect() {
    return context_->Connect(options_.control_address).value();
  }

  // Asked until it is answered.
  v1::FromCoordinator Ask(const v1::CareForState& wish) {
    v1::ToCoordinator question;
    *question.mutable_care_for_state() = wish;
    const auto connection = Connect();
    v1::FromCoordinator answer;
    while (!connection->Send(question.SerializeAsString())) {
      static_cast<void>(connection->Receive(Duration(1)));
    }
    const auto bytes = connection->Receive(Story::kPatience).value();
    EXPECT_TRUE(bytes.has_value() && answer.ParseFromString(*bytes));
    return answer;
  }

  v1::CareStatus AwaitEnd(const v1::CareForState& wish) {
    v1::FromCoordinator answer = Ask(wish);
    while (answer.has_care_status() && !answer.care_status().ended()) {
      answer = Ask(wish);
    }
    return answer.care_status();
  }

  static v1::CareForState CheckWish(const std::string& token, bool repair) {
    v1::CareForState wish;
    wish.set_token(token);
    wish.mutable_check()->set_repair(repair);
    return wish;
  }

  static v1::CareForState CopyWish(const std::string& token, const std::string& folder) {
    v1::CareForState wish;
    wish.set_token(token);
    wish.mutable_copy()->set_folder(folder);
    return wish;
  }

  static bool IsOnItsWay(const Story& story) { return story.BlobCount() >= 6; }

  TemporaryFolder folder_;
  ServerOptions options_ = OptionsIn(folder_.path().string());
  std::unique_ptr<ZmqContext> context_ = ZmqContext::Open().value();
};

// The model worker stores nothing: whatever its tasks have brought is gone.
TEST_F(CareDeskTest, HasTasksRunAgainWhoseOutputsAreGoneAndTheJobEnds) {
  RunningServer server(*context_, options_);
  Story story(Connect(), Connect());
  ASSERT_TRUE(story.LiveUntil(IsOnItsWay));
  const v1::CareStatus seen = AwaitEnd(CheckWish("look", false));
  EXPECT_GT(seen.defect_count(), 0U);
  EXPECT_EQ(seen.jobs(), 1U);
  EXPECT_EQ(seen.defects(0).what(), "it is gone");
  EXPECT_THAT(seen.defects(0).remedy(), HasSubstr(" runs again"));
  const v1::CareStatus mended = AwaitEnd(CheckWish("mend", true));
  EXPECT_EQ(mended.defect_count(), seen.defect_count());
  EXPECT_EQ(AwaitEnd(CheckWish("after", false)).defect_count(), 0U);
  ASSERT_TRUE(story.LiveUntil(HasEnded));
  EXPECT_EQ(story.Client().end()->state(), v1::JOB_STATE_DONE);
  EXPECT_FALSE(std::filesystem::exists(options_.state_folder + "/care"));
}

TEST_F(CareDeskTest, ACopyMadeMeanwhileGoesOnWithTheJob) {
  Story story(Connect(), Connect());
  const std::string copy = folder_.File("copy");
  {
    RunningServer first(*context_, options_);
    ASSERT_TRUE(story.LiveUntil(IsOnItsWay));
    const v1::CareStatus copied = AwaitEnd(CopyWish("copy", copy));
    EXPECT_FALSE(copied.has_error()) << copied.error().message();
    EXPECT_GT(copied.records(), 6U);
    ASSERT_FALSE(HasEnded(story));
  }
  std::filesystem::remove_all(options_.state_folder);
  options_.state_folder = copy;
  RunningServer second(*context_, options_);
  ASSERT_TRUE(story.LiveUntil(HasEnded));
  EXPECT_EQ(story.Client().end()->state(), v1::JOB_STATE_DONE);
  EXPECT_EQ(story.Client().end()->frames_done(), 20U);
}

TEST_F(CareDeskTest, ABlobOfAnAttemptThatRunsIsNoDefectAndIsCounted) {
  RunningServer server(*context_, options_);
  RemoteBlobStore blobs(context_->Connect(options_.bulk_address).value());
  ASSERT_TRUE(blobs.Put("j-1/finish/0.0/e1a1/segment", "bytes"));
  const v1::CareStatus status = AwaitEnd(CheckWish("look", false));
  EXPECT_EQ(status.orphans(), 1U);
  EXPECT_EQ(status.defect_count(), 0U);
}

TEST_F(CareDeskTest, SaysWhyACopyCannotBeMadeAndTakesTheNextWish) {
  RunningServer server(*context_, options_);
  std::ofstream(folder_.File("something")) << "here";
  const v1::CareStatus refused = AwaitEnd(CopyWish("copy", folder_.path().string()));
  EXPECT_THAT(refused.error().message(), HasSubstr("something is there already"));
  EXPECT_FALSE(AwaitEnd(CopyWish("again", folder_.File("copy"))).has_error());
}

TEST_F(CareDeskTest, AnswersAnyNumberOfWishesThatNothingIsRecordedOf) {
  RunningServer server(*context_, options_);
  constexpr int kWishes = 3000;  // More than one batch may hold.
  const auto connection = Connect();
  v1::ToCoordinator question;
  *question.mutable_care_for_state() = CheckWish("", false);
  for (int i = 0; i < kWishes; ++i) {
    while (!connection->Send(question.SerializeAsString())) {
      static_cast<void>(connection->Receive(Duration(1)));
    }
    ASSERT_TRUE(connection->Receive(Story::kPatience).value().has_value()) << i;
  }
}

TEST_F(CareDeskTest, RefusesWishesThatMakeNoSense) {
  RunningServer server(*context_, options_);
  for (const v1::CareForState& wish :
       {CheckWish("", false), CopyWish("copy", "relative/folder"), v1::CareForState()}) {
    EXPECT_TRUE(Ask(wish).has_request_refused()) << wish.ShortDebugString();
  }
}

}  // namespace
}  // namespace weft::coordinator
