// Clips that no worker can see, handed in with their jobs: the frames are those of a render on this
// machine, whoever is killed meanwhile.

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/system/rendering.h"
#include "tests/system/standalone_farm.h"

namespace weft::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class Upload : public Rendering {
 protected:
  void SetUp() override {
    Rendering::SetUp();
    fs::create_directory(Path("artist"));
    fs::copy_file(clip_, Path("artist/take.mkv"));
    std::ofstream(Path("artist/neon.yaml"))
        << "input: take.mkv\noutput: " << Path("neon.mkv")
        << "\nmodel: " WEFT_SOURCE_DIR
           "/deploy/models/weft-demo\nprompt: a harbour\nsteps: 4\nsmooth-steps: [2]\nwindow: 2\n"
           "chunk: 4\nframes: \"8:16\"\nlossless: true\n";
  }

  [[nodiscard]] StandaloneFarm::Options Farm(std::vector<std::string> variables = {}) const {
    variables.push_back("CACHE_DIRECTORY=" + Path("cache"));
    return {.folder = Path("farm"), .worker_count = 1, .environment = variables};
  }

  [[nodiscard]] Outcome Weft(std::vector<std::string> words) const {
    words.insert(words.begin(), Program("weft"));
    words.insert(words.end(), {"--coordinator", "ipc://" + Path("farm/control")});
    return RunCommand(words, commands_.path().string());
  }

  [[nodiscard]] Outcome Submit() const {
    return Weft({"submit", Path("artist/neon.yaml"), "--upload", "--client-token", "neon"});
  }

  std::string HashesAlone() {
    const Outcome rendered =
        RunCommand({Program("weft"), "render", Path("artist/neon.yaml"), "-o", Path("alone.mkv")},
                   commands_.path().string());
    EXPECT_EQ(rendered.exit_code, 0) << rendered.errors;
    return FrameHashes(Path("alone.mkv"), commands_.path().string());
  }

  [[nodiscard]] std::string Hashes() const {
    return FrameHashes(Path("neon.mkv"), commands_.path().string());
  }
};

TEST_F(Upload, AFleetThatDoesNotSeeTheClipMakesTheSameFrames) {
  const std::string alone = HashesAlone();
  StandaloneFarm farm(Farm());
  const Outcome submitted = Submit();
  ASSERT_EQ(submitted.exit_code, 0) << submitted.errors;
  EXPECT_THAT(submitted.errors, HasSubstr("take.mkv: sent"));
  const Outcome again = Submit();
  EXPECT_EQ(again.exit_code, 0) << again.errors;
  EXPECT_THAT(again.output, HasSubstr("known already"));
  EXPECT_THAT(again.errors, Not(HasSubstr("sent"))) << "nothing goes twice";
  fs::remove(Path("artist/take.mkv"));
  fs::remove(clip_);
  const Outcome watched = Weft({"watch", "take"});
  ASSERT_EQ(watched.exit_code, 0) << watched.errors;
  EXPECT_EQ(Hashes(), alone);
  farm.Stop();
  EXPECT_EQ(farm.Check().exit_code, 0);
}

}  // namespace
}  // namespace weft::testing
