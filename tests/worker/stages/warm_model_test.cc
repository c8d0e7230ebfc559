#include "worker/stages/warm_model.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/wire/model_key.h"
#include "tests/common/temporary_folder.h"

namespace weft::worker {
namespace {

class WarmModelTest : public ::testing::Test {
 protected:
  WarmModelTest() {
    std::filesystem::copy(WEFT_SOURCE_DIR "/deploy/models/weft-demo", folder_.File("model"),
                          std::filesystem::copy_options::recursive);
    job_.set_model_path(folder_.File("model"));
    job_.set_data_type(v1::DATA_TYPE_FLOAT32);
    job_.set_device("cpu");
    job_.set_micro_batch(1);
  }

  std::vector<float> PromptsOf(const std::string& prompt, const std::string& negative) {
    job_.set_prompt(prompt);
    job_.set_negative_prompt(negative);
    const auto ready = warm_.For(job_);
    EXPECT_TRUE(ready) << ready.error().message();
    return ready ? ready->prompts->values : std::vector<float>();
  }

  TemporaryFolder folder_;
  v1::JobSpec job_;
  WarmModel warm_{"cpu"};
};

TEST_F(WarmModelTest, EncodesThePromptsOfEachJob) {
  EXPECT_FALSE(PromptsOf("", "").empty());
  const auto one = PromptsOf("a tower", "b");
  EXPECT_NE(PromptsOf("a towerb", ""), one);
  EXPECT_NE(PromptsOf("b", "a tower"), one);
  EXPECT_EQ(PromptsOf("a tower", "b"), one);
}

TEST_F(WarmModelTest, NoticesThatAFileWasReplaced) {
  job_.set_prompt("a tower");
  const auto first = warm_.For(job_);
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(warm_.For(job_)->model, first->model) << "kept as long as nothing changes";
  std::ofstream(folder_.File("model/unet/config.json")) << "{ broken";
  EXPECT_EQ(warm_.key(), ModelKey(job_));
  const auto second = warm_.For(job_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(warm_.key(), "") << "nothing is loaded any more";
}

TEST_F(WarmModelTest, DrawsPicturesOfWhatItHasLoaded) {
  ASSERT_TRUE(warm_.For(job_));
  const Latents latents{1, 4, 1, 1, {0.5F, -0.5F, 1.0F, 0.0F}};
  const auto map = warm_.Preview();
  ASSERT_TRUE(map) << map.error().message();
  const std::vector<std::uint8_t> colour = (*map)->Picture(latents).rgb;
  EXPECT_EQ((*PreviewMap::Fit(*warm_.For(job_)->model)).Picture(latents).rgb, colour);
  // A model whose encoder scales its latents by another factor.
  std::ifstream read(folder_.File("model/vae/config.json"));
  std::string config(std::istreambuf_iterator<char>(read), {});
  const std::string factor = "0.18215";
  config.replace(config.find(factor), factor.size(), "0.9");
  std::ofstream(folder_.File("model/vae/config.json")) << config;
  ASSERT_TRUE(warm_.For(job_));
  const auto other = warm_.Preview();
  ASSERT_TRUE(other) << other.error().message();
  EXPECT_NE((*other)->Picture(latents).rgb, colour);
}

TEST_F(WarmModelTest, RefusesAJobOfAnotherDeviceWithItsModelWarm) {
  ASSERT_TRUE(warm_.For(job_));
  job_.set_device("cuda");
  const auto other = warm_.For(job_);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), ErrorCode::kFailedPrecondition);
}

}  // namespace
}  // namespace weft::worker
