#include "tests/benchmarks/zip_file.h"

#include <gtest/gtest.h>

#include "tests/benchmarks/test_zip.h"

namespace weft::bench {
namespace {

std::map<std::string, std::string> Members() {
  return {{"empty", ""}, {"long", std::string(5000, 'x') + "y"}, {"short", "PK"}};
}

TEST(ZipFile, UnpacksWhatIsStoredAndWhatIsDeflated) {
  for (const bool deflate : {false, true}) {
    const auto members = UnpackZip(ZipOf(Members(), deflate));
    ASSERT_TRUE(members) << members.error().message();
    EXPECT_EQ(*members, Members());
  }
}

TEST(ZipFile, RefusesEveryCutOffArchive) {
  const std::string archive = ZipOf(Members(), true);
  for (std::size_t size = 0; size < archive.size(); ++size) {
    const auto members = UnpackZip(archive.substr(0, size));
    ASSERT_FALSE(members) << size;
    EXPECT_EQ(members.error().code(), ErrorCode::kDataLoss);
  }
}

TEST(ZipFile, NeverTakesDamagedBytesForSound) {
  for (const bool deflate : {false, true}) {
    const std::string archive = ZipOf(Members(), deflate);
    for (std::size_t at = 0; at < archive.size(); ++at) {
      std::string damaged = archive;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
      const auto members = UnpackZip(damaged);
      for (const auto& [name, bytes] : members ? *members : std::map<std::string, std::string>()) {
        const auto sound = Members();
        const auto found = sound.find(name);
        // A name carries no checksum.
        EXPECT_TRUE(found == sound.end() || found->second == bytes) << at;
      }
    }
  }
}

TEST(ZipFile, RefusesEncryption) {
  std::string archive = ZipOf({{"a", "secret"}}, false);
  archive[archive.find("PK\1\2") + 8] = 1;
  const auto members = UnpackZip(archive);
  ASSERT_FALSE(members);
  EXPECT_EQ(members.error().code(), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace weft::bench
