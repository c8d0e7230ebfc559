#include "common/utf8.h"

#include <utf8proc.h>

namespace weft {
namespace {

// It goes on with a character that began before.
bool GoesOn(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

// Bytes of the character that the text begins with; 0 where it begins with none.
std::size_t FirstCharacter(std::string_view text) {
  utf8proc_int32_t point = 0;
  const utf8proc_ssize_t used =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                       static_cast<utf8proc_ssize_t>(text.size()), &point);
  return used > 0 ? static_cast<std::size_t>(used) : 0;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t used = FirstCharacter(text);
    if (used == 0) {
      return false;
    }
    text.remove_prefix(used);
  }
  return true;
}

std::string ValidUtf8(std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const std::size_t used = FirstCharacter(text);
    valid += used > 0 ? text.substr(0, used) : kReplacement;
    text.remove_prefix(used > 0 ? used : 1);
  }
  return valid;
}

std::string_view FirstBytes(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) {
    return text;
  }
  std::size_t end = bytes_max;
  while (end > 0 && GoesOn(text[end])) {
    --end;
  }
  return text.substr(0, end);
}

std::string_view LastBytes(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) {
    return text;
  }
  std::size_t begin = text.size() - bytes_max;
  while (begin < text.size() && GoesOn(text[begin])) {
    ++begin;
  }
  return text.substr(begin);
}

}  // namespace weft
