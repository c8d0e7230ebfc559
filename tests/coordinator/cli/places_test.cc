#include "coordinator/cli/places.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/cli/exit_codes.h"
#include "tests/common/temporary_folder.h"

namespace weft::cli {
namespace {

using testing::HasSubstr;

class PlacesTest : public testing::Test {
 protected:
  PlacesTest() {
    std::filesystem::create_directory(folder_.path() / "model");
    std::ofstream(folder_.File("model/model_index.json")) << "{}";
    std::ofstream(folder_.File("clip.mp4")) << "clip";
    spec_.set_input_path(folder_.File("clip.mp4"));
    spec_.set_model_path(folder_.File("model"));
    spec_.set_output_path(folder_.File("out.mp4"));
  }

  static void ExpectEnd(const Status& status, ExitCode code, const std::string& words) {
    ASSERT_FALSE(status);
    EXPECT_EQ(ExitCodeFor(status.error().code()), code);
    EXPECT_THAT(status.error().message(), HasSubstr(words));
  }

  TemporaryFolder folder_;
  v1::JobSpec spec_;
};

TEST_F(PlacesTest, AcceptWhatIsThere) {
  EXPECT_TRUE(CheckSources(spec_));
  EXPECT_TRUE(CheckTarget(spec_));
  std::ofstream(folder_.File("out.mp4")) << "an older render";
  EXPECT_TRUE(CheckTarget(spec_));
}

TEST_F(PlacesTest, LeaveObjectsToTheWorkers) {
  spec_.set_input_path("s3://reels/clip.mp4");
  spec_.set_output_path("s3://results/out.mp4");
  EXPECT_TRUE(CheckSources(spec_));
  EXPECT_TRUE(CheckTarget(spec_));
  ExpectEnd(CheckNoObjects(spec_), ExitCode::kBadInput, "weft submit");
}

TEST_F(PlacesTest, NameAMissingClip) {
  spec_.set_input_path(folder_.File("none.mp4"));
  ExpectEnd(CheckSources(spec_), ExitCode::kBadInput, "no such file: " + folder_.File("none.mp4"));
}

TEST_F(PlacesTest, RefuseAFolderAsClip) {
  spec_.set_input_path(folder_.path().string());
  ExpectEnd(CheckSources(spec_), ExitCode::kBadInput, "not a file");
}

TEST_F(PlacesTest, RefuseAModelThatIsNone) {
  spec_.set_model_path(folder_.File("none"));
  ExpectEnd(CheckSources(spec_), ExitCode::kBadInput, "model: no such file");
  spec_.set_model_path(folder_.File("clip.mp4"));
  ExpectEnd(CheckSources(spec_), ExitCode::kBadInput, "a diffusers folder or a .safetensors file");
  std::ofstream(folder_.File("old.ckpt")) << "pickle";
  spec_.set_model_path(folder_.File("old.ckpt"));
  ExpectEnd(CheckSources(spec_), ExitCode::kBadInput, "Convert it once with diffusers");
  spec_.set_model_path(folder_.path().string());
  ExpectEnd(CheckSources(spec_), ExitCode::kBadInput, "no model_index.json");
}

TEST_F(PlacesTest, AcceptAModelInASingleFile) {
  std::ofstream(folder_.File("model.safetensors")) << "weights";
  spec_.set_model_path(folder_.File("model.safetensors"));
  EXPECT_TRUE(CheckSources(spec_));
}

TEST_F(PlacesTest, NameWhatTheJobAddsAndIsNotThere) {
  const auto expect = [&](const std::string& words, const auto& add) {
    const v1::JobSpec before = spec_;
    add(spec_);
    ExpectEnd(CheckSources(spec_), ExitCode::kBadInput, words);
    spec_ = before;
  };
  expect("vae: no such file: /no/v", [](v1::JobSpec& s) { s.set_vae_path("/no/v"); });
  expect("tokenizer: no such", [](v1::JobSpec& s) { s.set_tokenizer_path("/no/t"); });
  expect("lora: no such", [](v1::JobSpec& s) { s.add_loras()->set_path("/no/l"); });
  expect("embedding: no such", [](v1::JobSpec& s) { s.add_embedding_paths("/no/e"); });
  expect("control 1: net: no such", [](v1::JobSpec& s) { s.add_controls()->set_net_path("/no"); });
  expect("control 2: maps: no such", [](v1::JobSpec& s) {
    s.add_controls();
    s.add_controls()->set_maps_path("/no/m");
  });
}

TEST_F(PlacesTest, RefuseAnOutputThatCannotBeWritten) {
  spec_.set_output_path(folder_.File("none") + "/out.mp4");
  ExpectEnd(CheckTarget(spec_), ExitCode::kCannotWrite, "there is no folder");
  spec_.set_output_path(folder_.File("model"));
  ExpectEnd(CheckTarget(spec_), ExitCode::kCannotWrite, "it is a folder");
}

TEST_F(PlacesTest, RefuseToWriteOverTheInputUnderAnyName) {
  std::filesystem::create_hard_link(folder_.path() / "clip.mp4", folder_.path() / "link.mp4");
  spec_.set_output_path(folder_.File("link.mp4"));
  ExpectEnd(CheckTarget(spec_), ExitCode::kBadInput, "it is the input");
}

TEST_F(PlacesTest, RefuseToSaveAnchorsWhereTheyCannotBeOrOverWhatTheJobReads) {
  spec_.set_save_look_path(folder_.File("none") + "/a.look");
  ExpectEnd(CheckTarget(spec_), ExitCode::kCannotWrite, "save-anchors: cannot write");
  std::filesystem::create_symlink(folder_.path() / "clip.mp4", folder_.path() / "a.look");
  spec_.set_save_look_path(folder_.File("a.look"));
  ExpectEnd(CheckTarget(spec_), ExitCode::kBadInput, "it is the input");
  spec_.set_save_look_path(folder_.File("b.look"));
  EXPECT_TRUE(CheckTarget(spec_));
}

TEST_F(PlacesTest, ADeflickerJobNeedsItsClipsAndNoModel) {
  spec_.set_kind(v1::JOB_KIND_DEFLICKER);
  spec_.clear_model_path();
  EXPECT_TRUE(CheckSources(spec_)) << "the guide may be left out";
  spec_.set_guide_path(folder_.File("none.mp4"));
  ExpectEnd(CheckSources(spec_), ExitCode::kBadInput, "guide: no such file");
  std::ofstream(folder_.File("guide.mp4")) << "clip";
  spec_.set_guide_path(folder_.File("guide.mp4"));
  EXPECT_TRUE(CheckSources(spec_));
  spec_.set_input_path(folder_.File("none.mp4"));
  ExpectEnd(CheckSources(spec_), ExitCode::kBadInput, "style: no such file");
}

TEST_F(PlacesTest, RefuseToWriteOverTheGuideUnderAnyName) {
  std::ofstream(folder_.File("guide.mp4")) << "clip";
  std::filesystem::create_symlink(folder_.path() / "guide.mp4", folder_.path() / "link.mp4");
  spec_.set_kind(v1::JOB_KIND_DEFLICKER);
  spec_.set_guide_path(folder_.File("guide.mp4"));
  spec_.set_output_path(folder_.File("link.mp4"));
  ExpectEnd(CheckTarget(spec_), ExitCode::kBadInput, "it is the guide");
}

}  // namespace
}  // namespace weft::cli
