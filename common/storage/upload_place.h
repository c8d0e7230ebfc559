// Where a file lies that somebody has handed to the coordinator with a job:
// weft://OWNER/SHA256/SIZE/NAME, and as blobs of at most 4 MiB in the coordinator's store.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace weft {

// Of all pieces but a file's last.
inline constexpr std::uint64_t kUploadPieceBytes = 4 << 20;

struct UploadPlace {
  std::string owner;   // The user's name; only their jobs may read the file.
  std::string sha256;  // Of the whole file: 64 hexadecimal digits in lower case.
  std::uint64_t size_bytes = 0;
  std::string name;  // The file's own, without folders.

  // weft://OWNER/SHA256/SIZE/NAME
  [[nodiscard]] std::string Url() const;
  // Of the keys of all its pieces; the same whatever the file is called.
  [[nodiscard]] std::string Prefix() const;
  [[nodiscard]] std::string PieceKey(std::uint32_t piece) const;
  [[nodiscard]] std::uint32_t PieceCount() const;
  // REQUIRES: piece < PieceCount().
  [[nodiscard]] std::uint64_t PieceBytes(std::uint32_t piece) const;
};

// What all keys of pieces begin with, and those of one owner.
inline constexpr std::string_view kUploadsPrefix = "uploads/";
std::string UploadsPrefixOf(const std::string& owner);
// The owner in letters that keys may have, at most 385; two owners never share a word.
std::string OwnerWord(const std::string& owner);
// What that word is of; nothing: it is none.
std::optional<std::string> OwnerIn(std::string_view word);

// kInvalidArgument: an owner of more than 128 bytes.
Status CheckOwnerName(const std::string& owner);
// kInvalidArgument: a name that no file can have: empty, ".", "..", longer than 200 bytes, with a
// slash or a control character.
Status CheckFileName(const std::string& name);

// Whether the text means such a file at all; it may be a wrong one.
bool IsUploadUrl(const std::string& text);

// kInvalidArgument: as the two above, or no SHA-256, or no size from 1 byte to 1 TiB.
Status CheckUpload(const UploadPlace& place);
// Likewise.
Result<UploadPlace> ParseUploadUrl(const std::string& url);

struct UploadPiece {
  UploadPlace place;  // Without a name.
  std::uint32_t number = 0;
};

// Nothing: no piece has such a key.
std::optional<UploadPiece> ParsePieceKey(std::string_view key);

}  // namespace weft
