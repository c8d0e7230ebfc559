#include "coordinator/cli/socket_place.h"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace weft::cli {
namespace {

TEST(SocketPlace, IsTheStateFolderWhereItsPathIsShort) {
  const SocketPlace place = SocketPlace::Choose("/out/neon.mp4.weft").value();
  EXPECT_EQ(place.control_address(), "ipc:///out/neon.mp4.weft/control.sock");
  EXPECT_EQ(place.bulk_address(), "ipc:///out/neon.mp4.weft/bulk.sock");
}

TEST(SocketPlace, FitsTheLongestPathThereIs) {
  const std::string exact = "/" + std::string(107 - 1 - 13, 'x');  // 13: "/control.sock"
  EXPECT_EQ(SocketPlace::Choose(exact)->control_address(), "ipc://" + exact + "/control.sock");
  EXPECT_NE(SocketPlace::Choose(exact + "x")->control_address(),
            "ipc://" + exact + "x/control.sock");
}

TEST(SocketPlace, IsAPrivateFolderElsewhereThatGoesWithIt) {
  std::string folder;
  {
    const SocketPlace place = SocketPlace::Choose("/" + std::string(200, 'x')).value();
    const std::string path = place.control_address().substr(std::string("ipc://").size());
    folder = std::filesystem::path(path).parent_path().string();
    struct stat found {};
    ASSERT_EQ(::stat(folder.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0700U);
  }
  EXPECT_FALSE(std::filesystem::exists(folder));
}

}  // namespace
}  // namespace weft::cli
