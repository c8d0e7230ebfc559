#include "worker/models/torch_voice.h"

#include <string>
#include <thread>
#include <vector>

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::models {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(TorchVoice, HearsTheWarningsOfItsThread) {
  std::vector<std::string> heard;
  testing::internal::CaptureStderr();
  {
    const TorchVoice voice([&](const std::string& warning) { heard.push_back(warning); });
    TORCH_WARN("the ", 3, "rd tensor is odd");
    std::thread([] { TORCH_WARN("said elsewhere"); }).join();
  }
  EXPECT_THAT(heard, ElementsAre("the 3rd tensor is odd"));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("said elsewhere"));
}

TEST(TorchVoice, GivesTheThreadBackAsItWas) {
  std::vector<std::string> outer;
  std::vector<std::string> inner;
  const TorchVoice voice([&](const std::string& warning) { outer.push_back(warning); });
  {
    const TorchVoice other([&](const std::string& warning) { inner.push_back(warning); });
  }
  TORCH_WARN("afterwards");
  EXPECT_THAT(outer, ElementsAre("afterwards"));
  EXPECT_THAT(inner, IsEmpty());
}

}  // namespace
}  // namespace weft::models
