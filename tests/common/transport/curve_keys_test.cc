#include "common/transport/curve_keys.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

class CurveKeysTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  std::string path_ = folder_.File("gpu17");
  CurveKeys keys_ = MakeCurveKeys().value();
};

TEST_F(CurveKeysTest, AreNeverTheSameTwice) {
  const CurveKeys others = MakeCurveKeys().value();
  EXPECT_NE(keys_.public_half, others.public_half);
  EXPECT_NE(keys_.secret_half, others.secret_half);
}

TEST_F(CurveKeysTest, ComeBackFromTheirFiles) {
  ASSERT_TRUE(WriteCurveKeys(path_, keys_));
  const CurveKeys read = ReadCurveKeys(path_).value();
  EXPECT_EQ(read.public_half, keys_.public_half);
  EXPECT_EQ(read.secret_half, keys_.secret_half);
  EXPECT_EQ(ReadPublicHalf(path_ + ".pub").value(), keys_.public_half);
}

TEST_F(CurveKeysTest, AreTheirOwnersAlone) {
  ASSERT_TRUE(WriteCurveKeys(path_, keys_));
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  std::ifstream pub(path_ + ".pub");
  const std::string text((std::istreambuf_iterator<char>(pub)), std::istreambuf_iterator<char>());
  EXPECT_EQ(text.find(keys_.secret_half), std::string::npos);
  fs::permissions(path_, fs::perms::group_read, fs::perm_options::add);
  EXPECT_EQ(ReadCurveKeys(path_).error().code(), ErrorCode::kPermissionDenied);
}

TEST_F(CurveKeysTest, AreNotWrittenOver) {
  ASSERT_TRUE(WriteCurveKeys(path_, keys_));
  EXPECT_EQ(WriteCurveKeys(path_, MakeCurveKeys().value()).error().code(),
            ErrorCode::kAlreadyExists);
  EXPECT_EQ(ReadCurveKeys(path_).value().public_half, keys_.public_half);
}

TEST_F(CurveKeysTest, AreRefusedWhenTheyAreNone) {
  EXPECT_EQ(ReadCurveKeys(path_).error().code(), ErrorCode::kNotFound);
  std::ofstream(path_) << "weft-public tooshort\nweft-secret tooshort\n";
  fs::permissions(path_, fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(ReadCurveKeys(path_).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(ReadPublicHalf(path_).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(CurveKeysTest, NameTheirGuests) {
  const CurveKeys others = MakeCurveKeys().value();
  ASSERT_TRUE(WriteCurveKeys(path_, keys_));
  ASSERT_TRUE(WriteCurveKeys(folder_.File("gpu18"), others));
  const CurveGuests guests = ReadCurveGuests(folder_.path().string()).value();
  EXPECT_EQ(guests, (CurveGuests{{keys_.public_half, "gpu17"}, {others.public_half, "gpu18"}}));
  EXPECT_EQ(ReadCurveGuests(folder_.File("none")).error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace weft
