#include "common/plan/key_frames.h"

#include <gmock/gmock.h>

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(CheckKeyFrames, TakesAnyThatAscendAndServeEveryShot) {
  EXPECT_TRUE(CheckKeyFrames({0}, {0}, 1));
  EXPECT_TRUE(CheckKeyFrames({7}, {0}, 20));
  EXPECT_TRUE(CheckKeyFrames({0, 5, 19}, {0, 5, 19}, 20));
}

TEST(CheckKeyFrames, SaysWhichIsWrong) {
  const auto complaint = [](const std::vector<std::uint32_t>& keys,
                            const std::vector<std::uint32_t>& scene_starts) {
    const Status checked = CheckKeyFrames(keys, scene_starts, 20);
    return checked ? "" : checked.error().message();
  };
  EXPECT_THAT(complaint({}, {0}), HasSubstr("no key frames"));
  EXPECT_THAT(complaint({3, 20}, {0}), HasSubstr("key frame 20: the job has frames 0 to 19"));
  EXPECT_THAT(complaint({4, 4}, {0}), HasSubstr("4 and 4 do not ascend"));
  EXPECT_THAT(complaint({0, 15}, {0, 5, 12}), HasSubstr("frames 5 to 11 are a shot without"));
}

TEST(KeysAround, AreTheNearestOnesOfTheShot) {
  const auto around = [](std::uint32_t frame) {
    return KeysAround(frame, {2, 6, 9, 14}, {0, 8}, 20);
  };
  EXPECT_THAT(around(0), ElementsAre(2));
  EXPECT_THAT(around(2), ElementsAre(2));
  EXPECT_THAT(around(3), ElementsAre(2, 6));
  EXPECT_THAT(around(7), ElementsAre(6)) << "9 lies beyond the cut";
  EXPECT_THAT(around(8), ElementsAre(9));
  EXPECT_THAT(around(12), ElementsAre(9, 14));
  EXPECT_THAT(around(19), ElementsAre(14));
}

}  // namespace
}  // namespace weft
