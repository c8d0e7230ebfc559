#include "common/transport/guest_list.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/transport/curve_keys.h"
#include "tests/common/temporary_folder.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

class GuestListTest : public ::testing::Test {
 protected:
  Result<GuestList> Read(const std::string& text) {
    std::ofstream(path_) << text;
    return ReadGuestList(path_);
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.File("guests");
  std::string key_ = MakeCurveKeys().value().public_half;
};

TEST_F(GuestListTest, HasARoleANameAndAKeyOnEachLine) {
  const std::string other = MakeCurveKeys().value().public_half;
  const GuestList guests =
      Read("# who\n\nworker gpu17 " + key_ + "\n  operate  bob\t" + other + "\n").value();
  EXPECT_EQ(guests,
            (GuestList{{key_, {Role::kWorker, "gpu17"}}, {other, {Role::kOperate, "bob"}}}));
}

TEST_F(GuestListTest, NamesTheLineThatMakesNoSense) {
  for (const auto& [line, complaint] : std::vector<std::pair<std::string, std::string>>{
           {"artist ada " + key_, "'artist' is none of"},
           {"everything ada " + key_, "'everything' is none of"},
           {"submit ada", "say ROLE NAME KEY"},
           {"submit " + key_, "say ROLE NAME KEY"},
           {"submit ada too-short", "say ROLE NAME KEY"},
           {"submit ada " + key_ + " more", "say ROLE NAME KEY"}}) {
    const auto guests = Read("# one\n" + line + "\n");
    ASSERT_FALSE(guests.has_value()) << line;
    EXPECT_EQ(guests.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(guests.error().message(), HasSubstr(path_ + ":2: " + complaint));
  }
  const auto twice = Read("submit ada " + key_ + "\noperate ada " + key_ + "\n");
  EXPECT_THAT(twice.error().message(), HasSubstr(":2: the key of ada stands in another line"));
}

TEST_F(GuestListTest, AFolderSaysNoRoles) {
  const CurveKeys keys = MakeCurveKeys().value();
  ASSERT_TRUE(WriteCurveKeys(folder_.File("old"), keys));
  EXPECT_EQ(ReadGuestList(folder_.path().string()).value(),
            (GuestList{{keys.public_half, {Role::kEverything, "old"}}}));
  EXPECT_EQ(ReadGuestList(folder_.File("none")).error().code(), ErrorCode::kNotFound);
}

TEST_F(GuestListTest, GuestsGoThroughTextAndBack) {
  for (const Role role : {Role::kEverything, Role::kWorker, Role::kSubmit, Role::kOperate}) {
    const Guest guest{role, "ada of 5"};
    EXPECT_EQ(GuestOf(ToText(guest)), guest);
  }
  for (const char* other : {"", "ada", "submit", "submit ", "artist ada"}) {
    EXPECT_EQ(GuestOf(other), std::nullopt) << other;
  }
}

}  // namespace
}  // namespace weft
