// What becomes of blobs that nobody can need any more.

#include "coordinator/core/blob_need.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/storage/upload_place.h"
#include "common/wire/ids_wire.h"
#include "coordinator/core/task_message.h"
#include "tests/coordinator/core/farm_script.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(BlobKey, TellsTheAttemptThatItIsOf) {
  const AttemptId attempt{{{"j-1"}, Stage::kDenoise, 12, 3}, 4, 5};
  EXPECT_EQ(AttemptOfKey(OutputPrefix(attempt) + "latents"), attempt);
  for (const char* other : {"", "j-1", "j-1/denoise", "j-1/denoise/12.3", "j-1/denoise/12.3/e5a4",
                            "j-1/dance/12.3/e5a4/x", "j-1/denoise/12/e5a4/x",
                            "j-1/denoise/12.3/a4e5/x", "notes/of-an-operator"}) {
    EXPECT_FALSE(AttemptOfKey(other).has_value()) << other;
  }
}

std::string PrefixOf(const v1::Task& task) {
  return OutputPrefix(*FromWire(task.attempt()));
}

TEST(BlobNeed, DropsATasksOutputsWhenItsLastReaderIsDone) {
  FarmScript farm;
  const std::string job = farm.Submit("token", SampleSpec());
  Reply reply = farm.Say("w", HelloMessage("w", 1));
  std::set<std::string> there;
  std::size_t most = 0;
  std::size_t all = 0;
  while (const auto task = reply.Assignment("w")) {
    for (const v1::Input& input : task->inputs()) {
      EXPECT_EQ(there.count(input.blob().key()), 1U) << input.blob().key() << " was dropped";
    }
    const v1::ToCoordinator done = CompletedMessage(*task);
    for (const v1::Output& output : done.task_completed().result().outputs()) {
      there.insert(output.blob().key());
      ++all;
    }
    most = std::max(most, there.size());
    reply = farm.Say("w", done);
    for (const std::string& prefix : reply.effects.drops) {
      there.erase(there.lower_bound(prefix), there.lower_bound(prefix + '\xff'));
    }
  }
  EXPECT_THAT(there, IsEmpty());
  EXPECT_LT(most, all) << "not only at the end";
}

// "w" loses its lease on an annotation, which "v" has begun anew.
struct TwoAttempts {
  explicit TwoAttempts(FarmScript& farm) {
    farm.Submit("token", SampleSpec());
    const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
    first = *farm.Say("w", CompletedMessage(probe)).Assignment("w");
    farm.Pass(seconds(31));
    second = *farm.Say("v", HelloMessage("v", 2)).Assignment("v");
    EXPECT_EQ(second.attempt().number(), 2U);
  }

  v1::Task first;
  v1::Task second;
};

TEST(BlobNeed, FindsWhatEarlierLivesLeftBehind) {
  FarmScript farm;
  const auto [first, second] = TwoAttempts(farm);
  const std::vector<std::string> keys = {PrefixOf(first) + "controls/0",
                                         PrefixOf(second) + "controls/0", "j-other/x",
                                         "j-0/denoise/0.0/e1a1/latents"};
  EXPECT_THAT(farm.Subject().FindUnneeded(keys), ElementsAre(PrefixOf(first) + "controls/0"));
  farm.Restart();
  EXPECT_THAT(farm.Subject().FindUnneeded(keys), ElementsAre(PrefixOf(first) + "controls/0"));
}

TEST(BlobNeed, KeepsWhatARetryOfAFailedJobStartsFrom) {
  FarmScript farm;
  farm.Submit("token", SampleSpec());
  const v1::Task probe = *farm.Say("w", HelloMessage("w", 1)).Assignment("w");
  const v1::Task done = *farm.Say("w", CompletedMessage(probe)).Assignment("w");
  const v1::Task bad = *farm.Say("w", CompletedMessage(done)).Assignment("w");
  farm.Say("w", FailedMessage(bad, ErrorCode::kInvalidArgument));
  EXPECT_THAT(farm.Subject().FindUnneeded({PrefixOf(done) + "controls/0"}), IsEmpty());
}

TEST(BlobNeed, DropsWhatAnAttemptBringsThatCameTooLate) {
  FarmScript farm;
  const v1::Task first = TwoAttempts(farm).first;
  farm.Say("w", HelloMessage("w", 1, "cpu", {first.attempt()}));
  EXPECT_THAT(farm.Say("w", CompletedMessage(first)).effects.drops, Contains(PrefixOf(first)));
}

TEST(BlobNeed, KeepsFilesThatWereHandedInUntilTheirJobsHaveEnded) {
  FarmScript farm;
  const UploadPlace clip{"", std::string(64, 'a'), 5, "clip.mp4"};
  const UploadPlace lora{"", std::string(64, 'b'), 5, "grain.safetensors"};
  v1::JobSpec spec = SampleSpec();
  spec.set_input_path(clip.Url());
  const std::string first = farm.Submit("first", spec);
  spec.add_loras()->set_path(lora.Url());
  const std::string second = farm.Submit("second", spec);
  const auto needed = [&] { return UploadsNeeded(farm.Subject().State()); };
  EXPECT_THAT(needed(), ElementsAre(clip.Prefix(), lora.Prefix()));
  v1::ToCoordinator cancel;
  cancel.mutable_cancel_job()->set_job(second);
  farm.Say("client", cancel);
  EXPECT_THAT(needed(), ElementsAre(clip.Prefix()));
  farm.Restart();
  EXPECT_THAT(needed(), ElementsAre(clip.Prefix()));
  cancel.mutable_cancel_job()->set_job(first);
  farm.Say("client", cancel);
  EXPECT_THAT(needed(), IsEmpty());
}

}  // namespace
}  // namespace weft::coordinator
