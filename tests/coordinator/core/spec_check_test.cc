#include "coordinator/core/spec_check.h"

#include <functional>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/storage/upload_place.h"
#include "common/wire/job_objects.h"
#include "coordinator/core/place_check.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using ::testing::StartsWith;

struct BadSpec {
  std::string complaint;  // How it begins.
  std::function<void(v1::JobSpec&)> spoil;
};

const double kNan = std::numeric_limits<double>::quiet_NaN();

const std::string kSum(64, 'a');
const std::string kModel = "models: weft://model/" + kSum + "/dream";

// A model that was handed in, of one file, which is returned.
v1::ModelPart* AddModel(v1::JobSpec& spec) {
  v1::HandedInModel& model = *spec.add_models();
  model.set_url("weft://model/" + kSum + "/dream");
  v1::ModelPart& part = *model.add_parts();
  part.set_name("dream/unet/config.json");
  part.set_url("weft://_ada/" + kSum + "/5/config.json");
  return &part;
}

std::vector<BadSpec> BadSpecs() {
  return {
      {"input_path is ''", [](auto& s) { s.clear_input_path(); }},
      {"output_path is 'o.mp4'", [](auto& s) { s.set_output_path("o.mp4"); }},
      {"output_path is '/in.mp4'", [](auto& s) { s.set_output_path("/in.mp4"); }},
      {"input_path: 's3://reels' is no place of an object",
       [](auto& s) { s.set_input_path("s3://reels"); }},
      {"output_path: 's3:///out.mp4' is no place of an object",
       [](auto& s) { s.set_output_path("s3:///out.mp4"); }},
      {"input_path: 'weft://ada/5/a.mp4' is no place of a file that was handed in",
       [](auto& s) { s.set_input_path("weft://ada/5/a.mp4"); }},
      {"output_path: 'weft://ada/5/a.mp4' is no place of a result",
       [](auto& s) { s.set_output_path("weft://ada/5/a.mp4"); }},
      {"model_path is 'weft://model/" + kSum + "/dream', which is not among what was handed in",
       [](auto& s) { s.set_model_path("weft://model/" + kSum + "/dream"); }},
      {"models: 'weft://model/5/dream' is no model that was handed in",
       [](auto& s) { s.add_models()->set_url("weft://model/5/dream"); }},
      {kModel + ": '../dream' is no name of a file in it",
       [](auto& s) { AddModel(s)->set_name("../dream"); }},
      {kModel + ": 'dream/unet/config.json' is no name of a file in it, or one twice",
       [](auto& s) { *s.mutable_models(0)->add_parts() = *AddModel(s); }},
      {kModel + ": none of its files is called so, or lies in it",
       [](auto& s) { AddModel(s)->set_name("dreams/config.json"); }},
      {kModel + ": dream/unet/config.json: 'weft://x' is no place of a file",
       [](auto& s) { AddModel(s)->set_url("weft://x"); }},
      {kModel + ": 'dream/unet' is a file and a folder in it",
       [](auto& s) {
         v1::ModelPart part = *AddModel(s);
         part.set_name("dream/unet");
         *s.mutable_models(0)->add_parts() = part;
       }},
      {kModel + " is there twice",
       [](auto& s) {
         AddModel(s);
         AddModel(s);
       }},
      {"models: their list has 2",
       [](auto& s) {
         const v1::ModelPart first = *AddModel(s);
         for (int i = 1; i < 2000; ++i) {
           *s.mutable_models(0)->add_parts() = first;
           s.mutable_models(0)->mutable_parts(i)->set_name("dream/" + std::to_string(i));
         }
       }},
      {"look_path: 'weft://look/' is no place of a file that was handed in",
       [](auto& s) { s.set_look_path("weft://look/"); }},
      {"save_look_path is 'weft://_ada/result/b.look'",
       [](auto& s) {
         s.set_output_path("weft://_ada/result/a.mp4");
         s.set_save_look_path("weft://_ada/result/b.look");
       }},
      {"anchor_frames is 4: must ascend",
       [](auto& s) {
         s.add_anchor_frames(4);
         s.add_anchor_frames(4);
       }},
      {"anchor_frames is set: only where frames attend",
       [](auto& s) {
         s.add_anchor_frames(4);
         s.set_anchors_attended(0);
       }},
      {"controls.steady is set: only of depth",
       [](auto& s) { s.mutable_controls(0)->set_steady(true); }},
      {"output_path is too long", [](auto& s) { s.set_output_path("/" + std::string(5000, 'x')); }},
      {"model_path is 's3://models/dream': an absolute path",
       [](auto& s) { s.set_model_path("s3://models/dream"); }},
      {"model_path is ''", [](auto& s) { s.clear_model_path(); }},
      {"prompt is too long", [](auto& s) { s.set_prompt(std::string(40'000, 'x')); }},
      {"steps is 0", [](auto& s) { s.set_steps(0); }},
      {"steps is 1001", [](auto& s) { s.set_steps(1001); }},
      {"guidance is nan", [](auto& s) { s.set_guidance(kNan); }},
      {"guidance is 101", [](auto& s) { s.set_guidance(101); }},
      {"strength is 0:", [](auto& s) { s.set_strength(0); }},
      {"strength is 1.5", [](auto& s) { s.set_strength(1.5); }},
      {"strength is 0.01: so small", [](auto& s) { s.set_strength(0.01); }},
      {"window is 257", [](auto& s) { s.set_window(257); }},
      {"smooth_steps is 10", [](auto& s) { s.add_smooth_steps(10); }},
      {"smooth_steps is 9: must ascend", [](auto& s) { s.add_smooth_steps(9); }},
      {"contrast is 11", [](auto& s) { s.set_contrast(11); }},
      {"sharpness is -1", [](auto& s) { s.set_sharpness(-1); }},
      {"size.width is 7",
       [](auto& s) {
         s.mutable_size()->set_width(7);
         s.mutable_size()->set_height(64);
       }},
      {"size.height is 8193",
       [](auto& s) {
         s.mutable_size()->set_width(64);
         s.mutable_size()->set_height(8193);
       }},
      {"frames.begin is 5",
       [](auto& s) {
         s.mutable_frames()->set_begin(5);
         s.mutable_frames()->set_end(5);
       }},
      {"chunk_frames is 0", [](auto& s) { s.set_chunk_frames(0); }},
      {"chunk_frames is 4097", [](auto& s) { s.set_chunk_frames(4097); }},
      {"anchor_spacing is 0", [](auto& s) { s.set_anchor_spacing(0); }},
      {"anchors_attended is 17", [](auto& s) { s.set_anchors_attended(17); }},
      {"micro_batch is 65", [](auto& s) { s.set_micro_batch(65); }},
      {"data_type is 0", [](auto& s) { s.clear_data_type(); }},
      {"device is 'tpu'", [](auto& s) { s.set_device("tpu"); }},
  };
}

// Of what the engine is asked.
std::vector<BadSpec> BadEngineSpecs() {
  return {
      {"controls.kind is 0", [](auto& s) { s.mutable_controls(0)->clear_kind(); }},
      {"controls.start is 1", [](auto& s) { s.mutable_controls(0)->set_start(1); }},
      {"vae_path is 'v'", [](auto& s) { s.set_vae_path("v"); }},
      {"tokenizer_path is 't'", [](auto& s) { s.set_tokenizer_path("t"); }},
      {"loras.path is ''", [](auto& s) { s.add_loras(); }},
      {"embedding_paths is 'e'", [](auto& s) { s.add_embedding_paths("e"); }},
      {"clip_skip is 12", [](auto& s) { s.set_clip_skip(12); }},
      {"sampler is 0", [](auto& s) { s.clear_sampler(); }},
      {"smooth_steps is 4: only DDIM", [](auto& s) { s.set_sampler(v1::SAMPLER_EULER); }},
      {"eta is 1.5", [](auto& s) { s.set_eta(1.5); }},
      {"karras_sigmas is true", [](auto& s) { s.set_karras_sigmas(true); }},
      {"controls.net_path is 'n'", [](auto& s) { s.mutable_controls(0)->set_net_path("n"); }},
      {"controls.net_path is ''", [](auto& s) { *s.add_controls() = s.controls(0); }},
      {"controls.maps_path is 'm'", [](auto& s) { s.mutable_controls(0)->set_maps_path("m"); }},
      {"controls.maps_path is ''",
       [](auto& s) { s.mutable_controls(0)->set_kind(v1::CONTROL_KIND_DEPTH); }},
      {"controls is 9",
       [](auto& s) {
         for (int i = 0; i < 8; ++i) {
           s.add_controls();
         }
       }},
      {"controls.scale is 2.5", [](auto& s) { s.mutable_controls(0)->set_scale(2.5); }},
  };
}

TEST(CheckSpec, TakesTheSample) {
  EXPECT_TRUE(CheckSpec(SampleSpec()));
}

TEST(CheckSpec, TakesFilesThatWereHandedIn) {
  const UploadPlace file{"ada", std::string(64, 'a'), 5, "file"};
  v1::JobSpec spec = SampleSpec();
  for (const char* const path : {"/lora", "/embedding"}) {
    spec.add_loras()->set_path(path);
    spec.add_embedding_paths(path);
  }
  spec.set_look_path("/look");
  spec.mutable_controls(0)->set_maps_path("/maps");
  for (std::string* const path : FilesOf(spec)) {
    *path = file.Url();
  }
  const Status checked = CheckSpec(spec);
  EXPECT_TRUE(checked) << checked.error().message();
  EXPECT_TRUE(CheckOwner(spec, "ada"));
  EXPECT_EQ(CheckOwner(spec, "bob").error().code(), ErrorCode::kPermissionDenied);
  spec.set_vae_path(file.Url());
  EXPECT_FALSE(CheckSpec(spec)) << "models stay where workers see them";
}

TEST(CheckSpec, TakesFramesUpToTheEndOfTheClip) {
  v1::JobSpec spec = SampleSpec();
  spec.mutable_frames()->set_begin(5);
  EXPECT_TRUE(CheckSpec(spec));
}

TEST(CheckSpec, TakesEveryKindOfControlThatHasItsMaps) {
  v1::JobSpec spec = SampleSpec();
  for (const v1::ControlKind kind :
       {v1::CONTROL_KIND_TILE, v1::CONTROL_KIND_DEPTH, v1::CONTROL_KIND_OPENPOSE,
        v1::CONTROL_KIND_CANNY, v1::CONTROL_KIND_LINEART}) {
    v1::Control& control = *spec.add_controls();
    control = spec.controls(0);
    control.set_kind(kind);
    control.set_net_path("/net");
    if (kind != v1::CONTROL_KIND_TILE) {
      control.set_maps_path("/maps.mp4");
    }
  }
  const Status checked = CheckSpec(spec);
  EXPECT_TRUE(checked) << checked.error().message();
}

std::vector<BadSpec> BadDeflickerSpecs() {
  return {
      {"input_path is ''", [](auto& s) { s.clear_input_path(); }},
      {"guide_path is 'g'", [](auto& s) { s.set_guide_path("g"); }},
      {"output_path is '/guide.mp4': it is the guide",
       [](auto& s) { s.set_output_path("/guide.mp4"); }},
      {"align_guide is true: there is no guide_path",
       [](auto& s) {
         s.clear_guide_path();
         s.set_align_guide(true);
       }},
      {"input_path is not UTF-8", [](auto& s) { s.set_input_path("/caf\xE9.mp4"); }},
      {"window is 0: 1 to 256", [](auto& s) { s.set_window(0); }},
      {"window is 257", [](auto& s) { s.set_window(257); }},
      {"chunk_frames is 0", [](auto& s) { s.set_chunk_frames(0); }},
      {"frames.begin is 5",
       [](auto& s) {
         s.mutable_frames()->set_begin(5);
         s.mutable_frames()->set_end(5);
       }},
      {"smoothing_mode is 9",
       [](auto& s) { s.set_smoothing_mode(static_cast<v1::SmoothingMode>(9)); }},
      {"guide_weight is 101", [](auto& s) { s.set_guide_weight(101); }},
      {"patch_size is 4: odd", [](auto& s) { s.set_patch_size(4); }},
      {"patch_size is 17", [](auto& s) { s.set_patch_size(17); }},
      {"patch_size is 7: smoothing_mode has patches of its own",
       [](auto& s) { s.set_patch_size(7); }},
      {"high_bit_depth is set: steady_colours",
       [](auto& s) {
         s.set_high_bit_depth(true);
         s.set_steady_colours(true);
       }},
      {"guide_weight is 0: smoothing_mode has none",
       [](auto& s) {
         s.set_smoothing_mode(v1::SMOOTHING_MODE_FAST);
         s.set_guide_weight(0);
       }},
      {"keys_path is '/keys.mkv': smoothing_mode takes no key frames",
       [](auto& s) { s.set_keys_path("/keys.mkv"); }},
      {"keys_path is '': smoothing_mode takes no", [](auto& s) { s.add_key_frames(3); }},
      {"guide_path is '/guide.mp4': the input is the guide",
       [](auto& s) { s.set_smoothing_mode(v1::SMOOTHING_MODE_INTERPOLATE); }},
  };
}

std::vector<BadSpec> BadKeySpecs() {
  return {
      {"keys_path is 'k'", [](auto& s) { s.set_keys_path("k"); }},
      {"output_path is '/keys.mkv': it holds the key frames",
       [](auto& s) { s.set_output_path("/keys.mkv"); }},
      {"key_frames is 0: 1 to 4096", [](auto& s) { s.clear_key_frames(); }},
      {"key_frames is 30: must ascend", [](auto& s) { s.add_key_frames(30); }},
      {"key_frames is 2: one", [](auto& s) { s.set_smoothing_mode(v1::SMOOTHING_MODE_PROPAGATE); }},
  };
}

v1::JobSpec SampleInterpolation() {
  v1::JobSpec spec = SampleDeflicker();
  spec.set_smoothing_mode(v1::SMOOTHING_MODE_INTERPOLATE);
  spec.clear_guide_path();
  spec.set_keys_path("/keys.mkv");
  spec.add_key_frames(0);
  spec.add_key_frames(30);
  return spec;
}

void ExpectRefusals(const std::vector<BadSpec>& specs, const v1::JobSpec& sample = SampleSpec()) {
  for (const BadSpec& bad : specs) {
    SCOPED_TRACE(bad.complaint);
    v1::JobSpec spec = sample;
    bad.spoil(spec);
    const Status checked = CheckSpec(spec);
    ASSERT_FALSE(checked.has_value());
    EXPECT_EQ(checked.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(checked.error().message(), StartsWith(bad.complaint));
  }
}

TEST(CheckSpec, NamesTheFieldThatIsWrong) {
  ExpectRefusals(BadSpecs());
}

TEST(CheckSpec, NamesTheFieldOfTheEngineThatIsWrong) {
  ExpectRefusals(BadEngineSpecs());
}

TEST(CheckSpec, NamesTheFieldOfADeflickerJobThatIsWrong) {
  ExpectRefusals(BadDeflickerSpecs(), SampleDeflicker());
}

TEST(CheckSpec, TakesADeflickerJobWithAndWithoutGuide) {
  v1::JobSpec spec = SampleDeflicker();
  EXPECT_TRUE(CheckSpec(spec));
  spec.set_align_guide(true);
  spec.set_smoothing_mode(v1::SMOOTHING_MODE_ACCURATE);
  spec.set_guide_weight(0);
  spec.set_patch_size(7);
  spec.set_lossless(true);
  spec.set_seed(3);
  spec.mutable_frames()->set_begin(5);
  EXPECT_TRUE(CheckSpec(spec));
  spec = SampleDeflicker();
  spec.clear_guide_path();
  EXPECT_TRUE(CheckSpec(spec));
}

TEST(CheckSpec, TakesKeyFramesWhereTheModeDoes) {
  v1::JobSpec spec = SampleInterpolation();
  EXPECT_TRUE(CheckSpec(spec));
  spec.set_align_guide(true);
  spec.set_guide_weight(3);
  spec.set_patch_size(9);
  EXPECT_TRUE(CheckSpec(spec));
  ExpectRefusals(BadKeySpecs(), SampleInterpolation());
}

TEST(CheckSpec, RefusesFieldsThatTheKindDoesNotHave) {
  ExpectRefusals({{"guide_path is set: a render has no such field",
                   [](auto& s) { s.set_guide_path("/guide.mp4"); }},
                  {"align_guide is set", [](auto& s) { s.set_align_guide(true); }},
                  {"keys_path is set", [](auto& s) { s.set_keys_path("/keys.mkv"); }},
                  {"smoothing_mode is 5: a render has no key frames",
                   [](auto& s) { s.set_smoothing_mode(v1::SMOOTHING_MODE_INTERPOLATE); }},
                  {"kind is 7", [](auto& s) { s.set_kind(static_cast<v1::JobKind>(7)); }}});
  ExpectRefusals({{"model_path is set: a deflicker job has no such field",
                   [](auto& s) { s.set_model_path("/model"); }},
                  {"prompt is set", [](auto& s) { s.set_prompt("neon"); }},
                  {"steps is set", [](auto& s) { s.set_steps(20); }},
                  {"size is set", [](auto& s) { s.mutable_size(); }},
                  {"controls is set", [](auto& s) { s.add_controls(); }},
                  {"final_pass is set", [](auto& s) { s.set_final_pass(true); }},
                  {"device is set", [](auto& s) { s.set_device("cpu"); }}},
                 SampleDeflicker());
}

TEST(CheckSpec, TakesARenderThatNamesItsKind) {
  v1::JobSpec spec = SampleSpec();
  spec.set_kind(v1::JOB_KIND_RENDER);
  spec.set_smoothing_mode(v1::SMOOTHING_MODE_BALANCED);
  EXPECT_TRUE(CheckSpec(spec));
}

TEST(FirstDifference, NamesTheFieldAndBothValues) {
  const v1::JobSpec spec = SampleSpec();
  EXPECT_EQ(FirstDifference(spec, spec), std::nullopt);
  v1::JobSpec other = spec;
  other.set_steps(30);
  other.set_seed(9);
  EXPECT_EQ(FirstDifference(spec, other), "steps: 10 -> 30");
}

}  // namespace
}  // namespace weft::coordinator
