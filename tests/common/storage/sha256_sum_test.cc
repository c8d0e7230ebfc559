#include "common/storage/sha256_sum.h"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft {
namespace {

// NIST's example of two blocks (FIPS 180-2, B.2).
constexpr const char* kText = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
constexpr const char* kSum = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";

TEST(Sha256Sum, IsThatOfThePublishedExample) {
  Sha256Sum whole;
  whole.Add(kText);
  EXPECT_EQ(whole.Take(), kSum);
  Sha256Sum pieces;
  for (const char letter : std::string(kText)) {
    pieces.Add({&letter, 1});
  }
  EXPECT_EQ(pieces.Take(), kSum);
}

TEST(Sha256Sum, IsThatOfAFile) {
  const TemporaryFolder folder;
  std::ofstream(folder.File("text")) << kText;
  EXPECT_EQ(Sha256OfFile(folder.File("text")), kSum);
  EXPECT_EQ(Sha256OfFile(folder.File("none")).error().code(), ErrorCode::kNotFound);
  EXPECT_FALSE(Sha256OfFile(folder.path().string())) << "a folder";
}

}  // namespace
}  // namespace weft
