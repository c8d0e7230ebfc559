#include "coordinator/cli/fleet_place.h"

#include <filesystem>
#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft::cli {
namespace {

class FleetPlaceTest : public ::testing::Test {
 protected:
  Result<FleetPlace> Complete(const FleetPlace& place) {
    return CompletePlace(place, [this](const std::string& name) -> std::optional<std::string> {
      const auto known = environment_.find(name);
      return known == environment_.end() ? std::nullopt : std::optional(known->second);
    });
  }

  void WriteClientFile(const std::string& text) {
    std::filesystem::create_directories(folder_.File("config/weft"));
    std::ofstream(folder_.File("config/weft/client.yaml")) << text;
    environment_["XDG_CONFIG_HOME"] = folder_.File("config");
  }

  TemporaryFolder folder_;
  std::map<std::string, std::string> environment_;
};

TEST_F(FleetPlaceTest, TheCommandLineComesBeforeTheEnvironmentAndThatBeforeTheFile) {
  WriteClientFile("coordinator: from-file\nkeys: file.key\nserver-key: file.pub\n");
  environment_["WEFT_COORDINATOR"] = "from-environment";
  environment_["WEFT_KEYS"] = "environment.key";
  FleetPlace asked;
  asked.coordinator = "from-flag";
  const FleetPlace place = Complete(asked).value();
  EXPECT_EQ(place.coordinator, "from-flag");
  EXPECT_EQ(place.curve.keys, "environment.key");
  EXPECT_EQ(place.curve.server, "file.pub");
}

TEST_F(FleetPlaceTest, WhereNobodySaysItTellsWhatToDo) {
  environment_["HOME"] = folder_.path().string();
  const auto place = Complete({});
  ASSERT_FALSE(place.has_value());
  EXPECT_THAT(place.error().message(), ::testing::HasSubstr("--coordinator tcp://HOST:7733"));
  EXPECT_THAT(place.error().message(),
              ::testing::HasSubstr(folder_.File(".config/weft/client.yaml")));
}

TEST_F(FleetPlaceTest, AWrongFileIsNamedWithItsPlace) {
  WriteClientFile("coordinator: a\nkey: b\n");
  const auto place = Complete({});
  ASSERT_FALSE(place.has_value());
  EXPECT_THAT(place.error().message(), ::testing::HasSubstr("client.yaml:2:6: "));
}

}  // namespace
}  // namespace weft::cli
