#include "common/wire/model_key.h"

#include <functional>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace weft {
namespace {

v1::JobSpec SampleJob() {
  v1::JobSpec job;
  job.set_model_path("/model");
  job.add_controls()->set_net_path("/net");
  v1::Lora& lora = *job.add_loras();
  lora.set_path("/lora");
  lora.set_weight(0.5);
  return job;
}

TEST(ModelKey, DiffersWithEverythingThatIsLoaded) {
  const std::vector<std::function<void(v1::JobSpec&)>> changes = {
      [](v1::JobSpec& job) { job.set_model_path("/other"); },
      [](v1::JobSpec& job) { job.set_vae_path("/vae"); },
      [](v1::JobSpec& job) { job.set_tokenizer_path("/vae"); },
      [](v1::JobSpec& job) { job.set_data_type(v1::DATA_TYPE_BFLOAT16); },
      [](v1::JobSpec& job) { job.set_clip_skip(1); },
      [](v1::JobSpec& job) { job.mutable_controls(0)->set_net_path("/other"); },
      [](v1::JobSpec& job) { job.add_controls()->set_net_path("/net"); },
      [](v1::JobSpec& job) { job.mutable_loras(0)->set_weight(0.25); },
      [](v1::JobSpec& job) { job.mutable_loras(0)->set_path("/other"); },
      [](v1::JobSpec& job) { *job.add_loras() = job.loras(0); },
      [](v1::JobSpec& job) { job.add_embedding_paths("/lora"); },
  };
  std::set<std::string> keys = {ModelKey(SampleJob())};
  for (const auto& change : changes) {
    v1::JobSpec job = SampleJob();
    change(job);
    keys.insert(ModelKey(job));
  }
  EXPECT_EQ(keys.size(), changes.size() + 1);
}

TEST(ModelKey, IsTheSameWhateverIsDoneWithTheModel) {
  v1::JobSpec job = SampleJob();
  job.set_prompt("a tower");
  job.set_steps(7);
  job.set_device("cuda");
  job.mutable_controls(0)->set_scale(0.5);
  EXPECT_EQ(ModelParts(job), ModelParts(SampleJob()));
  EXPECT_EQ(ModelKey(job), ModelKey(SampleJob()));
}

TEST(ModelKey, DoesNotTakeTheEndOfOnePartForTheBeginningOfTheNext) {
  v1::JobSpec one = SampleJob();
  one.set_vae_path("/ab");
  one.set_tokenizer_path("c");
  v1::JobSpec other = SampleJob();
  other.set_vae_path("/a");
  other.set_tokenizer_path("bc");
  EXPECT_NE(ModelParts(one), ModelParts(other));
}

// Workers and coordinators of different builds compare them.
TEST(ModelKey, StaysAsItWas) {
  EXPECT_EQ(ModelKey(SampleJob()), "e957240044cc2d24");
}

TEST(ModelKey, IsEmptyWithoutAModel) {
  EXPECT_EQ(ModelKey({}), "");
}

}  // namespace
}  // namespace weft
