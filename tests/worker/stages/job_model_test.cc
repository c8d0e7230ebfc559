#include "worker/stages/job_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::worker {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::string kDemo = WEFT_SOURCE_DIR "/deploy/models/weft-demo";
const std::string kOther = WEFT_SOURCE_DIR "/tests/golden/cases/model_a";

// What a probe says of a model, before anything is rendered; empty where all is well.
std::string Complaint(const models::ModelOptions& options) {
  const Status checked = CheckModel(options);
  return checked ? "" : checked.error().message();
}

TEST(CheckModel, TakesAModelWhosePartsFitTogether) {
  EXPECT_EQ(Complaint({.model = kDemo, .controlnets = {kDemo + "/controlnet"}}), "");
}

TEST(CheckModel, RefusesAControlNetOfAnotherModelAndNamesWhatDiffers) {
  EXPECT_THAT(Complaint({.model = kOther, .controlnets = {kDemo + "/controlnet"}}),
              AllOf(HasSubstr(kDemo + "/controlnet: "), HasSubstr("block_out_channels"),
                    HasSubstr("[32, 64, 64, 64]")));
}

TEST(CheckModel, RefusesToLeaveOutAllLayersOfTheTextEncoder) {
  EXPECT_THAT(Complaint({.model = kDemo, .clip_skip = 11}), HasSubstr("clip_skip 11"));
}

}  // namespace
}  // namespace weft::worker
