#include "common/storage/upload_place.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>
#include <vector>

namespace weft {
namespace {

constexpr std::string_view kScheme = "weft://";
constexpr std::size_t kOwnerMax = 128;
constexpr std::size_t kNameMax = 200;  // As in object_place.cc.
constexpr std::size_t kSumDigits = 64;
constexpr std::size_t kPieceDigits = 8;
constexpr std::uint64_t kSizeMax = std::uint64_t{1} << 40;
constexpr char kEscape = '_';
constexpr int kHexadecimal = 16;

bool IsPlain(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '-';
}

bool IsLowerHex(char letter) {
  return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
}

bool IsControl(char letter) {
  constexpr unsigned char kSpace = 0x20;
  constexpr unsigned char kDelete = 0x7f;
  const auto code = static_cast<unsigned char>(letter);
  return code < kSpace || code == kDelete;
}

template <typename Number>
std::optional<Number> NumberIn(std::string_view text, int base) {
  Number number{};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number, base);
  const bool is_whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  return is_whole ? std::optional(number) : std::nullopt;
}

std::vector<std::string_view> Split(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t slash = text.find('/');
    parts.push_back(text.substr(0, slash));
    if (slash == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(slash + 1);
  }
}

// OWNER, SHA256 and SIZE, as far as they can be told.
std::optional<UploadPlace> PlaceOf(const std::vector<std::string_view>& parts) {
  const auto owner = OwnerIn(parts[0]);
  const auto size = NumberIn<std::uint64_t>(parts[2], 10);
  if (!owner.has_value() || !size.has_value() || std::to_string(*size) != parts[2]) {
    return std::nullopt;
  }
  return UploadPlace{*owner, std::string(parts[1]), *size, ""};
}

std::string Middle(const UploadPlace& place) {
  return OwnerWord(place.owner) + "/" + place.sha256 + "/" + std::to_string(place.size_bytes) + "/";
}

tl::unexpected<Error> Wrong(const std::string& why) {
  return Failure(ErrorCode::kInvalidArgument, why);
}

}  // namespace

std::string OwnerWord(const std::string& owner) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string word(1, kEscape);
  for (const char letter : owner) {
    const auto code = static_cast<unsigned char>(letter);
    if (IsPlain(letter)) {
      word += letter;
    } else {
      word += {kEscape, kDigits[code / kHexadecimal], kDigits[code % kHexadecimal]};
    }
  }
  return word;
}

std::optional<std::string> OwnerIn(std::string_view word) {
  if (word.empty() || word.front() != kEscape) {
    return std::nullopt;
  }
  std::string owner;
  for (std::size_t at = 1; at < word.size(); ++at) {
    if (IsPlain(word[at])) {
      owner += word[at];
      continue;
    }
    const auto code = NumberIn<unsigned>(word.substr(at + 1, 2), kHexadecimal);
    if (word[at] != kEscape || at + 2 >= word.size() || !code.has_value()) {
      return std::nullopt;
    }
    owner += static_cast<char>(*code);
    at += 2;
  }
  // One spelling each: what is asked about and what is stored is compared as text.
  return OwnerWord(owner) == word ? std::optional(owner) : std::nullopt;
}

std::string UploadPlace::Url() const {
  return std::string(kScheme) + Middle(*this) + name;
}

std::string UploadPlace::Prefix() const {
  return std::string(kUploadsPrefix) + Middle(*this);
}

std::string UploadPlace::PieceKey(std::uint32_t piece) const {
  const std::string number = std::to_string(piece);
  return Prefix() + std::string(kPieceDigits - std::min(kPieceDigits, number.size()), '0') + number;
}

std::uint32_t UploadPlace::PieceCount() const {
  return static_cast<std::uint32_t>((size_bytes + kUploadPieceBytes - 1) / kUploadPieceBytes);
}

std::uint64_t UploadPlace::PieceBytes(std::uint32_t piece) const {
  return std::min(kUploadPieceBytes, size_bytes - piece * kUploadPieceBytes);
}

std::string UploadsPrefixOf(const std::string& owner) {
  return std::string(kUploadsPrefix) + OwnerWord(owner) + "/";
}

bool IsUploadUrl(const std::string& text) {
  return text.rfind(kScheme, 0) == 0;
}

Status CheckOwnerName(const std::string& owner) {
  return owner.size() > kOwnerMax ? Status(Wrong("an owner's name has at most 128 bytes"))
                                  : Status();
}

Status CheckFileName(const std::string& name) {
  if (name.empty() || name == "." || name == ".." || name.size() > kNameMax ||
      name.find('/') != std::string::npos || std::any_of(name.begin(), name.end(), IsControl)) {
    return Wrong("'" + name + "' is no name for a file, of at most 200 bytes");
  }
  return {};
}

Status CheckUpload(const UploadPlace& place) {
  WEFT_RETURN_IF_ERROR(CheckOwnerName(place.owner));
  if (place.sha256.size() != kSumDigits ||
      !std::all_of(place.sha256.begin(), place.sha256.end(), IsLowerHex)) {
    return Wrong("'" + place.sha256 + "' is no SHA-256");
  }
  if (place.size_bytes == 0 || place.size_bytes > kSizeMax) {
    return Wrong(place.name + ": a file of " + std::to_string(place.size_bytes) +
                 " bytes; 1 byte to 1 TiB can be handed in");
  }
  return CheckFileName(place.name);
}

Result<UploadPlace> ParseUploadUrl(const std::string& url) {
  constexpr std::size_t kParts = 4;
  const bool has_scheme = IsUploadUrl(url);
  const auto parts = Split(std::string_view(url).substr(has_scheme ? kScheme.size() : 0));
  std::optional<UploadPlace> place;
  if (has_scheme && parts.size() == kParts) {
    place = PlaceOf(parts);
  }
  if (!place.has_value()) {
    return Wrong("'" + url +
                 "' is no place of a file that was handed in: it must be "
                 "weft://OWNER/SHA256/SIZE/NAME");
  }
  place->name = parts.back();
  WEFT_RETURN_IF_ERROR(CheckUpload(*place));
  return *place;
}

std::optional<UploadPiece> ParsePieceKey(std::string_view key) {
  constexpr std::size_t kParts = 4;
  if (key.substr(0, kUploadsPrefix.size()) != kUploadsPrefix) {
    return std::nullopt;
  }
  const auto parts = Split(key.substr(kUploadsPrefix.size()));
  if (parts.size() != kParts) {
    return std::nullopt;
  }
  const auto place = PlaceOf(parts);
  const auto number = NumberIn<std::uint32_t>(parts.back(), 10);
  if (!place.has_value() || !number.has_value()) {
    return std::nullopt;
  }
  UploadPlace named = *place;
  named.name = "piece";
  const bool is_one = CheckUpload(named).has_value() && *number < place->PieceCount() &&
                      place->PieceKey(*number) == key;
  return is_one ? std::optional(UploadPiece{*place, *number}) : std::nullopt;
}

}  // namespace weft
