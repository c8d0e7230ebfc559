#include "coordinator/server/disk_gate.h"

#include <filesystem>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft::coordinator {
namespace {

constexpr std::uint64_t kNever = 0;
constexpr std::uint64_t kAlways = std::numeric_limits<std::uint64_t>::max() / 4;
constexpr std::uint64_t kBallast = 1 << 20;

TEST(DiskLevel, IsLowBelowTheLimit) {
  DiskLevel level({.low_bytes = 1000, .ballast_bytes = 100});
  EXPECT_FALSE(level.IsLow(5000));
  EXPECT_FALSE(level.IsLow(1000));
  EXPECT_TRUE(level.IsLow(999));
}

TEST(DiskLevel, DoesNotWaver) {
  DiskLevel level({.low_bytes = 1000, .ballast_bytes = 100});
  EXPECT_TRUE(level.IsLow(999));
  EXPECT_TRUE(level.IsLow(1099)) << "the ballast alone made room";
  EXPECT_TRUE(level.IsLow(1349));
  EXPECT_FALSE(level.IsLow(1350));
  EXPECT_FALSE(level.IsLow(1250)) << "the ballast alone took the room";
}

TEST(DiskGate, KeepsItsBallastWhileThereIsRoom) {
  const TemporaryFolder folder;
  DiskGate gate(folder.path().string(), {.low_bytes = kNever, .ballast_bytes = kBallast});
  EXPECT_EQ(gate.Look(), std::nullopt);
  EXPECT_EQ(std::filesystem::file_size(folder.File("ballast")), kBallast);
  EXPECT_EQ(gate.Look(), std::nullopt);
}

TEST(DiskGate, GivesUpItsBallastAndSaysWhyJobsAreHeldBack) {
  const TemporaryFolder folder;
  DiskGate before(folder.path().string(), {.low_bytes = kNever, .ballast_bytes = kBallast});
  ASSERT_EQ(before.Look(), std::nullopt);
  DiskGate gate(folder.path().string(), {.low_bytes = kAlways, .ballast_bytes = kBallast});
  const auto why = gate.Look();
  ASSERT_TRUE(why.has_value());
  EXPECT_THAT(*why, ::testing::HasSubstr("MiB left"));
  EXPECT_FALSE(std::filesystem::exists(folder.File("ballast")));
}

TEST(DiskGate, WatchesTheOthersToo) {
  const TemporaryFolder folder;
  DiskGate gate(folder.path().string(), {.low_bytes = kNever, .ballast_bytes = kBallast},
                {"/no/such/folder"});
  const auto why = gate.Look();
  ASSERT_TRUE(why.has_value());
  EXPECT_THAT(*why, ::testing::HasSubstr("/no/such/folder"));
  EXPECT_EQ(gate.FreeBytes(), 0U);
  EXPECT_TRUE(std::filesystem::exists(folder.File("ballast"))) << "its own disk has room";
}

TEST(DiskGate, TakesADiskThatItCannotAskForFull) {
  DiskGate gate("/no/such/folder", {});
  EXPECT_TRUE(gate.Look().has_value());
}

}  // namespace
}  // namespace weft::coordinator
