#include "worker/models/control_conditions.h"

#include <string>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "worker/models/model_config.h"
#include "worker/models/torch_edge.h"

namespace weft::models {
namespace {

class ControlConditionsTest : public testing::Test {
 protected:
  ControlConditionsTest() {
    UseThreads(1);
    const std::string folder = WEFT_SOURCE_DIR "/deploy/models/weft-demo/controlnet";
    net_ = LoadControlNet(ReadControlNetConfig(folder).value(),
                          Weights::Open(Part::kControlNet, folder, {}).value())
               .value();
  }

  static ControlMap Grey(std::uint8_t level) {
    return {32, 32, 1, std::vector<std::uint8_t>(std::size_t{32} * 32, level)};
  }

  const c10::InferenceMode inference_;
  ControlNet net_;
};

TEST_F(ControlConditionsTest, MakesEachMapsConditionOnce) {
  ControlConditions conditions;
  const at::Tensor first = conditions.Of(net_, 0, Grey(90), {});
  EXPECT_TRUE(first.equal(net_.Condition(
      at::full({1, 3, 32, 32}, 90.0 / 255.0).contiguous(at::MemoryFormat::ChannelsLast))));
  EXPECT_FALSE(conditions.Of(net_, 0, Grey(91), {}).equal(first));
  EXPECT_TRUE(conditions.Of(net_, 0, Grey(90), {}).is_same(first));
  EXPECT_FALSE(conditions.Of(net_, 1, Grey(90), {}).is_same(first)) << "another net's";
}

TEST_F(ControlConditionsTest, ForgetsTheOldestWhereThereIsNoRoom) {
  ControlConditions conditions(1);
  const at::Tensor first = conditions.Of(net_, 0, Grey(90), {});
  const at::Tensor again = conditions.Of(net_, 0, Grey(90), {});
  EXPECT_FALSE(again.is_same(first));
  EXPECT_TRUE(again.equal(first));
}

}  // namespace
}  // namespace weft::models
