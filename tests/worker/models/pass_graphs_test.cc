#include "worker/models/pass_graphs.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/worker/models/demo_denoiser.h"

namespace weft::models {
namespace {

struct Counts {
  int recorded = 0;
  int launched = 0;
  int alive = 0;
};

// Does the recorded work again, on what its addresses hold then, as a GPU does.
class Again : public DeviceGraph {
 public:
  Again(std::function<void()> work, std::shared_ptr<Counts> counts)
      : work_(std::move(work)), counts_(std::move(counts)) {
    ++counts_->recorded;
    ++counts_->alive;
  }
  Again(const Again&) = delete;
  Again& operator=(const Again&) = delete;
  ~Again() override { --counts_->alive; }
  void Launch() override {
    ++counts_->launched;
    work_();
  }

 private:
  std::function<void()> work_;
  std::shared_ptr<Counts> counts_;
};

class AgainRecorder : public GraphRecorder {
 public:
  explicit AgainRecorder(std::shared_ptr<Counts> counts) : counts_(std::move(counts)) {}
  std::unique_ptr<DeviceGraph> Record(const std::function<void()>& work) override {
    return std::make_unique<Again>(work, counts_);
  }

 private:
  std::shared_ptr<Counts> counts_;
};

class FailingRecorder : public GraphRecorder {
 public:
  explicit FailingRecorder(std::string message) : message_(std::move(message)) {}
  std::unique_ptr<DeviceGraph> Record(const std::function<void()>& /*work*/) override {
    throw std::runtime_error(message_);
  }

 private:
  std::string message_;
};

constexpr std::int64_t kCells = 100;

class PassGraphsTest : public testing::Test {
 protected:
  static TensorParts Full(double value, std::int64_t rows = 2) {
    return {at::full({rows, 3}, value, at::kFloat)};
  }
  static std::vector<at::Tensor> Twice(const std::vector<at::Tensor>& inputs) {
    return {inputs.front().mul(2.0)};
  }
  std::optional<std::vector<at::Tensor>> Run(const TensorParts& input, const PassKey& key = {}) {
    return graphs_.Run(key, kCells, {input}, Twice);
  }
  // The first number of what a pass gives; -1: it is to be run as it is.
  double FirstOf(const TensorParts& input, const PassKey& key = {}) {
    const auto out = Run(input, key);
    return out ? out->front().flatten()[0].item<double>() : -1.0;
  }

