#include "coordinator/core/overwrite_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/core/spec_check.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

class OverwriteCheck : public ::testing::Test {
 protected:
  OverwriteCheck() {
    spec_.set_input_path("/in/clip.mp4");
    spec_.set_output_path("/out/neon.mp4");
    spec_.set_model_path("/models/sd");
  }

  // What is said against it, by the whole check of a specification.
  [[nodiscard]] std::string Complaint() const {
    const Status checked = CheckSpec(spec_);
    return checked ? "" : checked.error().message();
  }

  v1::JobSpec spec_ = SampleSpec();
};

TEST_F(OverwriteCheck, TheInputUnderAnotherName) {
  spec_.set_output_path("/in/../in/clip.mp4");
  EXPECT_EQ(Complaint(), "output_path is '/in/../in/clip.mp4': it is the input");
}

TEST_F(OverwriteCheck, ControlMaps) {
  v1::Control& control = *spec_.add_controls();
  control.set_kind(v1::CONTROL_KIND_SOFT_EDGE);
  control.set_maps_path("/out/neon.mp4");
  EXPECT_EQ(Complaint(), "output_path is '/out/neon.mp4': it holds control maps");
}

TEST_F(OverwriteCheck, ALora) {
  spec_.add_loras()->set_path("/out/neon.mp4");
  EXPECT_EQ(Complaint(), "output_path is '/out/neon.mp4': it is a LoRA");
}

TEST_F(OverwriteCheck, AnchorsThatAreSaved) {
  spec_.set_save_look_path("/in/clip.mp4");
  EXPECT_EQ(Complaint(), "save_look_path is '/in/clip.mp4': it is the input");
  spec_.set_save_look_path("/models/sd/unet/config.json");
  EXPECT_EQ(Complaint(),
            "save_look_path is '/models/sd/unet/config.json': it is the model or in its folder");
  spec_.set_model_path("/models/sd/");
  EXPECT_THAT(Complaint(), ::testing::EndsWith("it is the model or in its folder"));
  spec_.set_save_look_path("/out/neon.mp4");
  EXPECT_EQ(Complaint(), "save_look_path is '/out/neon.mp4': it is the output");
  spec_.set_save_look_path("/models/sd-of-mine.look");
  EXPECT_TRUE(CheckOverwrites(spec_)) << "beside the model's folder";
}

}  // namespace
}  // namespace weft::coordinator
