#include "coordinator/cli/job_facts.h"

#include <chrono>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class JobFactsTest : public testing::Test {
 protected:
  JobFactsTest() {
    std::filesystem::create_directories(folder_.path() / "model" / "unet");
    Write("clip.mp4", "clip");
    Write("model/model_index.json", "{}");
    Write("model/unet/weights.safetensors", "weights");
    Write("model/README.md", "read me");
    spec_.set_input_path(folder_.File("clip.mp4"));
    spec_.set_model_path(folder_.File("model"));
    spec_.set_steps(20);
  }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.File(name)) << text;
  }
  [[nodiscard]] std::string TokenNow() const { return Token(CollectFacts(spec_).value()); }

  TemporaryFolder folder_;
  v1::JobSpec spec_;
};

TEST_F(JobFactsTest, TheSameJobHasTheSameToken) {
  EXPECT_EQ(TokenNow(), TokenNow());
  EXPECT_EQ(TokenNow().size(), 32U);
}

TEST_F(JobFactsTest, AnotherFieldMakesAnotherJob) {
  const std::string before = TokenNow();
  spec_.set_steps(21);
  EXPECT_NE(TokenNow(), before);
  spec_.set_steps(20);
  EXPECT_EQ(TokenNow(), before);
  spec_.mutable_frames()->set_end(0);  // Set to its default is not the same as not set.
  EXPECT_NE(TokenNow(), before);
}

TEST_F(JobFactsTest, AChangedInputMakesAnotherJob) {
  const std::string before = TokenNow();
  const auto time = std::filesystem::last_write_time(spec_.input_path());
  std::filesystem::last_write_time(spec_.input_path(), time + std::chrono::seconds(1));
  const std::string touched = TokenNow();
  EXPECT_NE(touched, before);
  Write("clip.mp4", "another clip");
  std::filesystem::last_write_time(spec_.input_path(), time);
  EXPECT_NE(TokenNow(), before);
}

TEST_F(JobFactsTest, AChangedModelMakesAnotherJob) {
  const std::string before = TokenNow();
  Write("model/unet/weights.safetensors", "other weights");
  const std::string changed = TokenNow();
  EXPECT_NE(changed, before);
  Write("model/unet/more.safetensors", "more");
  EXPECT_NE(TokenNow(), changed);
}

TEST_F(JobFactsTest, AChangedControlMakesAnotherJob) {
  Write("net.safetensors", "net");
  Write("maps.mp4", "maps");
  spec_.add_controls()->set_net_path(folder_.File("net.safetensors"));
  spec_.mutable_controls(0)->set_maps_path(folder_.File("maps.mp4"));
  const std::string before = TokenNow();
  Write("net.safetensors", "another net");
  const std::string changed = TokenNow();
  EXPECT_NE(changed, before);
  Write("maps.mp4", "other maps");
  EXPECT_NE(TokenNow(), changed);
}

TEST_F(JobFactsTest, AChangedGuideMakesAnotherJob) {
  Write("guide.mp4", "guide");
  spec_.set_kind(v1::JOB_KIND_DEFLICKER);
  spec_.clear_model_path();
  const std::string without = TokenNow();
  spec_.set_guide_path(folder_.File("guide.mp4"));
  const std::string before = TokenNow();
  EXPECT_NE(before, without);
  Write("guide.mp4", "another guide");
  EXPECT_NE(TokenNow(), before);
}

TEST_F(JobFactsTest, WhatIsNotPartOfTheModelDoesNotCount) {
  const std::string before = TokenNow();
  Write("model/README.md", "read me again");
  EXPECT_EQ(TokenNow(), before);
}

TEST_F(JobFactsTest, AMissingInputIsNamed) {
  spec_.set_input_path(folder_.File("none.mp4"));
  const Result<JobFacts> facts = CollectFacts(spec_);
  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(facts.error().message(), HasSubstr("none.mp4"));
}

TEST_F(JobFactsTest, AModelFolderThatEndsInALoopIsRead) {
  std::filesystem::create_directory_symlink(folder_.path() / "model",
                                            folder_.path() / "model" / "loop");
  EXPECT_TRUE(CollectFacts(spec_));
}

TEST(JobFacts, DifferencesAreToldByName) {
  const JobFacts before = {{"seed", "1"}, {"steps", "20"}, {"model file a", "3 bytes"}};
  const JobFacts now = {{"seed", "1"}, {"steps", "30"}, {"model file b", "4 bytes"}};
  EXPECT_THAT(Differences(before, now),
              ElementsAre("model file a: 3 bytes, now not there",
                          "model file b: not there, now 4 bytes", "steps: 20, now 30"));
  EXPECT_THAT(Differences(before, before), ElementsAre());
}

TEST_F(JobFactsTest, DifferencesOfASpecificationAreInWords) {
  spec_.set_output_path("out.mp4");
  spec_.set_smoothing_mode(v1::SMOOTHING_MODE_ROBUST);
  const JobFacts before = CollectFacts(spec_).value();
  spec_.set_output_path("other.mp4");
  spec_.set_smoothing_mode(v1::SMOOTHING_MODE_UNSPECIFIED);
  EXPECT_THAT(Differences(before, CollectFacts(spec_).value()),
              ElementsAre("output path: \"out.mp4\", now \"other.mp4\"",
                          "smoothing mode: robust, now not set"));
}

TEST(JobFacts, NamesAndTextsCannotRunIntoEachOther) {
  EXPECT_NE(Token({{"a", "bc"}}), Token({{"ab", "c"}}));
  EXPECT_NE(Token({{"a", "1"}, {"b", "2"}}), Token({{"a", "11:b1:2"}}));
}

}  // namespace
}  // namespace weft::cli
