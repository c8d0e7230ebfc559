// Where the files of a job are that the coordinator keeps: weft://OWNER/result/NAME in its
// specification; in the store, outputs of the task that makes them.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"

namespace weft {

// Of all pieces but a file's last.
inline constexpr std::uint64_t kResultPieceBytes = 16 << 20;
// Of all files of one job: the list of their pieces goes in one control message.
inline constexpr std::uint64_t kResultBytesMax = std::uint64_t{64} << 30;

struct ResultPlace {
  std::string owner;  // The user's name; only they may read it, and who operates the farm.
  std::string name;   // Of the video, without folders.

  // weft://OWNER/result/NAME
  [[nodiscard]] std::string Url() const;
  // Of the task's output that lists the files (weft.v1.ResultIndex). All their pieces' names begin
  // with it and a slash.
  [[nodiscard]] std::string IndexName() const;
};

// What a piece's name, or its key, has behind the index's: "/0/00000012".
std::string ResultPieceSuffix(std::uint32_t file, std::uint32_t piece);

// Whether an output of this name is a piece of the result with this index.
bool IsResultPiece(std::string_view output, std::string_view index);

// kInvalidArgument: not of that form, or a name of more than 180 bytes; or CheckOwnerName() or
// CheckFileName() say so.
Result<ResultPlace> ParseResultUrl(const std::string& url);

// Whether the place is one that the coordinator keeps; it may be a wrong one.
bool IsResultUrl(const std::string& place);

// Whether a key, or a prefix of keys, leads to a result, and then whether to one of the owner's.
bool LeadsToResult(std::string_view key);
bool LeadsToResultOf(std::string_view key, const std::string& owner);

}  // namespace weft
