#include "common/utf8.h"

#include <string>

#include <gtest/gtest.h>

#include "weft/v1/task.pb.h"

namespace weft {
namespace {

constexpr const char* kReplacement = "\xEF\xBF\xBD";

TEST(Utf8, KeepsWhatIsValid) {
  const std::string text = "Gr\u00FC\u00DFe, \u4E16\u754C \U0001F680";
  EXPECT_EQ(ValidUtf8(text), text);
  EXPECT_EQ(ValidUtf8(""), "");
  EXPECT_EQ(ValidUtf8(std::string("a\0b", 3)), std::string("a\0b", 3));
}

TEST(Utf8, ReplacesEveryByteThatIsNoCharacter) {
  EXPECT_EQ(ValidUtf8("m\xFCller"), std::string("m") + kReplacement + "ller") << "Latin-1";
  EXPECT_EQ(ValidUtf8("\x96\x87 a"), std::string(kReplacement) + kReplacement + " a")
      << "a character's end";
  EXPECT_EQ(ValidUtf8("a\xE4\xB8"), std::string("a") + kReplacement + kReplacement)
      << "a character's beginning";
  EXPECT_EQ(ValidUtf8("\xC0\x80"), std::string(kReplacement) + kReplacement) << "too long a zero";
  EXPECT_EQ(ValidUtf8("\xED\xA0\x80"), std::string(kReplacement) + kReplacement + kReplacement)
      << "half of a pair of UTF-16";
}

TEST(Utf8, WhatItMakesValidIsReadByProtobuf) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) {
    bytes += static_cast<char>(byte);
    bytes += static_cast<char>(255 - byte);
  }
  v1::Error message;
  message.set_message(ValidUtf8(bytes));
  v1::Error read;
  EXPECT_TRUE(read.ParseFromString(message.SerializeAsString()));
  message.set_message(bytes);
  EXPECT_FALSE(read.ParseFromString(message.SerializeAsString()));
}

TEST(Utf8, CutsBetweenCharacters) {
  const std::string text = "ab\u4E16\u754C";  // 2 and twice 3 bytes.
  EXPECT_EQ(FirstBytes(text, 8), text);
  EXPECT_EQ(FirstBytes(text, 7), "ab\u4E16");
  EXPECT_EQ(FirstBytes(text, 5), "ab\u4E16");
  EXPECT_EQ(FirstBytes(text, 4), "ab");
  EXPECT_EQ(FirstBytes(text, 0), "");
  EXPECT_EQ(LastBytes(text, 8), text);
  EXPECT_EQ(LastBytes(text, 7), "b\u4E16\u754C");
  EXPECT_EQ(LastBytes(text, 5), "\u754C");
  EXPECT_EQ(LastBytes(text, 2), "");
}

}  // namespace
}  // namespace weft
