// Texts that go into messages and records: Protobuf refuses to read a string that is not UTF-8, but
// writes one.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weft {

bool IsUtf8(std::string_view text);

// The text with a replacement character (U+FFFD) for every byte that is part of no character.
std::string ValidUtf8(std::string_view text);

// The most of it, from its beginning or up to its end, that has at most so many bytes: whole
// characters, where the text is UTF-8.
std::string_view FirstBytes(std::string_view text, std::size_t bytes_max);
std::string_view LastBytes(std::string_view text, std::size_t bytes_max);

}  // namespace weft
