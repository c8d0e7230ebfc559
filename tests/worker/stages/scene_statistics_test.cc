#include "worker/stages/scene_statistics.h"

#include <atomic>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"
#include "common/checksum.h"
#include "common/plan/statistics.h"

namespace weft::worker {
namespace {

// Chunks of two frames, the last of one; scenes begin at 0 and 3.
class SceneStatisticsTest : public ::testing::Test {
 protected:
  SceneStatisticsTest() {
    task_.mutable_job()->set_chunk_frames(2);
    v1::Clip& clip = *task_.mutable_clip();
    clip.set_frame_count(5);
    clip.add_scene_starts(0);
    clip.add_scene_starts(3);
  }

  // What the measuring round of a chunk has stored; each frame is one grey.
  static v1::Statistics Of(const std::vector<std::uint8_t>& greys) {
    v1::Statistics statistics;
    for (const std::uint8_t grey : greys) {
      AddFrame(std::vector<std::uint8_t>(6, grey), statistics);
    }
    return statistics;
  }

  void Store(std::uint32_t chunk, std::uint32_t round, const std::string& bytes) {
    const std::string name = round == kMeasureRound ? StatisticsName(0) : SceneName(0);
    const std::string key = std::to_string(++stored_);
    v1::Input& input = *task_.add_inputs();
    input.set_stage(v1::STAGE_FINISH);
    input.set_chunk(chunk);
    input.set_round(round);
    input.set_name(name);
    input.mutable_blob()->set_key(key);
    input.mutable_blob()->set_size_bytes(bytes.size());
    input.mutable_blob()->set_checksum(Xxh3(bytes));
    ASSERT_TRUE(blobs_.Put(key, bytes));
  }

  void Store(std::uint32_t chunk, const std::vector<std::uint8_t>& greys) {
    Store(chunk, kMeasureRound, Of(greys).SerializeAsString());
  }

  // What it stores.
  Result<std::string> JoinScene(std::uint32_t scene) {
    v1::TaskId& id = *task_.mutable_attempt()->mutable_task();
    id.set_stage(v1::STAGE_FINISH);
    id.set_chunk(scene);
    id.set_round(kSceneRound);
    task_.set_output_prefix("scene-" + std::to_string(++stored_) + "/");
    Core(scene == 0 ? 0 : 3, scene == 0 ? 3 : 5);
    WEFT_ASSIGN_OR_RETURN(const v1::TaskResult result, RunScene(task_, context_));
    EXPECT_EQ(result.outputs_size(), 1);
    EXPECT_EQ(result.outputs(0).name(), "scene/0");
    return blobs_.Get(result.outputs(0).blob().key());
  }

  void Core(std::uint32_t begin, std::uint32_t end) {
    task_.mutable_chunk()->mutable_core()->set_begin(begin);
    task_.mutable_chunk()->mutable_core()->set_end(end);
  }

  v1::Task task_;
  MemoryBlobStore blobs_;
  int stored_ = 0;
  WarmModel model_{"cpu"};
  WarmClip clip_;
  std::atomic<bool> abandoned_ = false;
  StageContext context_{blobs_, model_, clip_, /*memory=*/0, [](double) {}, abandoned_};
};

TEST_F(SceneStatisticsTest, AreThoseOfTheFramesScene) {
  Store(0, {10, 20});
  Store(1, {30, 100});
  Store(2, {200});
  const auto first = JoinScene(0);
  ASSERT_TRUE(first) << first.error().message();
  const auto second = JoinScene(1);
  ASSERT_TRUE(second) << second.error().message();
  task_.clear_inputs();
  Store(0, kSceneRound, *first);
  Store(1, kSceneRound, *second);
  Core(2, 4);
  const auto all = SceneStatistics::Fetch(task_, Stage::kFinish, 0, blobs_);
  ASSERT_TRUE(all) << all.error().message();
  EXPECT_DOUBLE_EQ(all->Of(2)[0].mean, 20);
  EXPECT_DOUBLE_EQ(all->Of(2)[0].variance, 0);
  EXPECT_DOUBLE_EQ(all->Of(3)[1].mean, 150);
}

TEST_F(SceneStatisticsTest, TakeNoFiguresOfOtherFrames) {
  const auto refused = [&](const v1::Statistics& second) {
    task_.clear_inputs();
    Store(0, {10, 20});
    Store(1, kMeasureRound, second.SerializeAsString());
    const auto joined = JoinScene(0);
    return !joined && joined.error().code() == ErrorCode::kDataLoss;
  };
  EXPECT_FALSE(refused(Of({30, 100})));
  EXPECT_TRUE(refused(Of({30})));
  EXPECT_TRUE(refused(Of({30, 100, 20})));
  v1::Statistics wrong = Of({30, 100});
  wrong.set_channels(6);
  EXPECT_TRUE(refused(wrong));
  wrong.set_channels(3);
  wrong.set_pixels(0);
  EXPECT_TRUE(refused(wrong));
  wrong.set_pixels(2);
  wrong.add_squares(1);
  EXPECT_TRUE(refused(wrong));
}

TEST_F(SceneStatisticsTest, TakeNoScenesThatAreNone) {
  const auto refused = [&](const std::string& bytes, std::uint32_t scene) {
    task_.clear_inputs();
    Store(scene, kSceneRound, bytes);
    const auto all = SceneStatistics::Fetch(task_, Stage::kFinish, 0, blobs_);
    return !all && all.error().code() == ErrorCode::kDataLoss;
  };
  v1::SceneStatistics scene;
  for (int channel = 0; channel < 3; ++channel) {
    scene.add_means(1);
    scene.add_variances(1);
  }
  EXPECT_FALSE(refused(scene.SerializeAsString(), 1));
  EXPECT_TRUE(refused(scene.SerializeAsString(), 2));
  scene.add_means(1);
  EXPECT_TRUE(refused(scene.SerializeAsString(), 1));
  EXPECT_TRUE(refused("nothing of the kind", 1));
  task_.clear_inputs();
  EXPECT_FALSE(SceneStatistics::Fetch(task_, Stage::kFinish, 0, blobs_));
}

}  // namespace
}  // namespace weft::worker
