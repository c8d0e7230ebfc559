#include "worker/models/kept_anchors.h"

#include <cstdint>
#include <memory>
#include <string>

#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "worker/models/torch_voice.h"

namespace weft::models {
namespace {

constexpr std::uint64_t kEach = sizeof(float) * (std::size_t{2} * 2 * 8 + 4);

AnchorInput Input(int frame, int step = 0) {
  AnchorInput input;
  input.timestep = step;
  input.height = 2;
  input.width = 2;
  input.noisy.assign(4, static_cast<float>(frame));
  return input;
}

class KeptAnchorsTest : public testing::Test {
 protected:
  void Keep(const AnchorInput& input) {
    FrameMemory::Sides sides;
    for (KeysValues& side : sides) {
      side = {at::zeros({4, 2}), at::zeros({4, 2})};
    }
    kept_.Keep({std::make_shared<const AnchorInput>(input), {{sides}, {}}});
  }
  bool Has(const AnchorInput& input) { return kept_.Find(input) != nullptr; }

  KeptAnchors kept_;
};

TEST_F(KeptAnchorsTest, KeepsNothingAtFirst) {
  Keep(Input(0));
  EXPECT_FALSE(Has(Input(0)));
  EXPECT_FALSE(kept_.GiveUp());
}

TEST_F(KeptAnchorsTest, FindsWhatCameOfTheSameInputOnly) {
  kept_.BeginTask(100 * kEach);
  const auto first = std::make_shared<const AnchorInput>(Input(0));
  AnchorInput input = Input(1);
  input.first = first;
  input.controls = {{1, 1, 1, {7}}};
  input.scales = {0.5};
  Keep(input);

  AnchorInput same = input;
  same.first = std::make_shared<const AnchorInput>(Input(0));
  EXPECT_TRUE(Has(same));
  const auto other = [&input](const auto& change) {
    AnchorInput changed = input;
    change(changed);
    return changed;
  };
  EXPECT_FALSE(Has(other([](AnchorInput& it) { it.timestep = 1.0; })));
  EXPECT_FALSE(Has(other([](AnchorInput& it) { it.height = 1; })));
  EXPECT_FALSE(Has(other([](AnchorInput& it) { it.width = 1; })));
  EXPECT_FALSE(Has(other([](AnchorInput& it) { it.noisy.back() = 2.0F; })));
  EXPECT_FALSE(Has(other([](AnchorInput& it) { it.controls.front().values = {8}; })));
  EXPECT_FALSE(Has(other([](AnchorInput& it) { it.scales = {0.25}; })));
  EXPECT_FALSE(Has(other([](AnchorInput& it) { it.guess_mode = true; })));
  EXPECT_FALSE(Has(other([](AnchorInput& it) { it.controlnets_attend = true; })));
  EXPECT_FALSE(Has(other([](AnchorInput& it) { it.micro_batch = 4; })));
  EXPECT_FALSE(Has(other([](AnchorInput& it) { it.number = 3; })));
  EXPECT_FALSE(Has(other([](AnchorInput& it) { it.first = nullptr; })));
  EXPECT_FALSE(Has(
      other([](AnchorInput& it) { it.first = std::make_shared<const AnchorInput>(Input(2)); })));
  EXPECT_FALSE(Has(Input(0))) << "that others name it does not make it one that is kept";
}

TEST_F(KeptAnchorsTest, TellsZerosApart) {
  kept_.BeginTask(100 * kEach);
  Keep(Input(0));
  AnchorInput negative = Input(0);
  negative.noisy.front() = -0.0F;
  EXPECT_FALSE(Has(negative));
}

TEST_F(KeptAnchorsTest, ANewTaskTakesThePlaceOfWhatWasUnusedLongest) {
  kept_.BeginTask(2 * kEach);
  Keep(Input(0));
  Keep(Input(1));
  kept_.BeginTask(2 * kEach);
  EXPECT_TRUE(Has(Input(0)));
  Keep(Input(2));
  EXPECT_TRUE(Has(Input(0)));
  EXPECT_FALSE(Has(Input(1)));
  EXPECT_TRUE(Has(Input(2)));
}

// As with chunks that attend to more than there is room for: each would drop what the next needs.
TEST_F(KeptAnchorsTest, NothingOfTheSameTaskIsDropped) {
  for (int chunk = 0; chunk < 2; ++chunk) {
    kept_.BeginTask(3 * kEach);
    for (int step = 0; step < 5; ++step) {
      EXPECT_EQ(Has(Input(0, step)), chunk > 0 && step < 3) << chunk << " " << step;
      if (!Has(Input(0, step))) {
        Keep(Input(0, step));
      }
    }
  }
}

TEST_F(KeptAnchorsTest, LessRoomDropsTheLongestUnused) {
  kept_.BeginTask(3 * kEach);
  for (const int frame : {0, 1, 2}) {
    Keep(Input(frame));
  }
  EXPECT_TRUE(Has(Input(0)));
  kept_.BeginTask(2 * kEach - 1);
  EXPECT_TRUE(Has(Input(0)));
  EXPECT_FALSE(Has(Input(1)));
  EXPECT_FALSE(Has(Input(2)));
}

TEST_F(KeptAnchorsTest, ForgetsAll) {
  kept_.BeginTask(kEach);
  Keep(Input(0));
  kept_.Forget();
  EXPECT_FALSE(Has(Input(0)));
  Keep(Input(1));
  EXPECT_TRUE(Has(Input(1))) << "the room is free again";
}

TEST_F(KeptAnchorsTest, KeepsHalfOfWhatMemoryHasNotHeld) {
  kept_.BeginTask(100 * kEach);
  for (const int frame : {0, 1, 2, 3}) {
    Keep(Input(frame));
  }
  {
    std::string heard;
    const TorchVoice voice([&heard](const std::string& warning) { heard += warning; });
    EXPECT_TRUE(kept_.GiveUp());
    EXPECT_NE(heard.find("given up, " + std::to_string(4 * kEach) + " bytes"), std::string::npos)
        << heard;
  }
  EXPECT_FALSE(Has(Input(3)));
  Keep(Input(4));
  EXPECT_FALSE(Has(Input(4))) << "nothing more in this task";
  kept_.BeginTask(100 * kEach);
  for (const int frame : {0, 1, 2}) {
    Keep(Input(frame));
  }
  EXPECT_TRUE(Has(Input(0)));
  EXPECT_TRUE(Has(Input(1)));
  EXPECT_FALSE(Has(Input(2)));
}

}  // namespace
}  // namespace weft::models