  const c10::InferenceMode inference_;
  std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
  PassGraphs graphs_{std::make_unique<AgainRecorder>(counts_), kCells};
};

TEST_F(PassGraphsTest, RecordsWhatComesASecondTimeAndLaunchesItFromThenOn) {
  EXPECT_EQ(FirstOf(Full(1.0)), -1.0);
  EXPECT_EQ(counts_->recorded, 0);
  EXPECT_EQ(FirstOf(Full(2.0)), 4.0);
  EXPECT_EQ(FirstOf(Full(3.0)), 6.0);
  EXPECT_EQ(counts_->recorded, 1);
  EXPECT_EQ(counts_->launched, 2);
}

TEST_F(PassGraphsTest, TakesNoPassThatIsTooLargeNorAnyWithoutARecorder) {
  EXPECT_TRUE(graphs_.Takes(kCells));
  EXPECT_FALSE(graphs_.Takes(kCells + 1));
  EXPECT_FALSE(PassGraphs(nullptr).Takes(1));
}

TEST_F(PassGraphsTest, TellsPassesApart) {
  SampleLinks reads_one;
  reads_one.reads = {0};
  std::vector<std::pair<TensorParts, PassKey>> passes = {{Full(1.0), {}},
                                                         {Full(1.0, 3), {}},
                                                         {{Full(1.0).front().to(at::kDouble)}, {}},
                                                         {{at::ones({3, 2}).t()}, {}},
                                                         {Full(1.0), {1}},
                                                         {Full(1.0), {0, {reads_one}}},
                                                         {Full(1.0), {0, {}, 0.5}},
                                                         {Full(1.0), {0, {}, 1.0, true}}};
  for (const auto& [input, key] : passes) {
    EXPECT_FALSE(Run(input, key));
  }
  for (const auto& [input, key] : passes) {
    EXPECT_EQ(FirstOf(input, key), 2.0);
  }
  EXPECT_EQ(counts_->recorded, static_cast<int>(passes.size()));
}

TEST_F(PassGraphsTest, JoinsPartsAndKeepsStrides) {
  const TensorParts parts = {Full(1.0).front(), Full(2.0, 1).front()};
  const TensorParts picture = {
      at::ones({2, 4, 3, 5}).contiguous(at::MemoryFormat::ChannelsLast).mul(0.5)};
  const auto check = [](const std::vector<at::Tensor>& inputs) {
    EXPECT_TRUE(inputs[1].is_contiguous(at::MemoryFormat::ChannelsLast));
    return std::vector<at::Tensor>{inputs[0].clone(), inputs[1].clone()};
  };
  EXPECT_FALSE(graphs_.Run({}, kCells, {parts, picture}, check));
  const auto out = graphs_.Run({}, kCells, {parts, picture}, check);
  EXPECT_TRUE(out->at(0).equal(at::cat(parts)));
  EXPECT_TRUE(out->at(1).equal(picture.front()));
}

// Each pass's inputs lie where the others' do.
TEST_F(PassGraphsTest, SetsInputsAnewEachTime) {
  for (int round = 0; round < 3; ++round) {
    for (const std::int64_t rows : {2, 500, 3}) {
      const double value = static_cast<double>(rows) + round;
      EXPECT_EQ(FirstOf(Full(value, rows)), round == 0 ? -1.0 : 2.0 * value);
    }
  }
  EXPECT_EQ(counts_->recorded, 3);
}

TEST_F(PassGraphsTest, DropsTheLongestUnusedButNoneThatTakesItsTurn) {
  for (int round = 0; round < 3; ++round) {
    for (int network = 0; network < 20; ++network) {
      Run(Full(1.0), {network});
    }
  }
  EXPECT_EQ(counts_->recorded, 16);
  EXPECT_EQ(FirstOf(Full(1.0), {3}), 2.0);
  EXPECT_FALSE(Run(Full(1.0), {17})) << "there is no room for it";
  for (int run = 0; run < 64; ++run) {
    Run(Full(1.0), {3});
  }
  EXPECT_EQ(FirstOf(Full(1.0), {17}), 2.0);
  EXPECT_EQ(counts_->recorded, 17);
  EXPECT_EQ(counts_->alive, 16);
  EXPECT_FALSE(Run(Full(1.0), {0})) << "it was dropped, and comes for the first time again";
  graphs_.Forget();
  EXPECT_EQ(counts_->alive, 0);
}

TEST_F(PassGraphsTest, TakesHalfOfWhatThereWasWhereMemoryRanOut) {
  EXPECT_FALSE(graphs_.GiveUp());
  Run(Full(1.0));
  EXPECT_FALSE(graphs_.GiveUp()) << "nothing was recorded";
  Run(Full(1.0));
  Run(Full(1.0));
  EXPECT_TRUE(graphs_.GiveUp());
  EXPECT_EQ(counts_->alive, 0);
  EXPECT_TRUE(graphs_.Takes(kCells / 2));
  EXPECT_FALSE(graphs_.Takes(kCells / 2 + 1));
  EXPECT_FALSE(graphs_.GiveUp());
}

TEST_F(PassGraphsTest, MemoryThatIsShortForRecordingIsTheCallersMatter) {
  graphs_ = PassGraphs(std::make_unique<FailingRecorder>("CUDA out of memory"), kCells);
  Run(Full(1.0));
  EXPECT_THROW(Run(Full(1.0)), std::runtime_error);
  EXPECT_TRUE(graphs_.GiveUp());
  EXPECT_TRUE(graphs_.Takes(kCells / 2));
}

TEST_F(PassGraphsTest, MemoryThatIsShortForInputsIsTheCallersMatter) {
  constexpr std::int64_t kTooMany = std::int64_t{1} << 50;
  const TensorParts vast = {at::full({1}, 1.0, at::kFloat).expand({kTooMany})};
  EXPECT_FALSE(Run(vast));
  EXPECT_ANY_THROW(Run(vast));
  EXPECT_TRUE(graphs_.GiveUp());
}

TEST_F(PassGraphsTest, ADeviceThatRecordsNothingRunsPassesAsTheyAre) {
  graphs_ = PassGraphs(std::make_unique<FailingRecorder>("not permitted"), kCells);
  EXPECT_FALSE(Run(Full(1.0)));
  EXPECT_FALSE(Run(Full(1.0)));
  EXPECT_FALSE(graphs_.Takes(1));
}

// The same denoiser twice, of which one records.
class RecordedFrames : public testing::TestWithParam<std::tuple<bool, bool>> {
 protected:
  void SetUp() override {
    for (Setting* setting : {&plain_, &recording_}) {
      std::tie(setting->guidance.controlnets_attend, setting->guidance.guess_mode) = GetParam();
    }
  }

