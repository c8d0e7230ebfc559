#include "common/checksum.h"

#include <string>

#include <gtest/gtest.h>

namespace weft {
namespace {

// The first is the published value of no bytes. Checksums are stored and sent, so they stay.
TEST(Xxh3, IsTheSameForEver) {
  EXPECT_EQ(Xxh3(""), 0x2d06800538d394c2U);
  EXPECT_EQ(Xxh3("weft"), 0x15d05235f1304082U);
}

TEST(Xxh3, SeesEveryBit) {
  const std::string bytes(1000, 'x');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string other = bytes;
    other[i] ^= 1;
    ASSERT_NE(Xxh3(other), Xxh3(bytes));
  }
}

}  // namespace
}  // namespace weft
