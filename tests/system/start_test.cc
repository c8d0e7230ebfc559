// `weft` starts without what only renders on this machine need, and finds the program that has it.

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"
#include "tests/system/command.h"

namespace weft::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr const char* kClip = WEFT_SOURCE_DIR "/deploy/demo/city.mp4";
constexpr const char* kModel = WEFT_SOURCE_DIR "/deploy/models/weft-demo";

class Start : public ::testing::Test {
 protected:
  // What the dynamic linker would load for it.
  [[nodiscard]] std::string LibrariesOf(const std::string& program) const {
    return RunCommand({"/usr/bin/env", "LD_TRACE_LOADED_OBJECTS=1", Program(program)}, Folder())
        .output;
  }

  [[nodiscard]] std::string Folder() const { return folder_.path().string(); }

  TemporaryFolder folder_;
};

TEST_F(Start, LoadsNoVideoLibraries) {
  EXPECT_THAT(LibrariesOf("weft"), AllOf(HasSubstr("libzmq"), Not(HasSubstr("libavcodec")),
                                         Not(HasSubstr("libopencv")), Not(HasSubstr("libtorch"))));
  EXPECT_THAT(LibrariesOf("weft-alone"), HasSubstr("libavcodec"));
}

TEST_F(Start, FindsWhatWorksOnThisMachineBesideIt) {
  const std::string link = folder_.File("elsewhere");
  std::filesystem::create_symlink(Program("weft"), link);
  const Outcome planned = RunCommand(
      {link, "plan", kClip, "--model", kModel, "--frames", "0:6", "--size", "96x64"}, Folder());
  EXPECT_EQ(planned.exit_code, 0) << planned.errors;
  EXPECT_THAT(planned.output, HasSubstr("6 frames"));
}

TEST_F(Start, SaysWhatIsMissing) {
  const std::string lonely = folder_.File("weft");
  std::filesystem::copy_file(Program("weft"), lonely);
  const Outcome planned = RunCommand({lonely, "plan", kClip, "--model", kModel}, Folder());
  EXPECT_EQ(planned.exit_code, kFailed);
  EXPECT_THAT(planned.errors, HasSubstr("weft: error: " + folder_.File("weft-alone") +
                                        ": No such file or directory; it works on this machine"));
  const Outcome wrong = RunCommand({lonely, "plan", "--no-such-option"}, Folder());
  EXPECT_EQ(wrong.exit_code, kUsage) << "which needs nobody";
}

}  // namespace
}  // namespace weft::testing