  // Anchors 0 and 5, and frames that attend to them.
  static Latents Anchored(Setting& setting, double timestep) {
    GuidedDenoiser& denoiser = setting.denoiser;
    EXPECT_TRUE(denoiser.RecallAnchors(Frames({0, 5}, setting.nets), timestep, setting.prompts,
                                       setting.guidance));
    const int first = timestep > kTimestep ? 1 : 2;
    StepInput frames = Frames(Between(first, first + 4), setting.nets);
    frames.attends = {{0, 1}, {0, 1}, {1, 0}, {0, 0}};
    return denoiser.PredictFrames(frames, timestep, setting.prompts, setting.guidance).value();
  }

  std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
  Setting plain_{2, 2};
  Setting recording_{2, 2, std::make_unique<AgainRecorder>(counts_)};
};

TEST_P(RecordedFrames, AloneHaveTheSameBits) {
  for (const std::vector<int>& numbers : {Between(0, 4), Between(1, 5), Between(3, 5)}) {
    EXPECT_EQ(recording_.Alone(numbers), plain_.Alone(numbers));
  }
  EXPECT_EQ(counts_->recorded, 3) << "two ControlNets and the UNet";
}

TEST_P(RecordedFrames, WithAnchorsHaveTheSameBits) {
  for (const double timestep : {601.0, 501.0, 401.0}) {
    EXPECT_EQ(Anchored(recording_, timestep), Anchored(plain_, timestep));
  }
  EXPECT_GT(counts_->launched, counts_->recorded);
}

TEST_P(RecordedFrames, JointHaveTheSameBits) {
  for (const Kind kind : {Kind::kFirst, Kind::kFirstAndPrevious, Kind::kPattern, Kind::kWindow}) {
    const int launched = counts_->launched;
    for (const int first : {0, 1, 0}) {
      const std::vector<int> wanted = Between(first, first + 5);
      EXPECT_EQ(recording_.Joint(Of(kind), wanted, 7, Between(0, 7)),
                plain_.Joint(Of(kind), wanted, 7, Between(0, 7)));
    }
    EXPECT_GT(counts_->launched, launched);
  }
}

TEST_P(RecordedFrames, HaveTheSameBitsWhateverChangesBetween) {
  const auto compare = [&](const std::string& what) {
    EXPECT_EQ(recording_.Alone({1, 2}), plain_.Alone({1, 2})) << what;
  };
  const auto change = [&](const auto& work) {
    work(plain_);
    work(recording_);
  };
  for (int round = 0; round < 3; ++round) {
    const int launched = counts_->launched;
    compare("once more");
    change([](Setting& setting) { setting.guidance.control_scales = {0.7, 0.25}; });
    compare("a scale");
    change([](Setting& setting) { setting.guidance.control_scales = {0.0, 0.25}; });
    compare("a ControlNet rests");
    change([](Setting& setting) { setting.guidance.scale += 1.0; });
    compare("the guidance");
    EXPECT_GT(counts_->launched, launched);
  }
}

// Graphs hold addresses of what the networks made of the prompts.
TEST_P(RecordedFrames, GoWithThePrompts) {
  for (int round = 0; round < 3; ++round) {
    for (int turn = 0; turn < 2; ++turn) {
      EXPECT_EQ(recording_.Alone({1, 2}), plain_.Alone({1, 2}));
      EXPECT_EQ(counts_->alive, turn == 0 ? 0 : 3);
    }
    plain_.prompts.values.front() += 1.0F;
    recording_.prompts = plain_.prompts;
  }
}

TEST_P(RecordedFrames, AreHalvedWhereMemoryRanOut) {
  const auto compare = [&] {
    for (int turn = 0; turn < 3; ++turn) {
      EXPECT_EQ(recording_.Alone({1, 2}), plain_.Alone({1, 2}));
    }
  };
  compare();
  EXPECT_EQ(counts_->alive, 3);
  EXPECT_TRUE(recording_.denoiser.GiveUpCaches());
  EXPECT_EQ(counts_->alive, 0);
  compare();  // In guess mode the ControlNets have half as many samples.
  EXPECT_EQ(counts_->alive, std::get<1>(GetParam()) ? 2 : 0);
}

INSTANTIATE_TEST_SUITE_P(Controls,
                         RecordedFrames,
                         testing::Values(std::tuple(false, false),
                                         std::tuple(true, false),
                                         std::tuple(false, true),
                                         std::tuple(true, true)));

}  // namespace
}  // namespace weft::models
