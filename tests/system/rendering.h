// A small real render for tests of the whole program: the demo's clip and model, tiny frames.

#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"
#include "tests/system/command.h"

namespace weft::testing {

class Rendering : public ::testing::Test {
 protected:
  void SetUp() override;

  // "weft render" of the clip with two smoothing steps, then `more`.
  [[nodiscard]] std::vector<std::string> Render(const std::string& output,
                                                const std::vector<std::string>& more = {}) const;

  // Makes the clip `path` with ffmpeg and these arguments.
  void MakeClip(const std::string& path, const std::vector<std::string>& arguments) const;

  // A path in the test's own folder.
  [[nodiscard]] std::string Path(const std::string& name) const;

  // Files and folders in `folder` but the commands' own output, sorted.
  static std::vector<std::string> Contents(const std::string& folder);

  TemporaryFolder folder_;
  TemporaryFolder commands_;  // Their output.
  std::string clip_;          // 30 frames, 64x48, a scene cut at frame 12, with sound.
};

}  // namespace weft::testing
